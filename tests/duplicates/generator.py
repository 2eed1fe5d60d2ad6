"""Generates a labelled stream of events as a plant sends them: facts, legitimate repeats, and facts sent once more.

It knows how senders go wrong and nothing of how Odoo finds out: no detector is imported, and the labels come from what
was done, never from what the events look like. Every event has an id of its own.

Facts about the senders that are played:
- an event's time is when the thing happened, so a resend has the time of its original, as exactly as it is written;
- a box of ten is reported every 3 to 40 s, each time with the same words; some senders add a running count, some none;
- cumulative counts stand for the good pieces of the product, the reported ones included.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from enum import Enum

BEGIN = datetime(2026, 11, 2, 6, 0, tzinfo=timezone.utc)
#: Spellings of units that mean the same, with what one of them is in the first of its kind.
UNITS = {
    "C62": ("C62", 1.0),
    "H87": ("C62", 1.0),
    "EA": ("C62", 1.0),
    "KGM": ("KGM", 1.0),
    "GRM": ("KGM", 0.001),
    "LTR": ("LTR", 1.0),
    "MLT": ("LTR", 0.001),
}


class Kind(str, Enum):
    """Why an event is in the stream; those of :data:`RESENDS` say a fact once more."""

    FACT = "fact"
    BOX = "box"
    BOX_COUNTED = "box_counted"
    TWIN = "twin"
    CORRECTED = "corrected"
    NEW_ID = "new_id"
    HOURS_LATER = "hours_later"
    PRECISION = "precision"
    UNIT = "unit"
    SPLIT_SEQUENCE = "split_sequence"
    RESTART = "restart"
    EXPORT = "export"


RESENDS = frozenset(
    (Kind.NEW_ID, Kind.HOURS_LATER, Kind.PRECISION, Kind.UNIT, Kind.SPLIT_SEQUENCE, Kind.RESTART, Kind.EXPORT)
)


@dataclass(frozen=True)
class Labelled:
    """An event with when it arrived and the truth about it; ``original_id`` names the event that said it first."""

    event: dict = field(hash=False)
    received_at: datetime
    kind: Kind
    original_id: str = ""

    @property
    def is_duplicate(self) -> bool:
        """Whether a fact was sent once more."""
        return self.kind in RESENDS


def generate(seed: int, orders: int = 60) -> list[Labelled]:
    """Return the stream of ``orders`` orders in the order of arrival; 60 orders are about 3,100 events.

    The same seed gives the same stream.
    """
    rng = random.Random(seed)
    stream = [labelled for number in range(1, orders + 1) for labelled in _Sender(rng, number).play()]
    return sorted(stream, key=lambda one: (one.received_at, one.event["id"]))


class _Sender:
    """One order as its machine reports it, with the machine's habits: counts or not, digits of its clock."""

    def __init__(self, rng: random.Random, number: int) -> None:
        self.rng, self.number = rng, number
        self.order = f"WH/MO/{number:05d}"
        self.source = f"/plant/north/line-{number % 7 + 1}"
        self.has_counts = rng.random() < 0.5
        self.digits = rng.choice((0, 3, 6))
        self.now = BEGIN + timedelta(minutes=97 * number, milliseconds=rng.randrange(1000))
        self.sequence = self.made = self.ids = 0
        self.said: list[Labelled] = []

    def play(self) -> Iterator[Labelled]:
        """The facts of the order, then what of them was sent again."""
        for step in (self._consume, self._boxes, self._confirm, self._pieces, self._correct, self._boxes, self._twins):
            step()
        return iter([*self.said, *self._resends()])

    # -- facts -------------------------------------------------------------------------------------------------------

    def _say(self, kind: Kind, name: str, data: dict) -> None:
        event = self._event(f"mes.{name}.v1", self.now, data, sequence=self._numbered())
        self.said.append(Labelled(event, self._arrival(self.now, 0.2, 4), kind))

    def _event(self, event_type: str, time: datetime, data: dict, **envelope) -> dict:
        self.ids += 1
        return {
            "specversion": "1.0",
            "id": f"{self.number:04d}-{self.ids:05d}-{self.rng.randrange(16**8):08x}",
            "source": self.source,
            "type": event_type,
            "time": _written(time, self.digits),
            **envelope,
            "data": {"order": self.order, **data},
        }

    def _arrival(self, time: datetime, least: float, most: float) -> datetime:
        return time + timedelta(seconds=self.rng.uniform(least, most))

    def _wait(self, least: float, most: float) -> None:
        # Whole milliseconds, so that the digits of a coarser clock are a part of those of a finer one.
        self.now += timedelta(milliseconds=round(1000 * self.rng.uniform(least, most)))

    def _consume(self) -> None:
        for product, unit, quantity in (("STEEL", "KGM", 2.5), ("OIL-5", "LTR", 0.25), ("SCR-M6", "C62", 80)):
            self._wait(5, 200)
            item = {"product": product, "quantity": _quantity(quantity * self.rng.randint(1, 9), unit)}
            self._say(Kind.FACT, "material.consumed", {"operation": "10", "items": [{**item, "lot": self._lot()}]})

    def _boxes(self) -> None:
        """Every box of ten: the same words each time, seconds apart."""
        lot = self._lot()
        for _box in range(self.rng.randint(8, 18)):
            self._wait(3, 40)
            self._made(10, lot, Kind.BOX_COUNTED if self.has_counts else Kind.BOX)

    def _pieces(self) -> None:
        for _report in range(3):
            self._wait(60, 900)
            self._made(self.rng.randint(1, 60), self._lot(), Kind.FACT)

    def _made(self, quantity: int, lot: str, kind: Kind) -> None:
        self.made += quantity
        item = {"product": "GBX-100", "quantity": _quantity(quantity, "C62"), "lot": lot}
        count = {"cumulative": self.made} if self.has_counts else {}
        self._say(kind, "production.reported", {"items": [item], **count})

    def _confirm(self) -> None:
        self._wait(20, 400)
        minutes = {"machine": round(self.rng.uniform(2, 45), 2)}
        progress = {"good": _quantity(self.rng.randint(5, 60), "C62"), "minutes": minutes, "final": False}
        self._say(Kind.FACT, "operation.confirmed", {"operation": "10", "work_center": "ASM1", **progress})

    def _correct(self) -> None:
        """A wrong report, its reversal, and the fact with its right quantity: nothing of it is a resend."""
        self._wait(30, 90)
        happened, lot = self.now, self._lot()
        self._made(12, lot, Kind.FACT)
        wrong = self.said[-1].event
        self._wait(60, 300)
        reversal = {"reverses": wrong["id"], "reason": "miscounted"}
        self._say(Kind.FACT, "posting.reversed", reversal)
        self.made -= 12
        self._wait(5, 60)
        arrived, self.now = self.now, happened
        self._made(11, lot, Kind.CORRECTED)
        self.now = arrived
        self.said[-1] = replace(self.said[-1], received_at=self._arrival(arrived, 0.2, 4))

    def _twins(self) -> None:
        """Two stations that scrap the like at the same moment: only the lot tells them apart."""
        self._wait(20, 300)
        for lot in (self._lot(), self._lot()):
            scrap = {"product": "GBX-100", "quantity": _quantity(1, "C62"), "lot": lot, "reason": "dented"}
            self._say(Kind.TWIN, "scrap.reported", scrap)

    def _lot(self) -> str:
        return f"L{self.number:03d}-{self.rng.randrange(10**6):06d}"

    # -- resends -----------------------------------------------------------------------------------------------------

    def _resends(self) -> list[Labelled]:
        """Some facts once more, each in one way only."""
        facts = [one for one in self.said if one.event["type"] != "mes.posting.reversed.v1"]
        self.rng.shuffle(facts)
        ways = (self._at_once, self._later, self._other_precision, self._other_unit, self._split)
        again = [way(fact) for way in ways for fact in (facts.pop(), facts.pop())]
        rest = sorted(facts, key=lambda one: one.received_at)
        if self.number % 3 == 0:
            again += self._after_restart(rest[-6:])
        if self.number % 4 == 0:
            again += self._exported(rest[: self.rng.randint(8, 20)])
        return again

    def _again(self, fact: Labelled, kind: Kind, after: float, **changes) -> Labelled:
        """``fact`` under a new id, ``after`` seconds later."""
        self.ids += 1
        fresh = f"{self.number:04d}-{self.ids:05d}-{self.rng.randrange(16**8):08x}"
        event = {**fact.event, "id": fresh, **changes}
        return Labelled(event, fact.received_at + timedelta(seconds=after), kind, fact.event["id"])

    def _numbered(self) -> int:
        self.sequence += 1
        return self.sequence

    def _at_once(self, fact: Labelled) -> Labelled:
        return self._again(fact, Kind.NEW_ID, self.rng.uniform(0.1, 3), sequence=self._numbered())

    def _later(self, fact: Labelled) -> Labelled:
        return self._again(fact, Kind.HOURS_LATER, self.rng.uniform(3600, 30 * 3600), sequence=self._numbered())

    def _other_precision(self, fact: Labelled) -> Labelled:
        """The same moment with other digits or another offset; fewer digits cut off, they do not round."""
        time = datetime.fromisoformat(fact.event["time"].replace("Z", "+00:00"))
        digits = self.rng.choice([digits for digits in (0, 3, 6) if digits != self.digits])
        offset = self.rng.choice((0, 1, -5))
        changes = {"time": _written(time, digits, offset), "sequence": self._numbered()}
        return self._again(fact, Kind.PRECISION, self.rng.uniform(1, 7200), **changes)

    def _other_unit(self, fact: Labelled) -> Labelled:
        data = _respelled(fact.event["data"], self.rng)
        return self._again(fact, Kind.UNIT, self.rng.uniform(1, 7200), data=data, sequence=self._numbered())

    def _split(self, fact: Labelled) -> Labelled:
        """The sender now numbers its stations apart: another source with a sequence of its own."""
        changes = {"source": f"{self.source}/station-{self.rng.randint(1, 4)}", "sequence": self.rng.randint(1, 9)}
        return self._again(fact, Kind.SPLIT_SEQUENCE, self.rng.uniform(5, 3600), **changes)

    def _after_restart(self, facts: list[Labelled]) -> list[Labelled]:
        """The sender lost what it knew: the last facts come again, numbered from 1."""
        last = max(one.received_at for one in self.said)
        return [
            self._again(fact, Kind.RESTART, (last - fact.received_at).total_seconds() + 60 + number, sequence=number)
            for number, fact in enumerate(facts, start=1)
        ]

    def _exported(self, facts: list[Labelled]) -> list[Labelled]:
        """Somebody exports a morning and sends it once more the next days: no numbers, whole seconds, one arrival."""
        last, delay = max(one.received_at for one in self.said), self.rng.uniform(12 * 3600, 72 * 3600)
        batch = []
        for fact in facts:
            time = datetime.fromisoformat(fact.event["time"].replace("Z", "+00:00"))
            again = self._again(fact, Kind.EXPORT, 0, time=_written(time, 0))
            again.event.pop("sequence")
            batch.append(replace(again, received_at=last + timedelta(seconds=delay)))
        return batch


def _quantity(value: float, unit: str) -> dict:
    return {"value": value, "uom": unit}


def _respelled(value, rng: random.Random):
    """``value`` with every quantity in it written in another unit of the same kind; the same amount of it."""
    if isinstance(value, list):
        return [_respelled(one, rng) for one in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"value", "uom"}:
        base, factor = UNITS[value["uom"]]
        other = rng.choice([name for name, (kind, _) in UNITS.items() if kind == base and name != value["uom"]])
        return _quantity(round(value["value"] * factor / UNITS[other][1], 9), other)
    return {name: _respelled(one, rng) for name, one in value.items()}


def _written(time: datetime, digits: int, offset: int = 0) -> str:
    """``time`` in RFC 3339 with as many digits of the second as the clock gives, in hours of ``offset`` from UTC."""
    local = time.astimezone(timezone(timedelta(hours=offset)))
    text = local.strftime("%Y-%m-%dT%H:%M:%S")
    if digits:
        text += f".{local.microsecond:06d}"[: digits + 1]
    return text + ("Z" if not offset else f"{offset:+03d}:00")
