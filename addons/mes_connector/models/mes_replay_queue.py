"""What each queue does for a replay: choose its messages, put them back in line, repeat them from the frozen payload.

Facts. A repetition is a new row with the event id and payload of the first one, which ``replay_of_id`` names; the
original is not touched. It is worked after everything of today: a replay never holds up what happens now.
"""

import uuid

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..core import replay, states
from ..core.event_types import ANSWER_TYPES
from ..core.sharding import shard_of
from ..core.states import Direction, InboxState, OutboxState, ReplayAction

#: What a repetition takes over from its original.
SAME = (
    "company_id",
    "plant_id",
    "event_id",
    "event_type",
    "event_time",
    "ordering_key",
    "shard",
    "correlation_id",
    "causation_id",
    "traceparent",
    "payload",
    "production_id",
    "flow_class_id",
)
SAME_IN = (*SAME, "system_id", "source", "content_hash")
SAME_OUT = (*SAME, "aggregate_type", "aggregate_id", "answers_id", "revision")

NOTHING, ALWAYS = SQL(), SQL("TRUE")


class MesMessageMixin(models.AbstractModel):
    _inherit = "mes.message.mixin"

    def _copied(self, names, by):
        """Values of a repetition of this message."""
        values = {name: self._fields[name].convert_to_write(self[name], self) for name in names}
        last = self.env["mes.flow.class"]._defaults().get(states.FlowClass.BATCH)
        return dict(
            values,
            replay_id=by.id,
            replay_of_id=(self.replay_of_id or self).id,
            priority=max(self.priority, last.priority if last else 0),
        )

    def _replay_retry(self):
        """Put the message back in line."""
        raise NotImplementedError

    def _replay_discard(self, reason):
        """Give the message up."""
        raise NotImplementedError


class MesInboxMessage(models.Model):
    _inherit = "mes.inbox.message"

    replay_of_id = fields.Many2one(ondelete="restrict")
    replay_ids = fields.One2many("mes.inbox.message", "replay_of_id", "Repeated by")

    _one_repetition = models.UniqueIndex(
        f"(replay_of_id) WHERE state IN {states.sql_list(states.INBOX_LIVE | {InboxState.DONE})}",
        "This message is being applied again already, or was.",
    )

    def _select_for_replay(self, domain, target):
        self.flush_model()
        query = self._search(domain)
        return query.select(SQL("%s AS message_id", SQL.identifier(query.table, "id")), SQL("NULL::int AS target_id"))

    def _replay_retry(self):
        self.action_retry()

    def _replay_discard(self, reason):
        self.action_discard(reason)

    def _apply_again(self, by):
        """Take the event in once more, as a message of its own without a place in its sequence.

        :raises UserError: it has had its effect or still may, or its payload is gone
        """
        self.ensure_one()
        self._check_payload()
        first = self.replay_of_id or self
        # The lock lets one of two replays of the same message see what the other did.
        first.lock_for_update()
        effective = [state.value for state in (*states.INBOX_LIVE, InboxState.DONE)]
        if first.state in effective or first.replay_ids.filtered(lambda one: one.state in effective):
            raise UserError(self.env._("This event was applied, or still is to be."))
        now = fields.Datetime.now()
        # sudo: the right to change the message was checked; nobody creates messages by hand.
        made = self.sudo().create(dict(self._copied(SAME_IN, by), uuid=str(uuid.uuid4()), received_at=now))
        self.env["mes.lane"]._wake(self._name)
        return made


class MesOutboxMessage(models.Model):
    _inherit = "mes.outbox.message"

    replay_of_id = fields.Many2one(ondelete="cascade")
    replay_ids = fields.One2many("mes.outbox.message", "replay_of_id", "Repeated by")

    def _select_for_replay(self, domain, target):
        """Each event once per system, whatever repetitions of it there are; once in all for one target."""
        if not target:
            return self._one_per_event(domain, SQL("NULL::int"), SQL("system_id, "))
        return self._one_per_event(domain & self._may_reach(target), SQL("%s", target.id), NOTHING)

    @api.model
    def _select_missed(self, domain, system):
        """The events since then that ``system`` is to be told by its routes and plants of today and never had."""
        routed = system.sudo().route_ids.filtered(lambda one: one.active and one.direction == Direction.OUT.value)
        domain &= fields.Domain("event_type", "in", routed.mapped("event_type"))
        domain &= fields.Domain("plant_id", "in", system.plant_ids.ids) | fields.Domain("system_id", "=", system.id)
        domain &= fields.Domain("company_id", "=", system.company_id.id) & self._may_reach(system)
        has = SQL(
            """EXISTS (SELECT 1 FROM mes_outbox_message had
                        WHERE had.event_id = chosen.event_id AND had.system_id = %s
                          AND (had.state IN %s OR had.confirmed_at IS NOT NULL))""",
            system.id,
            self._values(replay.HAS),
        )
        first_own = SQL("system_id <> %s, ", system.id)
        return self._one_per_event(domain, SQL("%s", system.id), NOTHING, first_own, SQL("NOT %s", has))

    def _one_per_event(self, domain, target, per, first=NOTHING, condition=ALWAYS):
        """Query for ``(message_id, target_id)``: of each event (and system, with ``per``) the oldest row."""
        self.flush_model()
        query = self._search(domain)
        rows = query.select(*(SQL.identifier(query.table, name) for name in ("id", "system_id", "event_id")))
        return SQL(
            """SELECT id AS message_id, target_id FROM (
                   SELECT DISTINCT ON (%(per)s event_id) id, %(target)s AS target_id FROM (%(rows)s) chosen
                    WHERE %(condition)s ORDER BY %(per)s event_id, %(first)s id) one_per_event""",
            per=per,
            target=target,
            rows=rows,
            condition=condition,
            first=first,
        )

    def _may_reach(self, target):
        return fields.Domain("event_type", "not in", sorted(ANSWER_TYPES)) | fields.Domain("system_id", "=", target.id)

    def _replay_retry(self):
        if self.state not in [state.value for state in (OutboxState.DEAD, OutboxState.REFUSED)]:
            raise UserError(self.env._("Only dead and refused messages can be tried again."))
        self.action_resend()

    def _replay_discard(self, reason):
        self.action_discard()
        self.text = self.env._("Discarded by %(user)s: %(reason)s", user=self.env.user.name, reason=reason)

    def _send_again(self, by, target):
        """Send the event once more, with its id and frozen payload, to ``target`` (its own system when empty)."""
        self.ensure_one()
        self._check_payload()
        target = target or self.system_id
        if by.action == ReplayAction.MISSED.value and self._is_had_by(target):
            return self.browse()
        if target == self.system_id and self.state == OutboxState.DEAD.value:
            # It waits for exactly this; a second row beside it would leave its case open.
            self.action_resend()
            return self
        self._check_reaches(target)
        # sudo: as for the inbox.
        made = self.sudo().create(
            dict(
                self._copied(SAME_OUT, by),
                system_id=target.id,
                company_id=target.company_id.id,
                shard=shard_of(target.code, self.ordering_key),
            )
        )
        self.env["mes.lane"]._wake(self._name)
        return made

    def _is_had_by(self, system):
        """Whether the system has got the event, or will: by another replay, since this one was started."""
        rows = self.search([("event_id", "=", self.event_id), ("system_id", "=", system.id)])
        return any(OutboxState(row.state) in replay.HAS or row.confirmed_at for row in rows)

    def _check_reaches(self, target):
        """Refuse a target that may not know of this event.

        :raises UserError: it has no route for it, or does not serve its plant, or the answer is another's
        """
        if not replay.may_go_to(self.event_type, self.system_id.code, target.code):
            raise UserError(self.env._("An answer goes only to the system that asked."))
        routes = target.sudo().route_ids.filtered(lambda one: one.active and one.direction == Direction.OUT.value)
        if self.event_type not in routes.mapped("event_type"):
            raise UserError(
                self.env._("%(system)s has no route for %(type)s.", system=target.display_name, type=self.event_type)
            )
        if self.plant_id and self.plant_id not in target.plant_ids:
            raise UserError(
                self.env._("%(system)s does not serve %(plant)s.", system=target.display_name, plant=self.plant_id.name)
            )
