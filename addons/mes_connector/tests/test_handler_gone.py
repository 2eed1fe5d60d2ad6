"""What becomes of messages whose event type came from an addon that is not there any more, or is there again."""

from contextlib import contextmanager
from unittest.mock import patch

from odoo.tests import tagged

from ..core.event_types import EventType
from ..core.states import Direction, FlowClass, InboxState, OutboxState, SystemKind
from .common import MesCase

TYPE = "mes.pallet.moved.v1"
PALLET = EventType(
    "mes.pallet.moved", 1, (Direction.IN, Direction.OUT), "order", FlowClass.REAL_TIME, (SystemKind.MES,), "A pallet."
)


@tagged("post_install", "-at_install", "mes")
class TestBridgeGone(MesCase):
    @contextmanager
    def bridge(self):
        """The parts a bridge overrides, for the time of the block; its handler does what an operation's start does."""
        dispatcher = type(self.env["mes.dispatcher"])
        types, handlers = dispatcher._event_types, dispatcher._handlers
        with (
            patch.object(dispatcher, "_event_types", lambda model: {**types(model), TYPE: PALLET}),
            patch.object(
                dispatcher, "_handlers", lambda model: {**handlers(model), TYPE: "mes.handler.order.acknowledged"}
            ),
        ):
            yield

    def stored(self, order):
        """A message of the bridge's type that is still to be worked, and one to be sent."""
        with self.bridge():
            self.env["mes.route"].create(
                [{"system_id": self.system.id, "event_type": TYPE, "direction": way} for way in ("in", "out")]
            )
            sent = self.env["mes.outbox.message"]._emit(TYPE, {"order": order.mes_reference}, order)
        message = self.send("order.acknowledged", order, revision=1, accepted=True)
        message = message.copy({"uuid": "pallet", "event_id": "pallet", "event_type": TYPE})
        message.state = InboxState.PENDING.value
        return message, sent

    def test_they_are_parked_with_an_owner_and_resume_when_it_is_back(self):
        order = self.release(quantity=10)
        message, sent = self.stored(order)
        self.drain()
        self.assertStopped(message, InboxState.PARKED, "handler_missing")
        self.assertEqual((message.waiting_for, bool(message.owner_id)), (f"handler:{TYPE}", True))
        self.assertEqual((message.case_id.is_technical, bool(message.case_id.hint)), (True, True))
        self.assertEqual(sent.state, OutboxState.PENDING.value, "sending needs no addon")

        self.assertDone(self.send("operation.started", order, operation="10", work_center="ASM1"))
        self.env["mes.case"]._cron_escalate()
        self.assertEqual(message.state, InboxState.PARKED.value, "not resumed for nothing")

        case = message.case_id
        with self.bridge():
            self.env["mes.case"]._cron_escalate()
            self.assertEqual(message.state, InboxState.PENDING.value)
            self.drain()
        self.assertTrue(message.answer_outcome)
        self.assertEqual(case.state, "closed")

    def test_nothing_else_stumbles_over_the_type(self):
        order = self.release(quantity=10)
        message, sent = self.stored(order)
        self.drain()
        route = self.env["mes.route"].search([("event_type", "=", TYPE)])
        route.write({"active": False})
        self.assertTrue(route.flow_class_id)
        for record in (message, sent, message.case_id):
            self.assertTrue(record.display_name)
        message.action_discard("the addon is gone for good")
        self.assertEqual(message.state, InboxState.DISCARDED.value)
        self.assertEqual(self.system.failed_count, 0)
