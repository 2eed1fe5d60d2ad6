"""The vocabulary of the wire: event types, amounts and the CloudEvents envelope; no scenario and no I/O."""

import random
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

Event = dict[str, Any]


class EventType(str, Enum):
    """The event types this plant sends or reacts to."""

    ORDER_RELEASED = "mes.order.released.v1"
    ORDER_CHANGED = "mes.order.changed.v1"
    ORDER_CLOSED = "mes.order.closed.v1"
    ORDER_CANCELLED = "mes.order.cancelled.v1"
    ORDER_POSTED = "mes.order.posted.v1"
    ORDER_ACKNOWLEDGED = "mes.order.acknowledged.v1"
    OPERATION_STARTED = "mes.operation.started.v1"
    OPERATION_PAUSED = "mes.operation.paused.v1"
    OPERATION_RESUMED = "mes.operation.resumed.v1"
    OPERATION_CONFIRMED = "mes.operation.confirmed.v1"
    MATERIAL_CONSUMED = "mes.material.consumed.v1"
    MATERIAL_RETURNED = "mes.material.returned.v1"
    PRODUCTION_REPORTED = "mes.production.reported.v1"
    SCRAP_REPORTED = "mes.scrap.reported.v1"
    POSTING_REVERSED = "mes.posting.reversed.v1"
    LABOR_REPORTED = "mes.labor.reported.v1"
    DOWNTIME_STARTED = "mes.downtime.started.v1"
    DOWNTIME_ENDED = "mes.downtime.ended.v1"
    ORDER_COMPLETED = "mes.order.completed.v1"
    SHIFT_SUMMARIZED = "mes.shift.summarized.v1"
    SHIFT_SUMMARY_REQUESTED = "mes.shift.summary.requested.v1"
    RESEND_REQUESTED = "mes.resend.requested.v1"
    HOLD_PLACED = "mes.hold.placed.v1"
    HOLD_RELEASED = "mes.hold.released.v1"
    MESSAGE_ACCEPTED = "mes.message.accepted.v1"
    MESSAGE_REJECTED = "mes.message.rejected.v1"
    MESSAGE_EXPIRED = "mes.message.expired.v1"


#: The order as it is to be made now.
REVISIONS = frozenset({EventType.ORDER_RELEASED, EventType.ORDER_CHANGED})
ANSWERS = frozenset({EventType.MESSAGE_ACCEPTED, EventType.MESSAGE_REJECTED, EventType.MESSAGE_EXPIRED})


class Tracking(str, Enum):
    """How a product's pieces are told apart."""

    NONE = "none"
    LOT = "lot"
    SERIAL = "serial"


class EnvelopeFault(ValueError):
    """An incoming event lacks what this plant needs to read it; the text names the fault."""


@dataclass(frozen=True)
class Fact:
    """What an event says, before it gets an identity, a time and a place in the sequence.

    ``ago`` is how long before its turn it happened, ``lasted`` how long, when it says from when to when it was;
    ``undoes`` is the fact whose event it reverses.
    """

    type: EventType
    data: dict[str, Any]
    ago: timedelta = timedelta(0)
    lasted: timedelta | None = None
    undoes: "Fact | None" = None


@dataclass(frozen=True)
class Stamp:
    """What the envelopes of one run have in common.

    ``first_sequence`` numbers the first event; ``step`` is the time between two events.
    """

    source: str
    plant: str
    order: str
    correlation: str
    first_sequence: int
    start: datetime
    step: timedelta


def number(value: Decimal) -> int | float:
    """An exact amount as the JSON number a person would write."""
    return int(value) if value == value.to_integral_value() else float(value)


def amount(value: Decimal, uom: str) -> dict[str, Any]:
    """A quantity of the wire; ``uom`` is a UN/ECE Recommendation 20 code."""
    return {"value": number(value), "uom": uom}


def seal(facts: Iterable[Fact], stamp: Stamp, rng: random.Random) -> list[Event]:
    """Put each fact into a CloudEvents 1.0 envelope, dated in the order given.

    What is about the order is numbered; a fact about something else, as a work center, has no number.
    """
    events: list[Event] = []
    ids: dict[int, str] = {}
    sequence = stamp.first_sequence
    for position, fact in enumerate(facts):
        ids[id(fact)] = identity = str(uuid.UUID(int=rng.getrandbits(128), version=4))
        moment = stamp.start + position * stamp.step
        event = {
            "specversion": "1.0",
            "id": identity,
            "source": stamp.source,
            "type": fact.type.value,
            "time": (moment if fact.lasted else moment - fact.ago).isoformat(timespec="milliseconds"),
            "datacontenttype": "application/json",
            "plant": stamp.plant,
            "correlationid": stamp.correlation,
            "data": _told(fact, moment, ids),
        }
        if is_numbered(fact):
            event |= {"subject": stamp.order, "sequence": sequence}
            sequence += 1
        events.append(event)
    return events


def _told(fact: Fact, moment: datetime, ids: dict[int, str]) -> dict[str, Any]:
    """The data with what only the envelopes know."""
    data = dict(fact.data)
    if fact.undoes is not None:
        data["reverses"] = ids[id(fact.undoes)]
    if fact.lasted:
        begin = moment - fact.ago
        data |= {"from": begin.isoformat(timespec="seconds"), "to": (begin + fact.lasted).isoformat(timespec="seconds")}
    return data


def is_numbered(fact: Fact) -> bool:
    """Whether the fact has a place among those of its order."""
    return "order" in fact.data


def check_envelope(event: Any) -> Event:
    """Return ``event`` when it can be recorded and told apart from others.

    Raises EnvelopeFault otherwise.
    """
    if not isinstance(event, dict):
        raise EnvelopeFault("the event is not a JSON object")
    for name in ("id", "source", "type"):
        if not isinstance(event.get(name), str) or not event[name]:
            raise EnvelopeFault(f"the attribute '{name}' is missing")
    if event.get("specversion") != "1.0":
        raise EnvelopeFault("the attribute 'specversion' is not '1.0'")
    if not isinstance(event.get("data"), dict):
        raise EnvelopeFault("the attribute 'data' is not a JSON object")
    return event
