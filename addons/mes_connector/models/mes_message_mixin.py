"""What inbox and outbox rows share: identity, ordering, ownership of trouble, and the way a state may change."""

import random
from datetime import timezone

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ..core import errors, states
from ..core.backoff import delay_for, policy_for
from ..core.envelope import format_time
from ..core.message_machine import next_state
from .mes_queue_mixin import later, moment

#: In the context of the one method that moves messages; no caller from outside can put it there.
_MOVING = object()


def to_wire_time(moment):
    """A time of Odoo (naive UTC) as RFC 3339."""
    return format_time(moment.replace(tzinfo=timezone.utc))


class MesMessageMixin(models.AbstractModel):
    _name = "mes.message.mixin"
    _description = "Message between Odoo and a system"
    _inherit = ["mes.queue.mixin"]
    _order = "id desc"
    _rec_name = "event_type"

    #: Subclasses name their transition table and its events for a failed try, and the states that mean "waiting" and
    #: "failed" on screens.
    TRANSITIONS = {}
    WAIT = DIE = None
    WAITING = ()
    FAILED = ()
    #: What was said and what became of it, as the journal must show it; buttons move messages, nobody edits them.
    SETTLED = frozenset(
        {
            *("company_id", "content_hash", "correlation_id", "event_id", "event_time", "event_type", "ordering_key"),
            *("payload", "received_at", "replay_of_id", "sequence", "source", "system_id", "uuid"),
            *("answer_outcome", "is_quarantined", "settled_at", "state"),
        }
    )

    # Each queue has an index of its own that begins with the system.
    system_id = fields.Many2one("mes.system", required=True, ondelete="restrict")
    # No index on what is only filtered by: each costs every message, however many are in the journal.
    company_id = fields.Many2one("res.company", required=True)
    plant_id = fields.Many2one("stock.warehouse", "Plant")
    event_id = fields.Char("Event id", required=True)
    event_type = fields.Char(required=True)
    event_time = fields.Datetime("Happened at", required=True)
    ordering_key = fields.Char(required=True)
    correlation_id = fields.Char()
    causation_id = fields.Char()
    traceparent = fields.Char()
    payload = fields.Text(required=True, help="The event exactly as it was received or will be sent.")
    production_id = fields.Many2one("mrp.production", "Manufacturing Order", index="btree_not_null")
    attempt_count = fields.Integer("Attempts", readonly=True, required=True, default=0)
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
            message.with_context(mes_moving=_MOVING).write(dict(values or {}, state=state.value))

    def write(self, vals):
        moves = self.env.su or self.env.context.get("mes_moving") is _MOVING
        if not moves and not self.SETTLED.isdisjoint(vals):
            raise AccessError(
                self.env._("A message stays as it was told. Use its buttons, or have its sender correct it.")
            )
        return super().write(vals)

    def _allowing(self, event):
        """Those a person may still apply ``event`` to: meanwhile others may have ended.

        :raises UserError: all have
        """
        allowed = self.filtered(lambda one: (self._state_enum(one.state), event) in self.TRANSITIONS)
        if self and not allowed:
            raise UserError(self.env._("This has ended already, as you see when you load it again."))
        return allowed

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
        # A parked message may be taken when it is time to look at it again.
        # A lock, not an update: a row updated twice in a transaction has all its foreign keys checked again, which
        # would make every delivery conflict with work on its order.
        rows = self.env.execute_query(
            SQL(
                """SELECT id FROM %s WHERE id = %s AND (state IN %s OR state = ANY(%s) AND next_attempt_at <= %s)
                      FOR NO KEY UPDATE""",
                SQL.identifier(self._table),
                self.id,
                self._values(self.DUE),
                list(self._values(self.AWAITING)),
                moment(),
            )
        )
        self.invalidate_recordset()
        return bool(rows)

    def _try_again_later(self, error, tries=None, after=None):
        """Let the message wait by the policy of the error's code, or die when its tries or its time are used up.

        :param tries: how many count; all attempts by default
        :param after: seconds that the far end asked for
        """
        policy, now = policy_for(error.code), moment()
        tries = self.attempt_count if tries is None else tries
        # Of a parked message that was looked at, the time since it was parked does not count.
        is_waiting = self.state == states.InboxState.WAITING.value  # both queues have it
        since = (is_waiting and self.retrying_since) or now
        values = {"code": error.code, "text": str(error), "retrying_since": since}
        if policy.is_exhausted(tries, (now - since).total_seconds()):
            self._move(self.DIE, dict(values, next_attempt_at=False))
            self.env["mes.case"]._follow(self)
            return
        delay = delay_for(tries, policy, random) if after is None else after
        self._move(self.WAIT, dict(values, next_attempt_at=later(delay)))

    def _note_killed(self):
        """Record that a process died with the message in hand: an attempt, and the next try or the end of tries."""
        error = errors.error("process_killed")
        self.env["mes.attempt"]._log(self, self.write_date, 0, code=error.code, detail=str(error))
        kills = sum(attempt.code == error.code for attempt in self.attempt_ids)
        self._try_again_later(error, tries=kills)

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
