"""Parked messages: looked at again by themselves, kept in their order, and never a burden while nothing is new."""

from datetime import timedelta

from odoo.tests import tagged

from ..core.states import CaseState, InboxState
from ..models.mes_queue_mixin import moment
from .common import AlwaysMine, MesCase


@tagged("post_install", "-at_install", "mes")
class TestParking(MesCase):
    def started(self, order, **extra):
        return self.event("operation.started", order, operation="10", work_center="ASM1", **extra)

    def look(self, message, after=3):
        """Let time pass and a lane run."""
        message.next_attempt_at -= timedelta(seconds=after)
        with self.enter_registry_test_mode():
            turn = self.env["mes.lane"]._run("mes.inbox.message", AlwaysMine())
        self.env.invalidate_all()
        return turn

    def test_news_that_was_missed_while_parking_is_found_by_looking_again(self):
        order = self.make_order(5)
        (message,) = self.deliver(self.started(order.name))
        self.assertStopped(message, InboxState.PARKED, "unknown_order")
        self.assertAlmostEqual((message.next_attempt_at - moment()).total_seconds(), 1.5, delta=1)
        # Released by a transaction that could not see the parked message: nobody resumes it.
        self.patch(type(self.env["mes.inbox.message"]), "_resume_parked", lambda *arguments: None)
        order.action_mes_release()
        self.assertEqual(message.state, InboxState.PARKED.value)
        case = message.case_id
        self.look(message)
        self.assertDone(message)
        self.assertEqual(
            (case.state, message.attempt_ids.mapped("code")), (CaseState.CLOSED.value, ["accepted", "unknown_order"])
        )

    def test_a_look_that_finds_nothing_new_leaves_no_trace(self):
        (message,) = self.deliver(self.started("WH/MO/99999"))
        parked_at, case = message.retrying_since, message.case_id
        message.retrying_since = parked_at - timedelta(seconds=60)
        self.env.flush_all()
        self.look(message)
        self.assertStopped(message, InboxState.PARKED, "unknown_order")
        self.assertEqual((message.attempt_count, len(message.attempt_ids), case.count), (1, 1, 1))
        self.assertEqual((message.case_id, message.retrying_since), (case, parked_at - timedelta(seconds=60)))
        self.assertGreater(message.next_attempt_at, moment() + timedelta(seconds=100), "ever more seldom")

    def test_a_look_in_vain_does_not_use_up_the_tries_of_what_comes_then(self):
        (message,) = self.deliver(self.started("WH/MO/99999"))
        message.write({"retrying_since": moment() - timedelta(days=9), "attempt_count": 1})
        self.patch(type(self.env["mes.resolver"]), "_find_order", lambda *arguments: 1 / 0)
        with self.assertLogs("odoo.addons.mes_connector.models.mes_dispatcher", "WARNING"):
            self.look(message)
        self.assertStopped(message, InboxState.WAITING, "technical")

    def test_a_held_or_settled_message_is_not_looked_at(self):
        (message,) = self.deliver(self.started("WH/MO/99999"))
        self.system.action_pause()
        message.next_attempt_at -= timedelta(seconds=3)
        self.assertFalse(self.env["mes.inbox.message"]._looks_due())
        self.system.action_resume()
        self.assertTrue(self.env["mes.inbox.message"]._looks_due())
        message.action_discard("no such order")
        self.assertFalse(self.env["mes.inbox.message"]._looks_due())

    def test_after_a_hold_numbered_events_keep_their_order(self):
        order = self.release(quantity=5)
        item = [{"product": "SCR-M6", "quantity": self.quantity(1, self.screw)}]
        events = [
            self.event("hold.placed", order, reason="R", envelope={"sequence": 1}),
            self.event("material.consumed", order, operation="10", items=item, envelope={"sequence": 2}),
            self.event("hold.released", order, envelope={"sequence": 3}),
            self.started(order, envelope={"sequence": 4}),
        ]
        placed, consumed, released, started = self.deliver(*events[::-1])[::-1]
        self.assertDone(placed, consumed, released, started)
        numbers = [message.settled_at and message.effect_ids[:1].id for message in (consumed, started)]
        self.assertEqual(numbers, sorted(numbers), "the one that waited for the hold goes before the later number")
