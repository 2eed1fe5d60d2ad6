"""How the events of a stream arrive: in order, or permuted, repeated and by several senders; nothing is sent here.

Pure; drawn by seed. An event repeated is byte for byte the same event.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from simulator.messages import Event, EventType, Fact, Stamp, seal

from .streams import ORDER, RUN, Stream, is_pieces, lots_of

REQUEST_SIZE = 12
MOST_SENDERS = 3
STEP = timedelta(seconds=47)

Request = list[Event]
#: What goes into the pieces received next (ADR 4), and what Odoo rates by the pieces received so far.
TIED_TO_PIECES = {EventType.MATERIAL_CONSUMED, EventType.OPERATION_STARTED, EventType.OPERATION_CONFIRMED}
#: What speaks of what was said before, or of a time that others may end.
TIED_TO_ALL = {
    EventType.OPERATION_PAUSED,
    EventType.OPERATION_RESUMED,
    EventType.MATERIAL_RETURNED,
    EventType.POSTING_REVERSED,
}


class Manner(str, Enum):
    """How a run of a stream delivers it."""

    IN_ORDER = "in order"
    MIXED = "mixed"


@dataclass(frozen=True)
class Arrival:
    """Requests in the order in which each sender makes them: those made before the order is released, those of each
    sender at work side by side, and those made when all is over.
    """

    senders: list[list[Request]]
    early: list[Request] = field(default_factory=list)
    afterwards: list[Request] = field(default_factory=list)


def events_of(stream: Stream, order: str, run: str, source: str, start: datetime) -> list[Event]:
    """The stream as events of one run, in the order in which they happened; the same but for names and ids."""
    names = {ORDER: order.replace("/", "-"), RUN: run}
    facts: dict[int, Fact] = {}
    for fact in stream.facts:
        undoes = facts[id(fact.undoes)] if fact.undoes else None
        facts[id(fact)] = replace(fact, data={**_named(fact.data, names), "order": order}, undoes=undoes)
    stamp = Stamp(source, "", order, run, 1, start, STEP)
    events = seal(facts.values(), stamp, random.Random(f"events {run}"))
    left_out = {"plant", "correlationid"} if stream.numbered else {"plant", "correlationid", "sequence"}
    return [{name: value for name, value in event.items() if name not in left_out} for event in events]


def arrival(stream: Stream, events: list[Event], manner: Manner) -> Arrival:
    """How the events arrive in a run of this manner; drawn by the stream's seed.

    Mixed, the events are permuted; some come again later, as do whole requests, at once or when all is over, and some
    come before the order is released. Of events without numbers the order of arrival counts, so they have one sender.
    """
    rng = random.Random(f"{manner.value} {stream.seed}")
    if manner is Manner.IN_ORDER:
        return Arrival([_requests(rng, events)])
    mixed = [events[position] for position in _mixed(rng, stream)]
    requests = _requests(rng, _repeated(rng, mixed, rng.uniform(0, 0.4)))
    early = rng.choice([0, 1, len(requests) // 2])
    senders = rng.randint(1, MOST_SENDERS) if stream.numbered else 1
    return Arrival(
        [_with_repetitions(rng, requests[early + number :: senders]) for number in range(senders)],
        requests[:early],
        rng.sample(requests, len(requests) // 3),
    )


def _with_repetitions(rng: random.Random, requests: list[Request]) -> list[Request]:
    """Each request, sometimes at once again, as after a lost answer."""
    return [request for one in requests for request in [one] * rng.choice([1, 1, 2])]


def _repeated(rng: random.Random, events: list[Event], share: float) -> list[Event]:
    """The events with some repeated later on."""
    result = list(events)
    for event in rng.sample(events, int(len(events) * share)):
        result.insert(rng.randint(result.index(event) + 1, len(result)), event)
    return result


def _requests(rng: random.Random, events: list[Event]) -> list[Request]:
    requests, rest = [], list(events)
    while rest:
        size = rng.randint(1, REQUEST_SIZE)
        requests.append(rest[:size])
        rest = rest[size:]
    return requests


def _mixed(rng: random.Random, stream: Stream) -> list[int]:
    """Positions of the stream's facts in the order of their first arrival.

    Numbered events arrive in any order. Without numbers only what may arrive in either order is exchanged.
    """
    positions = list(range(len(stream.facts)))
    if stream.numbered:
        rng.shuffle(positions)
        return positions
    last = max(position for position in positions if is_pieces(stream.facts[position], stream.recipe))
    after = {
        later: {
            earlier
            for earlier in positions[:later]
            if later == last or not _may_pass(stream, stream.facts[later], stream.facts[earlier])
        }
        for later in positions
    }
    mixed: list[int] = []
    while after:
        mixed.append(rng.choice([one for one, waits_for in after.items() if not waits_for - set(mixed)]))
        del after[mixed[-1]]
    return mixed


def _may_pass(stream: Stream, later: Fact, earlier: Fact) -> bool:
    """True when the two end the same in either order of arrival; see docs/howto/run-the-convergence-test.md."""
    kinds = {later.type, earlier.type}
    if EventType.ORDER_ACKNOWLEDGED in kinds or EventType.ORDER_COMPLETED in kinds:
        return True
    if kinds & TIED_TO_ALL:
        return False
    if kinds <= {EventType.HOLD_PLACED, EventType.HOLD_RELEASED}:
        return False
    if kinds <= {EventType.OPERATION_STARTED, EventType.OPERATION_CONFIRMED}:
        return later.data["operation"] != earlier.data["operation"]
    if kinds == {EventType.MATERIAL_CONSUMED} and lots_of(later) & lots_of(earlier):
        # What comes back of a lot is taken from the report that arrived last.
        return all(fact.type is not EventType.MATERIAL_RETURNED for fact in stream.facts)
    pieces = [is_pieces(fact, stream.recipe) for fact in (later, earlier)]
    return not all(pieces) and not (any(pieces) and kinds & TIED_TO_PIECES)


def _named(value: Any, names: dict[str, str]) -> Any:
    """The value with the names of a run filled in."""
    if isinstance(value, dict):
        return {key: _named(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [_named(item, names) for item in value]
    if isinstance(value, str):
        for placeholder, name in names.items():
            value = value.replace(placeholder, name)
    return value
