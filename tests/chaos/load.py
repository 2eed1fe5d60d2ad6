"""What the plant will send, from its releases and a seed: facts, repetitions, order; pure, sends nothing."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from simulator.dispatch import deliveries
from simulator.messages import Event, EventType, Fact, Stamp, seal
from simulator.production import facts_of
from simulator.release import Release
from simulator.scenarios import SCENARIOS, Dispatch, Scenario, ScenarioName

from .store import Delivery, Wire

# With seven increments an order of the demo's products has 40 events, 41 with a hold instead of scrap, and an eventful
# one 57: pauses, returns, wrong reports and their reversals, labour, a stop, scrap of a component.
INCREMENTS = 7
QUANTITY = 4 * INCREMENTS
SHARES = tuple(Decimal(number) / INCREMENTS for number in range(1, INCREMENTS + 1))
WITH_SCRAP = Scenario("seven increments, two pieces scrapped", shares=SHARES, scrap=2)
WITH_HOLD = Scenario("seven increments, a hold in the last", shares=SHARES, holds=True)
EVENTFUL = SCENARIOS[ScenarioName.EVENTFUL]
# The plant reports an event a second, and has done so when the test begins.
STEP = timedelta(seconds=1)
# How far deliveries of one order leave out of turn, as a part of all, and how many are repeated later.
SPREAD = 0.1
REPEATED_PART = 0.15


@dataclass(frozen=True)
class Play:
    """A released order as its MES knows it, and all that happened to it, in the order in which it happened."""

    wire: Wire
    release: Release
    events: tuple[Event, ...]

    @property
    def order(self) -> str:
        """Name of the order."""
        return self.release.order


def play(release: Release, wire: Wire, source: str, seed: str, now: datetime) -> Play:
    """What happens to one order; equal seeds give equal facts and event ids, `now` is when it ended."""
    rng = random.Random(f"{seed}/{release.order}")
    facts = facts_of(release, rng.choice((WITH_SCRAP, WITH_HOLD, EVENTFUL, EVENTFUL)), rng)
    stamp = Stamp(source, release.plant, release.order, release.event_id, 1, now - len(facts) * STEP, STEP)
    return Play(wire, release, tuple(seal(facts, stamp, rng)))


def stray(release: Release, source: str, number: int, seed: str, now: datetime) -> Event:
    """An event of an order that does not exist: somebody will have to decide about it."""
    order = f"STRAY/{number:03d}"
    fact = Fact(EventType.ORDER_ACKNOWLEDGED, {"order": order, "revision": 1, "accepted": True})
    stamp = Stamp(f"{source}/strays", release.plant, order, release.event_id, 1, now - STEP, STEP)
    (event,) = seal([fact], stamp, random.Random(f"{seed}/{order}"))
    return event


def arrange(plays: Iterable[Play], strays: Iterable[tuple[Wire, Event]], seed: str) -> list[Delivery]:
    """All deliveries in the order in which they leave: orders mixed, each out of turn and repeated in its own way."""
    rng = random.Random(seed)
    placed = [(rng.random(), Delivery(wire, "", (event,))) for wire, event in strays]
    for one in plays:
        sent = deliveries(list(one.events), rng.choice(list(Dispatch)), rng)
        for position, events in enumerate(sent):
            place = position / len(sent) + rng.uniform(0, SPREAD)
            delivery = Delivery(one.wire, one.order, tuple(events))
            placed.append((place, delivery))
            if rng.random() < REPEATED_PART:
                placed.append((place + rng.uniform(0, 3 * SPREAD), delivery))
    return [delivery for _place, delivery in sorted(placed, key=lambda pair: pair[0])]
