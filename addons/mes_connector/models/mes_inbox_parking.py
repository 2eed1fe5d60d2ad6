"""Parked inbox messages: kept, looked at again, resumed, expired; why a message is parked is said by who refused it.

Facts. What a message waits for can be committed while the message is being parked: who commits it sees nothing parked
yet, and who parks does not see it yet. Where a move of the order's phase is waited for, both write the order's row, so
that one of them starts again. Everything else is looked at again by itself: soon after it was parked, then ever more
seldom (ADR 9).
"""

import random

from odoo import api, fields, models
from odoo.tools import SQL

from ..core.backoff import look_again_in
from ..core.message_machine import InboxEvent
from ..core.states import InboxState
from .mes_queue_mixin import later, moment

#: Codes that only a person can decide.
DECIDED_BY_PEOPLE = ("suspected_duplicate", "suspected_unit_shift")
#: What a move of the order's phase lets through.
RESUMED_BY_PHASE = ("unknown_order", "order_on_hold")
#: How many parked messages a lane looks at in one slice.
LOOKS = 50


class MesInboxMessage(models.Model):
    _inherit = "mes.inbox.message"

    def _park(self, error):
        """Keep the message for something nameable; it blocks nobody and has an owner."""
        is_news = (self.code, self.waiting_for or "") != (error.code, error.waiting_for)
        now = moment()
        since = self.retrying_since if not is_news and self.retrying_since else now
        is_looked_at = error.code not in DECIDED_BY_PEOPLE
        look_in = look_again_in((now - since).total_seconds(), random)
        self._move(
            InboxEvent.PARK,
            {
                "code": error.code,
                "text": str(error),
                "waiting_for": error.waiting_for,
                "next_attempt_at": later(look_in) if is_looked_at else False,
                "retrying_since": since,
                "owner_id": self._find_owner().id,
            },
        )
        if is_news and error.code in RESUMED_BY_PHASE:
            self._meet_order()
        if is_news or not self.case_id:
            self.env["mes.case"]._follow(self)

    def _meet_order(self):
        """Write the order's row: whoever moves its phase at the same time conflicts, and the later of the two starts
        again and sees what the other did. Otherwise what comes next would overtake this message.
        """
        self.flush_recordset()
        self.env.cr.execute(
            "UPDATE mrp_production SET write_date = write_date"
            " WHERE company_id = %s AND (mes_reference = %s OR mes_reference IS NULL AND name = %s)",
            [self.company_id.id, self.ordering_key, self.ordering_key],
            log_exceptions=False,
        )

    @api.model
    def _looks_due(self):
        """``[(shard, id)]`` of parked messages whose time has come to be tried again."""
        self.flush_model()
        return self.env.execute_query(
            SQL(
                """SELECT m.shard, m.id FROM mes_inbox_message m
                    WHERE %s AND m.next_attempt_at <= %s AND %s
                    ORDER BY m.next_attempt_at LIMIT %s""",
                self._is_awaiting("m"),
                moment(),
                self.env["mes.pause"]._not_held(self.DIRECTION, "m"),
                LOOKS,
            )
        )

    def _take_up(self):
        """Put a parked message that is looked at in line, for this transaction; its case stays until it is settled.

        :return: whether it was parked
        """
        is_look = self.state == InboxState.PARKED.value
        if is_look:
            self._move(InboxEvent.RESUME)
        return is_look

    def _resume(self):
        """Put parked or dead messages back in line and wake the lane."""
        messages = self.filtered(lambda one: one.state in (InboxState.PARKED.value, InboxState.DEAD.value))
        if messages:
            cases = messages.case_id
            messages._move(
                InboxEvent.RESUME,
                {
                    "code": False,
                    "waiting_for": False,
                    "next_attempt_at": False,
                    "retrying_since": False,
                    "case_id": False,
                    "attempt_count": 0,
                },
            )
            cases._close_if_done()
            self.env["mes.lane"]._wake(self._name)

    @api.model
    def _resume_parked(self, ordering_key, codes, waiting_for=None):
        """Resume what is parked under ``ordering_key`` for one of ``codes`` (and for exactly ``waiting_for``)."""
        domain = [("ordering_key", "=", ordering_key), ("state", "=", InboxState.PARKED.value), ("code", "in", codes)]
        if waiting_for:
            domain.append(("waiting_for", "=", waiting_for))
        self.search(domain, order="id")._resume()

    @api.model
    def _expire_parked(self):
        """Answer parked messages whose sender's deadline has passed."""
        code = self.env["mes.dispatcher"]._code("event_expired")
        late = [("state", "=", InboxState.PARKED.value), ("expires_at", "<=", fields.Datetime.now())]
        for message in self.search(late, limit=1000):
            message._settle(InboxEvent.EXPIRE, code, code.text)
            self.env["mes.dispatcher"]._after(message)
