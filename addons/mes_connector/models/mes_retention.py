"""Retention: settled messages lose their payload and then their rows, in small steps; the rules are core/retention.py.

Facts. A step is one short transaction over a few hundred rows, found by the age of the row in an index of what is kept,
and skips what somebody else holds. Live messages are in neither index.
"""

import logging
import time

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from ..core import states
from ..core.retention import DEFAULT_HORIZON_DAYS, KeepPlan, horizon, payload_cutoff, row_cutoff

_logger = logging.getLogger(__name__)

HORIZON_PARAMETER = "mes_connector.idempotency_days"
STEP_ROWS = 500
#: A run changes what statistics say of these rows; whatever they say, a step walks its index.
WALK = "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off"
#: One run of the scheduled action; what is left is the next run's.
RUN_SECONDS = 60
QUEUES = ("mes.inbox.message", "mes.outbox.message")
TERMINAL = {QUEUES[0]: states.INBOX_TERMINAL, QUEUES[1]: states.OUTBOX_TERMINAL}
LIVE_ANSWER = tuple(state.value for state in states.OUTBOX_LIVE)


class MesRetention(models.AbstractModel):
    _name = "mes.retention"
    _description = "Retention of Messages"

    @api.model
    def _horizon_days(self):
        """How many days repetitions are recognised for; older events are refused."""
        # sudo: a plain number, needed by whoever receives a message.
        value = self.env["ir.config_parameter"].sudo().get_param(HORIZON_PARAMETER)
        return int(value) if value and value.isdigit() and int(value) else DEFAULT_HORIZON_DAYS

    @api.model
    def _horizon(self):
        """The time (naive UTC) before which an event is refused."""
        return horizon(fields.Datetime.now(), self._horizon_days())

    @api.model
    def _cron_purge(self):
        """Remove what the flow classes no longer keep, step by step, each committed."""
        until, is_over = time.monotonic() + RUN_SECONDS, False
        for pass_ in self._passes():
            position = (fields.Datetime.to_datetime("1970-01-01"), 0)
            while position and not is_over:
                position, removed = self._try_step(pass_, position)
                left = self.env["ir.cron"]._commit_progress(removed)
                is_over = time.monotonic() > until or left <= 0
        if is_over:
            # What is left behind is not waited a day for.
            self.env.ref("mes_connector.ir_cron_mes_purge")._trigger()

    def _try_step(self, pass_, position):
        try:
            self.env.cr.execute(WALK)
            return pass_[0](*pass_[1:], position)
        except OperationalError as error:
            # Somebody touched one of the rows meanwhile; the next run finds it again.
            _logger.info("mes: a step of retention gave way: %s", error)
            self.env.cr.rollback()
            return None, 0

    def _passes(self):
        """Every walk of a run: ``(step, queue, flow class ids, plan, ...)``. Rows of no class follow real time's."""
        now, days = fields.Datetime.now(), self._horizon_days()
        classless = self.env["mes.flow.class"]._defaults().get(states.FlowClass.REAL_TIME)
        for flow_class in self.env["mes.flow.class"].with_context(active_test=False).search(Domain.TRUE):
            plan = KeepPlan(states.Retention(flow_class.retention), flow_class.retention_days, flow_class.keeps_proof)
            of_class = SQL("m.flow_class_id = %s", flow_class.id)
            if flow_class == classless:
                of_class = SQL("(%s OR m.flow_class_id IS NULL)", of_class)
            for queue in QUEUES:
                for is_stripped in (False, True):
                    cutoff = row_cutoff(plan, now, days)
                    yield self._delete_step, queue, of_class, (cutoff, plan.keeps_proof, is_stripped)
                yield self._strip_step, queue, of_class, payload_cutoff(plan, now, days)

    def _strip_step(self, queue, of_class, cutoff, position):
        """Remove payloads of the next rows; ``(position, number)``, position None at the end."""
        rows = self.env.execute_query(
            SQL(
                """WITH found AS (SELECT m.id, m.create_date FROM %(table)s m
                                   WHERE %(kept)s AND %(of_class)s AND %(after)s
                                     AND m.create_date < %(cutoff)s AND m.write_date < %(cutoff)s
                                   ORDER BY m.create_date, m.id LIMIT %(limit)s FOR NO KEY UPDATE SKIP LOCKED)
                   UPDATE %(table)s stripped SET payload = NULL, payload_removed_at = %(now)s
                     FROM found WHERE stripped.id = found.id RETURNING found.create_date, found.id""",
                table=SQL.identifier(self.env[queue]._table),
                kept=self._kept(queue, is_stripped=False),
                of_class=of_class,
                after=self._after(position),
                cutoff=cutoff,
                limit=STEP_ROWS,
                now=fields.Datetime.now(),
            )
        )
        self.env[queue].invalidate_model(["payload", "payload_removed_at"])
        return self._next_position(rows), len(rows)

    def _delete_step(self, queue, of_class, how, position):
        """Delete the next rows with their attempts, effects and answers; like :meth:`_strip_step`.

        :param how: ``(cutoff, whether applied messages stay, whether payloads are gone already)``
        """
        cutoff, keeps_proof, is_stripped = how
        rows = self.env.execute_query(
            SQL(
                """SELECT m.create_date, m.id FROM %(table)s m
                    WHERE %(kept)s AND %(of_class)s AND %(after)s AND m.create_date < %(cutoff)s
                      AND m.event_time < %(cutoff)s AND %(extra)s
                      AND NOT EXISTS (SELECT 1 FROM %(table)s copy WHERE copy.replay_of_id = m.id)
                    ORDER BY m.create_date, m.id LIMIT %(limit)s FOR UPDATE SKIP LOCKED""",
                table=SQL.identifier(self.env[queue]._table),
                kept=self._kept(queue, is_stripped),
                of_class=of_class,
                after=self._after(position),
                cutoff=cutoff,
                extra=self._may_go(queue, keeps_proof),
                limit=STEP_ROWS,
            )
        )
        ids = [row[1] for row in rows]
        if queue == QUEUES[0]:
            self.env.cr.execute("DELETE FROM mes_effect WHERE inbox_id = ANY(%s)", [ids])
        self.env.cr.execute(SQL("DELETE FROM %s WHERE id = ANY(%s)", SQL.identifier(self.env[queue]._table), ids))
        self.env.invalidate_all(flush=False)
        return self._next_position(rows), len(rows)

    def _may_go(self, queue, keeps_proof):
        """Condition on an inbox row: no proof that must stay, not the last one a numbered event is counted from, and
        nothing of it is still to be sent.
        """
        if queue != QUEUES[0]:
            return SQL("TRUE")
        return SQL(
            """%(proof)s
               AND NOT EXISTS (SELECT 1 FROM mes_outbox_message answer
                                WHERE answer.answers_id = m.id AND answer.state IN %(live)s)
               AND (coalesce(m.sequence, 0) = 0 OR EXISTS (
                    SELECT 1 FROM mes_inbox_message later
                     WHERE later.system_id = m.system_id AND later.source = m.source
                       AND later.ordering_key = m.ordering_key AND later.sequence > m.sequence))""",
            proof=SQL("m.state <> %s", states.InboxState.DONE.value) if keeps_proof else SQL("TRUE"),
            live=LIVE_ANSWER,
        )

    def _kept(self, queue, is_stripped):
        """The condition of the index to walk."""
        if is_stripped:
            return SQL("m.payload_removed_at IS NOT NULL")
        terminal = tuple(sorted(state.value for state in TERMINAL[queue]))
        return SQL("m.payload_removed_at IS NULL AND m.state IN %s", terminal)

    def _after(self, position):
        return SQL("(m.create_date, m.id) > (%s, %s)", *position)

    def _next_position(self, rows):
        return max(rows) if len(rows) == STEP_ROWS else None


class MesMessageMixin(models.AbstractModel):
    _inherit = "mes.message.mixin"

    payload = fields.Text(required=False)
    payload_removed_at = fields.Datetime(
        "Payload removed at", readonly=True, help="The flow class keeps payloads no longer than this."
    )

    def _check_payload(self):
        """Refuse what needs the payload of messages that have lost it.

        :raises UserError: at least one of them has
        """
        for message in self:
            if message.payload_removed_at:
                raise UserError(
                    self.env._(
                        "The payload of %(message)s was removed by retention on %(date)s: it cannot be sent or applied "
                        "again. Ask its author for a new event.",
                        message=message.event_id,
                        date=fields.Date.to_string(message.payload_removed_at),
                    )
                )


class MesInboxMessage(models.Model):
    _inherit = "mes.inbox.message"

    _kept = models.Index(
        f"(create_date, id, flow_class_id) WHERE payload_removed_at IS NULL"
        f" AND state IN {states.sql_list(states.INBOX_TERMINAL)}"
    )
    _stripped = models.Index("(create_date, id, flow_class_id, state) WHERE payload_removed_at IS NOT NULL")
    _payload_there = models.Constraint(
        "CHECK (payload IS NOT NULL OR payload_removed_at IS NOT NULL)", "A message has a payload until it is removed."
    )


class MesOutboxMessage(models.Model):
    _inherit = "mes.outbox.message"

    _kept = models.Index(
        f"(create_date, id, flow_class_id) WHERE payload_removed_at IS NULL"
        f" AND state IN {states.sql_list(states.OUTBOX_TERMINAL)}"
    )
    _stripped = models.Index("(create_date, id, flow_class_id, state) WHERE payload_removed_at IS NOT NULL")
    _payload_there = models.Constraint(
        "CHECK (payload IS NOT NULL OR payload_removed_at IS NOT NULL)", "A message has a payload until it is removed."
    )

    def action_resend(self):
        self._check_payload()
        return super().action_resend()


class MesFlowClass(models.Model):
    _inherit = "mes.flow.class"

    keeps_proof = fields.Boolean(
        "Keeps proof of posting",
        default=True,
        help="Applied messages stay, without payload, with the list of what they posted. Otherwise they go like the "
        "others, and nothing tells any more which message caused a posting.",
    )

    @api.constrains("retention", "retention_days")
    def _check_retention_days(self):
        days = self.env["mes.retention"]._horizon_days()
        for flow_class in self:
            if flow_class.retention != states.Retention.NONE.value and flow_class.retention_days < days:
                raise ValidationError(
                    self.env._(
                        "Messages must be kept for %s days at least: that long repetitions are recognised by them.",
                        days,
                    )
                )
