"""Inbox rows: each event a system sent, stored once, and what became of it; how it is applied is the dispatcher's."""

import json
import uuid

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..core import message_machine, states
from ..core.envelope import read_event
from ..core.message_machine import InboxEvent
from ..core.states import InboxState, Outcome
from .mes_message_mixin import to_wire_time

#: The one business answer each ending of a message gives.
OUTCOMES = {
    InboxEvent.APPLY: Outcome.ACCEPTED,
    InboxEvent.REJECT: Outcome.REJECTED,
    InboxEvent.DISCARD: Outcome.REJECTED,
    InboxEvent.EXPIRE: Outcome.EXPIRED,
}


class MesInboxMessage(models.Model):
    _name = "mes.inbox.message"
    _description = "Inbox Message"
    _inherit = ["mes.message.mixin"]

    TRANSITIONS = message_machine.INBOX_TRANSITIONS
    WAIT, DIE = InboxEvent.WAIT, InboxEvent.DIE
    DIRECTION = states.Direction.IN
    DUE = (InboxState.PENDING, InboxState.WAITING)
    BLOCKING = (InboxState.PENDING, InboxState.WAITING, InboxState.DEAD)
    AWAITING = (InboxState.PARKED,)
    WAITING = (InboxState.PENDING, InboxState.WAITING, InboxState.PARKED)
    FAILED = (InboxState.REJECTED, InboxState.DEAD, InboxState.EXPIRED)

    uuid = fields.Char("Message", required=True, readonly=True)
    source = fields.Char(required=True)
    sequence = fields.Integer(help="Place among the events of the same source and ordering key; 0 when none was given.")
    expires_at = fields.Datetime(help="Deadline the sender set: not applied later than this.")
    received_at = fields.Datetime(required=True)
    settled_at = fields.Datetime(readonly=True)
    content_hash = fields.Char(required=True)
    is_quarantined = fields.Boolean(help="Authentic but invalid: kept for the sender's engineers, never applied.")
    state = fields.Selection(states.selection(InboxState), required=True, default=InboxState.PENDING.value)
    waiting_for = fields.Char(help="What the message is parked for, such as order:WH/MO/00001.")
    answer_outcome = fields.Selection(states.selection(states.Outcome), readonly=True)
    attempt_ids = fields.One2many("mes.attempt", "inbox_id", "Attempts made")
    effect_ids = fields.One2many("mes.effect", "inbox_id", "Effects")
    answer_ids = fields.One2many("mes.outbox.message", "answers_id", "Answers")
    replay_of_id = fields.Many2one("mes.inbox.message", "Repeats", readonly=True, index="btree_not_null")

    _identity = models.UniqueIndex(
        "(system_id, source, event_id) WHERE is_quarantined IS NOT TRUE AND replay_of_id IS NULL",
        "This event was received already.",
    )
    _quarantine = models.UniqueIndex("(system_id, content_hash) WHERE is_quarantined", "Quarantined already.")
    _uuid_unique = models.UniqueIndex("(uuid)", "Message ids are unique.")
    _due = models.Index(f"(shard, priority, id) WHERE (state IN {states.sql_list(DUE)}) IS TRUE")
    _key = models.Index(f"(ordering_key, system_id, id) WHERE state IN {states.sql_list(states.INBOX_LIVE)}")
    _look = models.Index(
        f"(next_attempt_at) WHERE next_attempt_at IS NOT NULL AND (state IN {states.sql_list(AWAITING)}) IS TRUE"
    )
    _heard = models.Index("(system_id, received_at)")
    _turn = models.Index("(system_id, source, ordering_key, sequence) WHERE sequence > 0")

    @api.model
    def _state_enum(self, value):
        return InboxState(value)

    def _envelope(self):
        """The event as it was received."""
        self.ensure_one()
        return read_event(json.loads(self.payload))

    def _order_values(self):
        """Which order and plant the message is about, as values; none while that is not known, or when it has none."""
        entry = self.env["mes.dispatcher"]._event_types().get(self.event_type)
        if entry and entry.key != "order":
            return {}
        order = self.env["mes.resolver"]._search_order(self.system_id, self.ordering_key)
        if not order or order == self.production_id:
            return {}
        return {"production_id": order.id, "plant_id": order._mes_plant().id}

    def _before(self):
        """What comes before a numbered message in its source and key.

        :return: state and code of the number just before it (None when that has not arrived), and the highest number
            before it that is due
        """
        self.ensure_one()
        self.flush_model()
        query = SQL(
            """SELECT before.state, before.code, due.sequence
                 FROM (VALUES (1)) one
                 LEFT JOIN mes_inbox_message before
                        ON before.system_id = %(system)s AND before.source = %(source)s
                       AND before.ordering_key = %(key)s AND before.sequence = %(sequence)s - 1
                       AND before.sequence > 0 AND before.is_quarantined IS NOT TRUE
                 LEFT JOIN LATERAL (SELECT m.sequence FROM mes_inbox_message m
                                     WHERE m.system_id = %(system)s AND m.ordering_key = %(key)s
                                       AND m.source = %(source)s AND (m.state IN %(due)s) IS NOT FALSE
                                       AND m.sequence > 0 AND m.sequence < %(sequence)s
                                     ORDER BY m.sequence DESC LIMIT 1) due ON TRUE""",
            system=self.system_id.id,
            source=self.source,
            key=self.ordering_key,
            sequence=self.sequence,
            due=self._values(self.DUE),
        )
        state, code, due = self.env.execute_query(query)[0]
        return state and InboxState(state), code, due

    @api.model
    def _keep_invalid(self, caller, reading, payload):
        """Quarantine an authentic but invalid event: stored as rejected, owned, and answered where answers go."""
        now = fields.Datetime.now()
        message = self.create(
            {
                "uuid": str(uuid.uuid4()),
                "system_id": caller.id,
                "company_id": caller.company_id,
                "source": reading.source,
                "event_id": reading.event_id,
                "event_type": reading.type,
                "event_time": now,
                "received_at": now,
                "ordering_key": reading.event_id,
                "shard": 0,
                "payload": payload,
                "content_hash": reading.hash,
                "is_quarantined": True,
            }
        )
        text = " ".join([str(reading.error), *(f"{fault.pointer}: {fault.detail}" for fault in reading.error.errors)])
        message._settle(InboxEvent.REJECT, reading.error.spec, text)

    def _settle(self, event, code, text, effects=()):
        """End the message: final state, effects, its one business answer, and its case closed or opened.

        :param code: row of core's answer table
        :param effects: core ``Effect`` values
        """
        self.ensure_one()
        self._move(
            event,
            {
                "code": code.code,
                "text": text,
                "waiting_for": False,
                "next_attempt_at": False,
                "settled_at": fields.Datetime.now(),
                "answer_outcome": OUTCOMES[event].value,
            },
        )
        self.env["mes.effect"]._record(self, effects)
        self.env["mes.outbox.message"]._answer(self, effects)
        self.env["mes.case"]._follow(self)

    def _to_status(self):
        """What the sender may know of its message, as the status address answers it."""
        self.ensure_one()
        status = {
            "message": self.uuid,
            "id": self.event_id,
            "source": self.source,
            "type": self.event_type,
            "state": self.state,
            "effects": [self.env["mes.effect"]._to_wire(effect) for effect in self.effect_ids],
        }
        if self.production_id:
            status["order"] = self.production_id.mes_reference
        if self.answer_outcome:
            status["answer"] = {
                "outcome": self.answer_outcome,
                "code": self.code,
                "text": self.text or self.env["mes.dispatcher"]._code(self.code).text,
                "at": to_wire_time(self.settled_at),
            }
        elif self.state == InboxState.PARKED.value:
            status["parked"] = {
                "code": self.code,
                "waiting_for": self.waiting_for or "",
                "since": to_wire_time(self.retrying_since or self.write_date),
            }
        return status

    def action_retry(self):
        """Try parked and dead messages again now."""
        if not any(one.state in (InboxState.PARKED.value, InboxState.DEAD.value) for one in self):
            raise UserError(self.env._("Only parked and dead messages can be tried again."))
        self._resume()

    def action_discard(self, reason=None):
        """Give the message up: the sender is told it was rejected, with the reason.

        :raises UserError: all have ended already
        """
        code = self.env["mes.dispatcher"]._code("discarded")
        for message in self._allowing(InboxEvent.DISCARD):
            text = self.env._("Discarded by %(user)s: %(reason)s", user=self.env.user.name, reason=reason or "-")
            message._settle(InboxEvent.DISCARD, code, text)
            self.env["mes.dispatcher"]._after(message)
