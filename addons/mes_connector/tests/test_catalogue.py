"""Generated from the event catalogue and the phase table: each inbound type valid, repeated, too early, refused and
malformed, each phase with each event; what has no case fails by its name. Handlers' own tests say more of each.
"""

import json
from copy import copy
from dataclasses import replace

from odoo.tests import new_test_user, tagged

from ..core.event_types import EVENT_TYPES
from ..core.order_machine import Decision, OrderEvent, Verdict, decide
from ..core.states import Direction, InboxState, OrderPhase
from .catalogue import DRIVERS, GUARDED, LATER, OPERATOR, SAYINGS, STOP_REASON, WAYS, Refusal, World
from .common import MesCase

INBOUND = [wire_type for wire_type, entry in EVENT_TYPES.items() if Direction.IN in entry.directions]
ABOUT_ORDERS = [wire_type for wire_type in INBOUND if EVENT_TYPES[wire_type].key == "order"]
#: What the table's verdict becomes for a message: its state and code.
ENDS = {
    Verdict.MOVE: (InboxState.DONE, "accepted"),
    Verdict.ALREADY: (InboxState.DONE, "already"),
    Verdict.TOO_EARLY: (InboxState.PARKED, "too_early"),
    Verdict.ON_HOLD: (InboxState.PARKED, "order_on_hold"),
    Verdict.REFUSED: (InboxState.REJECTED, "transition_refused"),
}


class CatalogueCase(MesCase):
    """The world of the addon's tests with an operator and a downtime reason that the plant knows."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plant.mes_auto_post = False
        new_test_user(cls.env, OPERATOR, groups="mrp.group_mrp_user").mes_operator_code = OPERATOR
        cls.env.ref("mrp.block_reason0").mes_code = STOP_REASON
        cls.caller, _secrets = cls.env["mes.identity"]._load_caller(cls.system.code)

    def each(self, cases, check, world=None):
        """Check each case by its name, in a world of its own unless one is given, and undo it."""
        for name in cases:
            with self.subTest(case=name), self.env.cr.savepoint() as savepoint:
                check(name, copy(world) if world else World(self))
                savepoint.close(rollback=True)

    def phase_for(self, wire_type):
        """A phase in which an event of the type may change something."""
        event = SAYINGS[wire_type].event
        phases = (OrderPhase.PARTIALLY_CONFIRMED, OrderPhase.RELEASED, OrderPhase.QUALITY_HOLD)
        return next(one for one in phases if not event or self.verdict(one, event) is Verdict.MOVE)

    def verdict(self, phase, event):
        return decide(phase, event, OrderPhase.PARTIALLY_CONFIRMED).verdict

    def lawful(self, world, wire_type):
        """An event of the type when its time has come."""
        world.go(self.phase_for(wire_type))
        if wire_type == "mes.downtime.ended.v1":
            self.assertDone(self.deliver(world.lawful("mes.downtime.started.v1")))
        return world.lawful(wire_type)

    def assertEnds(self, message, verdict):
        state, code = ENDS[verdict]
        self.assertEqual((message.state, message.code), (state.value, code), message.text)


@tagged("post_install", "-at_install", "mes")
class TestCatalogue(CatalogueCase):
    def test_every_inbound_type_has_a_saying(self):
        self.assertEqual(set(SAYINGS), set(INBOUND))
        self.assertEqual(set(INBOUND) - set(self.env["mes.dispatcher"]._handlers()), set())

    def test_valid(self):
        self.each(INBOUND, self.check_valid)

    def check_valid(self, wire_type, world):
        message = self.deliver(self.lawful(world, wire_type))
        self.assertEnds(message, Verdict.MOVE)
        self.assertTrue(message.effect_ids, "an accepted fact says what it did")
        self.assertEqual(message.answer_outcome, "accepted")

    def test_repeated(self):
        self.each(INBOUND, self.check_repeated)

    def check_repeated(self, wire_type, world):
        event = self.lawful(world, wire_type)
        first = self.deliver(event)
        effects, phase = first.effect_ids, world.order.mes_phase
        again = self.deliver(event)
        self.assertEqual((again, again.attempt_count), (first, 1))
        self.assertEqual((first.effect_ids, world.order.mes_phase), (effects, phase))
        self.assertEqual(self.env["mes.outbox.message"].search_count([("answers_id", "=", first.id)]), 1)

    def test_too_early(self):
        self.each(ABOUT_ORDERS, self.check_too_early)

    def check_too_early(self, wire_type, world):
        """Before the order is released again; what only came too early is applied when its time has come."""
        message = self.deliver({**world.go(OrderPhase.PLANNED).lawful(wire_type), "time": LATER})
        verdict = self.verdict(OrderPhase.PLANNED, SAYINGS[wire_type].event)
        self.assertEnds(message, verdict)
        if verdict is Verdict.TOO_EARLY:
            world.go(OrderPhase.PARTIALLY_CONFIRMED)
            if message.state != InboxState.DONE.value:
                # What resumes waits for its pause.
                world.paused()
            self.assertEnds(message, Verdict.MOVE)

    def test_the_end_of_a_stop_before_its_begin(self):
        world = World(self)
        ended = self.deliver(world.lawful("mes.downtime.ended.v1"))
        self.assertEnds(ended, Verdict.TOO_EARLY)
        self.assertDone(self.deliver(world.lawful("mes.downtime.started.v1")))
        self.assertEnds(ended, Verdict.MOVE)

    def test_refused_by_the_table(self):
        self.each(ABOUT_ORDERS, self.check_refused_by_the_table)

    def check_refused_by_the_table(self, wire_type, world):
        message = self.deliver(world.go(OrderPhase.CANCELLED).lawful(wire_type))
        self.assertEnds(message, self.verdict(OrderPhase.CANCELLED, SAYINGS[wire_type].event))
        self.assertPhase(world.order, OrderPhase.CANCELLED)

    def test_refused_without_a_route(self):
        self.each(INBOUND, self.check_refused_without_a_route)

    def check_refused_without_a_route(self, wire_type, world):
        routes = {name: plan for name, plan in self.caller.event_types.items() if name != wire_type}
        event = self.lawful(world, wire_type)
        self.assertIsNone(self.refusal(self.caller, event))
        self.assertEqual(self.refusal(replace(self.caller, event_types=routes), event).code, "not_authorized_for_type")

    def test_malformed(self):
        self.each(INBOUND, self.check_malformed)

    def check_malformed(self, wire_type, world):
        """Each required property missing, and one that nobody knows."""
        event = self.lawful(world, wire_type)
        for name in self.env["mes.dispatcher"]._schema_set().schemas[wire_type]["required"]:
            lacking = {key: value for key, value in event["data"].items() if key != name}
            refusal = self.refusal(self.caller, {**event, "data": lacking})
            self.assertEqual(refusal.code, "schema_invalid")
            self.assertEqual([fault.pointer for fault in refusal.errors], [f"/data/{name}"])
        odd = self.refusal(self.caller, {**event, "data": {**event["data"], "mood": "good"}})
        self.assertEqual([fault.pointer for fault in odd.errors], ["/data/mood"])

    def refusal(self, caller, event):
        """What the door refuses an event with; None when it takes it."""
        _is_batch, [reading] = self.env["mes.intake"]._read(caller, json.dumps(event).encode())
        return reading.error


@tagged("post_install", "-at_install", "mes")
class TestPhaseTable(CatalogueCase):
    def test_every_phase_and_event_has_a_driver(self):
        self.assertEqual(set(WAYS), set(OrderPhase))
        self.assertEqual(set(DRIVERS), set(OrderEvent))

    def test_every_row(self):
        """What the table says of each event in each phase is what becomes of it."""
        for phase in OrderPhase:
            with self.subTest(phase=phase.value):
                world = World(self).go(phase)
                self.assertPhase(world.order, phase)
                self.each([event.value for event in OrderEvent], self.check_row, world)

    def check_row(self, name, world):
        event, phase = OrderEvent(name), OrderPhase(world.order.mes_phase)
        decision = decide(phase, event, self.env["mes.order.lifecycle"]._came_from(world.order, event))
        if (phase, event) in GUARDED:
            decision = Decision(GUARDED[phase, event], phase)
        outcome = DRIVERS[event](world)
        self.assertPhase(world.order, decision.target)
        if isinstance(outcome, Refusal):
            self.assertEqual(bool(outcome.sentence), decision.verdict not in (Verdict.MOVE, Verdict.ALREADY))
        else:
            self.assertEnds(outcome, decision.verdict)
