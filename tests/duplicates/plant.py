"""A second labelled stream: what the virtual plant says of its orders, by senders of four kinds, some of it said again.

It was written from the words of the contract, in another manner than `generator.py`, and its events are those of
`simulator`. It knows nothing of how Odoo finds out; labels come from what was done.

Facts about the senders that are played:
- a *line* numbers its events, counts its pieces and has a clock of milliseconds; a *gateway* numbers but does not
  count, and its clock has whole seconds; a *historian* counts, does not number, and has microseconds; a *terminal* has
  whole seconds and nothing else;
- machines work in cycles of 4 to 25 s, within a tenth, with stops; at a terminal a person takes 20 to 90 s;
- boxes, strokes of a press and dropped parts are told with the same words each time.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum

from simulator.floor import Floor, item
from simulator.messages import EventType, Fact, Tracking
from simulator.production import Run
from simulator.release import Line, LotStock, Operation, Release
from simulator.scenarios import SCENARIOS, Labour, ScenarioName

BEGIN = datetime(2026, 10, 5, 5, 30, tzinfo=timezone.utc)
#: What is posted each time it is said; only that is said again, under a new id.
REPORTS = frozenset(
    {
        EventType.OPERATION_CONFIRMED,
        EventType.MATERIAL_CONSUMED,
        EventType.MATERIAL_RETURNED,
        EventType.PRODUCTION_REPORTED,
        EventType.SCRAP_REPORTED,
        EventType.LABOR_REPORTED,
    }
)
#: Stories of one act that end by themselves.
STORIES = (
    ScenarioName.HAPPY,
    ScenarioName.TEN_INCREMENTS,
    ScenarioName.EVENTFUL,
    ScenarioName.CORRECTIONS,
    ScenarioName.WASTE,
    ScenarioName.RETURNS,
    ScenarioName.CREW,
    ScenarioName.UNPLANNED,
    ScenarioName.BY_CONFIRMATION,
    ScenarioName.SERIAL,
)
OTHER_UNIT = {"C62": ("H87", 1), "KGM": ("GRM", 1000), "LTR": ("MLT", 1000)}


class Sender(str, Enum):
    """What tells the facts of an order."""

    LINE = "line"
    GATEWAY = "gateway"
    HISTORIAN = "historian"
    TERMINAL = "terminal"


#: Digits of the second; whether it numbers; whether it counts.
HABITS = {
    Sender.LINE: (3, True, True),
    Sender.GATEWAY: (0, True, False),
    Sender.HISTORIAN: (6, False, True),
    Sender.TERMINAL: (0, False, False),
}


class Kind(str, Enum):
    """Why an event is in the stream; those of :data:`RESENDS` say a fact once more."""

    FACT = "fact"
    REPEAT = "repeat"
    NO_ANSWER = "no_answer"
    CHECKPOINT = "checkpoint"
    STANDBY = "standby"
    TRANSLATED = "translated"
    SECOND_PRESS = "second_press"
    DATED_ANEW = "dated_anew"


RESENDS = frozenset(set(Kind) - {Kind.FACT, Kind.REPEAT})


@dataclass(frozen=True)
class Said:
    """An event with when it arrived, why it was sent, and the id of the event that said it first."""

    event: dict = field(hash=False)
    received_at: datetime
    kind: Kind
    original_id: str = ""


def generate(seed: int, orders: int = 60) -> list[Said]:
    """Return what is said of ``orders`` orders, in the order of arrival; 60 orders are about 3,300 events."""
    rng = random.Random(f"plant/{seed}")
    stream = [said for number in range(1, orders + 1) for said in _Telling(rng, number).all()]
    return sorted(stream, key=lambda one: (one.received_at, one.event["id"]))


def release_of(number: int, tracking: Tracking = Tracking.LOT, pieces: int = 120) -> Release:
    """An order of gearboxes at two operations, as Odoo releases it."""
    lots = tuple(LotStock(f"GEAR-20-{name}", Decimal(100_000)) for name in "AB")
    oil = tuple(LotStock(f"OIL-5-{name}", Decimal(100_000)) for name in "AB")
    quantity = Decimal(pieces)
    return Release(
        event_id=f"release-{number}",
        order=f"WH/MO/{number:05d}",
        revision=1,
        plant="WH",
        product="GBX-200" if tracking is Tracking.SERIAL else "GBX-100",
        tracking=tracking,
        quantity=quantity,
        uom="C62",
        operations=(Operation("10", "ASM1", 2 * quantity), Operation("20", "TST1", quantity)),
        components=(
            Line("GEAR-20", Tracking.LOT, 2 * quantity, "C62", "10", lots),
            Line("OIL-5", Tracking.LOT, quantity / 4, "LTR", "20", oil),
        ),
        by_products=(),
    )


class _Telling:
    """One order by one sender: its facts, then what of them it says again."""

    def __init__(self, rng: random.Random, number: int) -> None:
        self.rng, self.number = rng, number
        self.sender = list(Sender)[number % 4]
        self.digits, self.is_numbering, self.is_counting = HABITS[self.sender]
        self.source = f"/{self.sender.value}/{number % 8}"
        self.story = STORIES[number % len(STORIES)]
        is_serial = self.story is ScenarioName.SERIAL
        self.release = release_of(number, Tracking.SERIAL, 12) if is_serial else release_of(number)
        self.cycle = rng.uniform(20, 90) if self.sender is Sender.TERMINAL else rng.uniform(4, 25)
        self.now = BEGIN + timedelta(minutes=150 * number, microseconds=rng.randrange(10**6))
        self.sequence = self.ids = 0
        self.said: list[Said] = []

    def all(self) -> list[Said]:
        told: dict[int, str] = {}
        for fact, kind in self._facts():
            self._wait()
            self._say(fact, kind, told)
        return [*self.said, *self._again()]

    # -- facts -------------------------------------------------------------------------------------------------------

    def _facts(self) -> Iterator[tuple[Fact, Kind]]:
        facts = Run(self.release, SCENARIOS[self.story], self.rng).facts(self.release)
        yield from ((fact, Kind.FACT) for fact in facts[:-1])
        if self.release.tracking is Tracking.LOT:
            made = max(fact.data.get("cumulative", 0) for fact in facts if fact.type is EventType.PRODUCTION_REPORTED)
            yield from ((fact, Kind.REPEAT) for fact in self._repeats(made))
        yield facts[-1], Kind.FACT

    def _repeats(self, made: int) -> Iterator[Fact]:
        """The same words each time, for it happened each time."""
        floor = Floor(self.release, Labour.MACHINE, self.rng)
        gears, operation = self.release.components[0], self.release.operations[0]
        boxes = [floor.receive_wrongly(Decimal(10))] * self.rng.randint(8, 16)
        strokes = [floor.take(item(gears, Decimal(4), "GEAR-20-A"), operation=operation)] * self.rng.randint(6, 14)
        drops = [floor.scrap_of(gears, Decimal(1), "GEAR-20-B")] * self.rng.randint(2, 5)
        for box in boxes:
            made += 10
            yield replace(box, data={**box.data, "cumulative": made}) if self.is_counting else box
        yield from (*strokes, *drops)

    def _wait(self) -> None:
        seconds = self.cycle * self.rng.uniform(0.9, 1.1)
        if self.rng.random() < 0.05:
            seconds += self.rng.uniform(60, 1800)
        self.now += timedelta(seconds=seconds)

    def _say(self, fact: Fact, kind: Kind, told: dict[int, str]) -> None:
        data, at = dict(fact.data), self.now - (timedelta(0) if fact.lasted else fact.ago)
        if not self.is_counting:
            data.pop("cumulative", None)
        if fact.undoes is not None:
            data["reverses"] = told[id(fact.undoes)]
        if fact.lasted:
            begin = self.now - fact.ago
            data |= {"from": _written(begin, 0), "to": _written(begin + fact.lasted, 0)}
        event = self._event({"source": self.source, "type": fact.type.value, "time": _written(at, self.digits)}, data)
        told[id(fact)] = event["id"]
        self.said.append(Said(event, self.now + timedelta(seconds=self.rng.uniform(0.05, 0.8)), kind))

    def _event(self, envelope: dict, data: dict) -> dict:
        self.ids += 1
        numbered = {"sequence": self._number()} if self.is_numbering and "sequence" not in envelope else {}
        identity = f"{self.number}-{self.ids}-{self.rng.getrandbits(48):012x}"
        return {"specversion": "1.0", "id": identity, **numbered, **envelope, "data": data}

    def _number(self) -> int:
        self.sequence += 1
        return self.sequence

    # -- said again --------------------------------------------------------------------------------------------------

    def _again(self) -> Iterable[Said]:
        reports = [one for one in self.said if one.event["type"] in REPORTS]
        undone = {one.event["data"].get("reverses") for one in self.said}
        reports = [one for one in reports if one.event["id"] not in undone]
        # The last ones, from where it last wrote down how far it was; then each of the others in one way at most.
        yield from self._from_checkpoint(reports[-self.rng.randint(2, 5) :])
        others = reports[:-5]
        self.rng.shuffle(others)
        ways = [self._no_answer, self._no_answer, self._standby, self._standby, self._translated, self._translated]
        ways += [self._second_press] * 2 if self.sender is Sender.TERMINAL else [self._dated_anew] * 2
        for way in ways:
            if others:
                yield from way(others.pop())

    def _once_more(self, one: Said, kind: Kind, seconds: float, **changes) -> Said:
        told = {name: one.event[name] for name in ("source", "type", "time")}
        event = self._event({**told, **changes}, changes.get("data", one.event["data"]))
        return Said(event, one.received_at + timedelta(seconds=seconds), kind, one.event["id"])

    def _no_answer(self, one: Said) -> Iterator[Said]:
        """The answer got lost: the same again with a new id; half of those that number keep the number."""
        kept = {"sequence": one.event["sequence"]} if self.is_numbering and self.rng.random() < 0.5 else {}
        yield self._once_more(one, Kind.NO_ANSWER, self.rng.uniform(0.5, 60), **kept)

    def _from_checkpoint(self, last: list[Said]) -> Iterator[Said]:
        delay = self.rng.uniform(30, 4000)
        for place, one in enumerate(last):
            late = (self.said[-1].received_at - one.received_at).total_seconds()
            yield self._once_more(one, Kind.CHECKPOINT, late + delay + place / 10)

    def _standby(self, one: Said) -> Iterator[Said]:
        """Another machine takes over and does not know how far the first one was; its numbers are its own."""
        more = {"sequence": self.rng.randint(1, 400)} if self.is_numbering else {}
        yield self._once_more(one, Kind.STANDBY, self.rng.uniform(1, 300), source=f"{self.source}/standby", **more)

    def _translated(self, one: Said) -> Iterator[Said]:
        """A middleware writes it in its own way: units, order of properties, hours."""
        data = {name: _in_other_units(value) for name, value in reversed(one.event["data"].items())}
        at = datetime.fromisoformat(one.event["time"])
        time = at.astimezone(timezone(timedelta(hours=self.rng.choice((-3, 2, 9))))).isoformat()
        yield self._once_more(one, Kind.TRANSLATED, self.rng.uniform(5, 90_000), data=data, time=time)

    def _second_press(self, one: Said) -> Iterator[Said]:
        """A person sees no reaction and presses once more."""
        pause = self.rng.uniform(0.4, 4)
        time = _written(datetime.fromisoformat(one.event["time"]) + timedelta(seconds=pause), self.digits)
        yield self._once_more(one, Kind.SECOND_PRESS, pause, time=time)

    def _dated_anew(self, one: Said) -> Iterator[Said]:
        """A buffer dates what it sends by when it sends it; only where a count or a period still tells."""
        if "cumulative" in one.event["data"] or "from" in one.event["data"]:
            late = self.rng.uniform(20, 900)
            time = _written(datetime.fromisoformat(one.event["time"]) + timedelta(seconds=late), self.digits)
            yield self._once_more(one, Kind.DATED_ANEW, late, time=time)


def _in_other_units(value):
    if isinstance(value, list):
        return [_in_other_units(one) for one in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"value", "uom"}:
        unit, factor = OTHER_UNIT[value["uom"]]
        return {"uom": unit, "value": round(value["value"] * factor, 6)}
    return {name: _in_other_units(one) for name, one in reversed(value.items())}


def _written(time: datetime, digits: int) -> str:
    return time.isoformat(timespec={0: "seconds", 3: "milliseconds", 6: "microseconds"}[digits])
