"""What each event type of the catalogue looks like when it is lawful, and how an order gets into each phase; judges
nothing.

The tables here must name every inbound event type, every phase and every event of the life cycle: `test_catalogue.py`
fails by the name of one that is missing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from itertools import count

from odoo.exceptions import UserError

from ..core.order_machine import OrderEvent, Verdict, decide
from ..core.states import OrderPhase
from ..models.mes_ownership import ACTING

PIECE = "C62"
OPERATOR = "operator-7"
STOP_REASON = "jam"
LOT = "F-1"
PORTION = 40.0
NUMBERS = count(1)
DAY = datetime(2026, 11, 1, tzinfo=timezone.utc)
LATER = "2026-11-22T10:00:00Z"


@dataclass(frozen=True)
class Saying:
    """How an inbound type is said: ``data`` gives its lawful payload in the world it is said in.

    ``event`` is what it means to the order's phase; None when it is about no order.
    """

    event: OrderEvent | None
    data: Callable


def pieces(value):
    return {"value": value, "uom": PIECE}


def confirmation(_world):
    return {"operation": "10", "work_center": "ASM1", "good": pieces(5), "minutes": {"machine": 6}, "final": False}


def housings(world, quantity):
    lot = world.case.lots[world.case.housing][0].name
    return {"operation": "10", "items": [{"product": "HSG-100", "quantity": pieces(quantity), "lot": lot}]}


def made(_world, quantity=5):
    return {"items": [{"product": "GBX-100", "quantity": pieces(quantity), "lot": LOT}]}


def labour(_world):
    return {
        "operation": "10",
        "operator": OPERATOR,
        "activity": "run",
        "from": "2026-11-22T08:00:00Z",
        "to": "2026-11-22T09:30:00Z",
    }


def stop(world):
    return {"downtime": world.stop, "work_center": "ASM1", "reason": STOP_REASON}


def summary(_world):
    return {
        "shift": "2026-11-22/early",
        "from": "2026-11-22T06:00:00Z",
        "to": "2026-11-22T14:00:00Z",
        "totals": [{"order": "WH/MO/1", "kind": "received", "product": "GBX-100", "quantity": pieces(5)}],
    }


def totals(world):
    """Of what is booked, or of what will be."""
    return {"totals": {"good": pieces(world.order.mes_qty_good or PORTION)}}


def acknowledgement(world, accepted=True):
    return {"revision": world.order.mes_revision, "accepted": accepted}


SAYINGS = {
    "mes.order.acknowledged.v1": Saying(OrderEvent.ACKNOWLEDGE, acknowledgement),
    "mes.operation.started.v1": Saying(
        OrderEvent.START, lambda _world: {"operation": "10", "work_center": "ASM1", "operator": OPERATOR}
    ),
    "mes.operation.paused.v1": Saying(OrderEvent.PAUSE, lambda _world: {"operation": "10", "reason": "break"}),
    "mes.operation.resumed.v1": Saying(OrderEvent.PAUSE, lambda world: world.paused() and {"operation": "10"}),
    "mes.operation.confirmed.v1": Saying(OrderEvent.CONFIRM, confirmation),
    "mes.material.consumed.v1": Saying(OrderEvent.CONSUME, lambda world: housings(world, 5)),
    "mes.material.returned.v1": Saying(OrderEvent.RETURN, lambda world: world.used() and housings(world, 1)),
    "mes.production.reported.v1": Saying(OrderEvent.CONFIRM, made),
    "mes.scrap.reported.v1": Saying(
        OrderEvent.CONFIRM, lambda _world: {"product": "GBX-100", "quantity": pieces(1), "lot": LOT, "reason": "dent"}
    ),
    "mes.posting.reversed.v1": Saying(
        OrderEvent.REVERSE, lambda world: {"reverses": world.used(), "reason": "wrong order"}
    ),
    "mes.labor.reported.v1": Saying(OrderEvent.REPORT_TIME, labour),
    "mes.downtime.started.v1": Saying(None, stop),
    "mes.downtime.ended.v1": Saying(None, stop),
    "mes.order.completed.v1": Saying(OrderEvent.COMPLETE, totals),
    "mes.hold.placed.v1": Saying(OrderEvent.HOLD, lambda _world: {"reason": "scratch"}),
    "mes.hold.released.v1": Saying(OrderEvent.RESUME, lambda _world: {"disposition": "use_as_is"}),
    "mes.shift.summarized.v1": Saying(None, summary),
}

#: How an order gets from a phase before into a phase: the phase before, then what is done.
WAYS = {
    OrderPhase.RELEASED: (None, lambda world: world.order.action_mes_release()),
    OrderPhase.PLANNED: (
        OrderPhase.RELEASED,
        lambda world: world.say("mes.order.acknowledged.v1", **acknowledgement(world, accepted=False)),
    ),
    OrderPhase.IN_PROGRESS: (
        OrderPhase.RELEASED,
        lambda world: world.case.deliver(world.lawful("mes.operation.started.v1")),
    ),
    OrderPhase.PARTIALLY_CONFIRMED: (OrderPhase.IN_PROGRESS, lambda world: world.make()),
    OrderPhase.QUALITY_HOLD: (
        OrderPhase.PARTIALLY_CONFIRMED,
        lambda world: world.say("mes.hold.placed.v1", reason="scratch"),
    ),
    OrderPhase.COMPLETED: (
        OrderPhase.PARTIALLY_CONFIRMED,
        lambda world: world.say("mes.order.completed.v1", **totals(world)),
    ),
    OrderPhase.POSTED: (OrderPhase.COMPLETED, lambda world: world.order.action_mes_post()),
    OrderPhase.CANCELLED: (OrderPhase.RELEASED, lambda world: world.order.action_cancel()),
}

#: Where a guard speaks before an arrow of the table. Nothing is made yet, or too much to cancel.
GUARDED = {
    (OrderPhase.IN_PROGRESS, OrderEvent.COMPLETE): Verdict.TOO_EARLY,
    (OrderPhase.IN_PROGRESS, OrderEvent.CLOSE): Verdict.REFUSED,
    (OrderPhase.PARTIALLY_CONFIRMED, OrderEvent.CANCEL): Verdict.REFUSED,
}


@dataclass(frozen=True)
class Refusal:
    """What a person is told; no sentence when they were let."""

    sentence: str = ""


def by_a_person(press):
    """A driver of an event that people bring about: the refusal they get."""

    def drive(world):
        try:
            press(world.order)
        except UserError as refusal:
            return Refusal(str(refusal))
        return Refusal()

    return drive


def by_the_table(event):
    """A driver of an event that is brought about in some phases only: the one function that applies the table."""
    return by_a_person(lambda order: order.env["mes.order.lifecycle"]._person(order, event))


def by_the_table_for_the_plant(event):
    """The same, for what is the plant's to do."""

    def drive(world):
        env = world.order.env
        actor = env["mes.ownership"]._system_actor(world.case.system)
        lifecycle = env["mes.order.lifecycle"].with_context(**{ACTING: actor})
        return by_a_person(lambda order: lifecycle._person(order, event))(world)

    return drive


def by_the_plant(wire_type, **changes):
    """A driver of an event that the plant brings about: the inbox row of what it said."""

    def drive(world):
        return world.say(wire_type, **{**SAYINGS[wire_type].data(world), **changes})

    return drive


#: How each event of the life cycle is brought about.
DRIVERS = {
    OrderEvent.RELEASE: by_a_person(lambda order: order.action_mes_release()),
    OrderEvent.ACKNOWLEDGE: by_the_plant("mes.order.acknowledged.v1"),
    # Once the plant runs a revision, what it refuses is a change.
    OrderEvent.REFUSE: by_the_table_for_the_plant(OrderEvent.REFUSE),
    OrderEvent.REFUSE_CHANGE: lambda world: (
        world.runs() and world.say("mes.order.acknowledged.v1", **acknowledgement(world, accepted=False))
    ),
    OrderEvent.START: by_the_plant("mes.operation.started.v1"),
    OrderEvent.PAUSE: by_the_plant("mes.operation.paused.v1"),
    OrderEvent.CONFIRM: by_the_plant("mes.production.reported.v1"),
    OrderEvent.CONSUME: by_the_plant("mes.material.consumed.v1"),
    OrderEvent.RETURN: by_the_plant("mes.material.returned.v1"),
    OrderEvent.REPORT_TIME: by_the_plant("mes.labor.reported.v1"),
    OrderEvent.REVERSE: by_the_plant("mes.posting.reversed.v1"),
    OrderEvent.COMPLETE: by_the_plant("mes.order.completed.v1"),
    OrderEvent.HOLD: by_the_plant("mes.hold.placed.v1"),
    OrderEvent.RESUME: by_the_plant("mes.hold.released.v1"),
    OrderEvent.CHANGE: by_the_table(OrderEvent.CHANGE),
    OrderEvent.CLOSE: by_a_person(lambda order: order.action_mes_close("enough")),
    OrderEvent.REOPEN: by_a_person(lambda order: order.action_mes_reopen("too soon")),
    OrderEvent.POST: by_a_person(lambda order: order.action_mes_post()),
    OrderEvent.CANCEL: by_a_person(lambda order: order.action_cancel()),
}


class World:
    """One order of a test case on its way through the phases."""

    def __init__(self, case):
        self.case = case
        self.order = case.make_order(100)
        self.stop = f"stop-{next(NUMBERS)}"
        #: Id of the event by which the pieces of the order used up their components.
        self._consumption = f"used-{next(NUMBERS)}"

    def go(self, phase):
        """Bring the order into a phase by what a plant and its people do."""
        before, way = WAYS[phase]
        if before:
            self.go(before)
        way(self)
        return self

    def event(self, wire_type, **data):
        """A new event of a type; about the order unless its type is about something else."""
        saying = SAYINGS[wire_type]
        about = {} if saying.event is None else {"order": self.order.mes_reference or self.order.name}
        number = next(NUMBERS)
        return {
            "specversion": "1.0",
            "id": f"said-{number}",
            "source": "/plant/north",
            "type": wire_type,
            # What is said later happened later.
            "time": (DAY + timedelta(minutes=number)).isoformat(),
            "data": {**about, **data},
        }

    def lawful(self, wire_type):
        """A new event of a type as a plant would say it now."""
        return self.event(wire_type, **SAYINGS[wire_type].data(self))

    def say(self, wire_type, **data):
        return self.case.deliver(self.event(wire_type, **data))

    def runs(self):
        """The plant takes a released order."""
        if self.order.mes_phase == OrderPhase.RELEASED.value:
            self.case.assertDone(self.case.deliver(self.lawful("mes.order.acknowledged.v1")))
        return True

    def make(self):
        """Components are used up and pieces come out."""
        event = self.event("mes.material.consumed.v1", **housings(self, PORTION))
        self.case.assertDone(self.case.deliver({**event, "id": self._consumption}))
        self.case.assertDone(self.say("mes.production.reported.v1", **made(self, PORTION)))

    def used(self):
        """Id of an event that used components up: a new one where the phase allows it, else that of the pieces."""
        if not self.allows(OrderEvent.CONSUME):
            return self._consumption
        consumed = self.say("mes.material.consumed.v1", **housings(self, 2))
        self.case.assertDone(consumed)
        return consumed.event_id

    def paused(self):
        """Pause operation 10 where the phase allows it."""
        if self.allows(OrderEvent.PAUSE):
            self.case.assertDone(self.say("mes.operation.paused.v1", operation="10"))
        return True

    def allows(self, event):
        return decide(OrderPhase(self.order.mes_phase), event, OrderPhase.RELEASED).verdict is Verdict.MOVE
