"""What inbox and outbox rows share: identity, ordering, ownership of trouble, and the way a state may change."""

from datetime import timedelta, timezone

from odoo import api, fields, models
from odoo.tools import SQL

from ..core import states
from ..core.envelope import format_time
from ..core.message_machine import next_state


def to_wire_time(moment):
    """A time of Odoo (naive UTC) as RFC 3339."""
    return format_time(moment.replace(tzinfo=timezone.utc))


class MesMessageMixin(models.AbstractModel):
    _name = "mes.message.mixin"
    _description = "Message between Odoo and a system"
    _order = "id desc"
    _rec_name = "event_type"

    #: Subclasses name their transition table, and the states that mean "waiting" and "failed" on screens.
    TRANSITIONS = {}
    WAITING = ()
    FAILED = ()

    # Each queue has an index of its own that begins with the system.
    system_id = fields.Many2one("mes.system", required=True, ondelete="restrict")
    company_id = fields.Many2one("res.company", required=True, index=True)
    plant_id = fields.Many2one("stock.warehouse", "Plant", index="btree_not_null")
    event_id = fields.Char("Event id", required=True, index=True)
    event_type = fields.Char(required=True)
    event_time = fields.Datetime("Happened at", required=True)
    ordering_key = fields.Char(required=True)
    shard = fields.Integer(required=True, aggregator=None)
    correlation_id = fields.Char()
    causation_id = fields.Char()
    traceparent = fields.Char()
    payload = fields.Text(required=True, help="The event exactly as it was received or will be sent.")
    production_id = fields.Many2one("mrp.production", "Manufacturing Order", index="btree_not_null")
    attempt_count = fields.Integer("Attempts", readonly=True, required=True, default=0)
    next_attempt_at = fields.Datetime()
    code = fields.Char(help="Stable code of what became of the message; the reference lists them all.")
    text = fields.Text("Explanation")
    hint = fields.Char("What to do", compute="_compute_hint")
    case_id = fields.Many2one("mes.case", "Case", index="btree_not_null")
    owner_id = fields.Many2one("res.users", "Owner", help="Who must act, while the message waits for somebody.")

    @api.depends("code")
    def _compute_hint(self):
        for message in self:
            message.hint = self.env["mes.dispatcher"]._code(message.code).hint if message.code else False

    @api.depends("event_type")
    def _compute_display_name(self):
        for message in self:
            # Only what is in quarantine has no type that could be read.
            message.display_name = message.event_type or self.env._("Invalid event")

    def _move(self, event, values=None):
        """Apply ``event`` to the state by the table of this queue and write ``values`` beside it.

        The only place that writes ``state`` of a stored message.

        :raises TransitionRefused: the table does not allow the event in this state
        """
        for message in self:
            state = next_state(self.TRANSITIONS, self._state_enum(message.state), event)
            message.write(dict(values or {}, state=state.value))

    @api.model
    def _state_enum(self, value):
        raise NotImplementedError

    @api.model
    def _waiting_domain(self):
        """Messages that something or somebody is still to act on."""
        return [("state", "in", [state.value for state in self.WAITING])]

    @api.model
    def _failed_domain(self):
        """Messages that went wrong and whose case nobody has closed."""
        failed = [state.value for state in self.FAILED]
        return [("state", "in", failed), ("case_id.state", "=", states.CaseState.OPEN.value)]

    def _fence(self):
        """Take the row for this transaction; False when another lane has settled it meanwhile.

        The shard guard is not a fence, its connection can die alone (design: concurrency); this lock is: of two
        lanes that hold the same row, one conflicts when it reads what the other wrote.
        """
        self.ensure_one()
        self.flush_recordset()
        # A lock, not an update: a row updated twice in a transaction has all its foreign keys checked again, which
        # would make every delivery conflict with work on its order.
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM %s WHERE id = %s AND state IN %s FOR NO KEY UPDATE",
                SQL.identifier(self._table),
                self.id,
                self._values(self.DUE),
            )
        )
        self.invalidate_recordset()
        return bool(rows)

    @api.model
    def _due_shards(self, systems=None):
        """Shards with work that may be done now, the longest waiting first.

        :param systems: ids of the systems to look at; all of them by default
        """
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """SELECT shard FROM %s
                    WHERE state IN %s AND (next_attempt_at IS NULL OR next_attempt_at <= %s) AND %s
                    GROUP BY shard ORDER BY min(id)""",
                SQL.identifier(self._table),
                self._values(self.DUE),
                fields.Datetime.now(),
                self._of_systems(systems),
            )
        )
        return [shard for (shard,) in rows]

    @api.model
    def _next_due(self, shard, tried=(), systems=None):
        """The oldest message of ``shard`` that may be worked now; empty when there is none.

        A key whose oldest live message must wait, or is dead, is blocked: its later messages stay behind it.

        :param tried: ids already worked in this slice, which are not taken twice
        """
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """SELECT m.id FROM %(table)s m
                    WHERE m.shard = %(shard)s AND m.state IN %(due)s AND NOT m.id = ANY(%(tried)s)
                      AND (m.next_attempt_at IS NULL OR m.next_attempt_at <= %(now)s) AND %(systems)s
                      AND NOT EXISTS (SELECT 1 FROM %(table)s earlier
                                       WHERE earlier.shard = m.shard AND earlier.state IN %(blocking)s
                                         AND earlier.system_id = m.system_id
                                         AND earlier.ordering_key = m.ordering_key AND earlier.id < m.id)
                    ORDER BY m.id LIMIT 1""",
                table=SQL.identifier(self._table),
                shard=shard,
                due=self._values(self.DUE),
                tried=list(tried),
                now=fields.Datetime.now(),
                systems=self._of_systems(systems),
                blocking=self._values(self.BLOCKING),
            )
        )
        return self.browse(rows and rows[0][0])

    def _values(self, group):
        return tuple(state.value for state in group)

    def _of_systems(self, systems):
        return SQL("TRUE") if systems is None else SQL("system_id = ANY(%s)", list(systems))

    @api.model
    def _next_attempt_in(self, systems=None):
        """Seconds until the next message that waits for its time may be worked; None when none waits."""
        self.flush_model()
        now = fields.Datetime.now()
        rows = self.env.execute_query(
            SQL(
                "SELECT min(next_attempt_at) FROM %s WHERE state IN %s AND next_attempt_at > %s AND %s",
                SQL.identifier(self._table),
                self._values(self.DUE),
                now,
                self._of_systems(systems),
            )
        )
        return rows[0][0] and (rows[0][0] - now).total_seconds()

    def _wait_values(self, error, seconds):
        """Values of a message that is tried again after ``seconds``."""
        return {
            "code": error.code,
            "text": str(error),
            "next_attempt_at": fields.Datetime.now() + timedelta(seconds=seconds),
        }

    def _find_owner(self):
        """Who answers for this message: the plant's owner of cases, else the system's, else the administrator."""
        self.ensure_one()
        return self.plant_id.mes_case_owner_id or self.system_id.owner_id or self.env.ref("base.user_admin")

    def action_open_order(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "mrp.production",
            "res_id": self.production_id.id,
            "view_mode": "form",
        }
