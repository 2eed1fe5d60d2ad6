"""What happens on the shop floor: from a release and a scenario to the facts, in the order in which they occur.

Pure: the random generator is an argument, and identity, time and sequence are given later.
"""

import random
from collections import defaultdict
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from .lots import LotRack, made_lot, made_serial
from .messages import EventType, Fact, Tracking, amount, number
from .release import Line, Operation, Release, share
from .scenarios import Increment, Labour, Scenario, increments

# Terminals book whole multiples of three seconds, so that the times are exact in any unit.
TICK = Decimal("0.05")
SETUP_PART = Decimal("0.1")
SCRAP_REASON = "dimension"


def facts_of(release: Release, scenario: Scenario, rng: random.Random) -> list[Fact]:
    """Everything the plant says about one order when nothing goes wrong on the way."""
    if not scenario.accepts:
        return [refusal(release)]
    return [acknowledgement(release), *_Run(release, scenario, rng).facts()]


def acknowledgement(release: Release) -> Fact:
    """The plant takes this revision."""
    return Fact(
        EventType.ORDER_ACKNOWLEDGED,
        {"order": release.order, "revision": release.revision, "accepted": True},
    )


def refusal(release: Release) -> Fact:
    """The plant does not take this revision, and says why."""
    return Fact(
        EventType.ORDER_ACKNOWLEDGED,
        {
            "order": release.order,
            "revision": release.revision,
            "accepted": False,
            "reason": "no_capacity",
            "text": "No capacity before the due date",
        },
    )


class _Run:
    """One order on the shop floor; remembers what was used and made so far."""

    def __init__(self, release: Release, scenario: Scenario, rng: random.Random) -> None:
        self._release = release
        self._scenario = scenario
        self._rng = rng
        self._operator = f"operator-{rng.randint(1, 9)}"
        # Untracked components stay unnamed: the ERP takes them by the bill of materials.
        self._lines = [line for line in release.components if line.tracking is not Tracking.NONE]
        self._racks = [LotRack(line.lots) for line in self._lines]
        self._used = [Decimal(0)] * len(self._lines)
        self._by_products = [Decimal(0)] * len(release.by_products)
        self._serials: defaultdict[str, int] = defaultdict(int)
        self._good = Decimal(0)
        self._pieces = Decimal(0)
        self._confirmed_good: defaultdict[str, Decimal] = defaultdict(Decimal)

    def facts(self) -> Iterator[Fact]:
        scrap = Decimal(0)
        steps = increments(self._release, self._scenario)
        for position, step in enumerate(steps, start=1):
            yield from self._increment(position, step, is_last=position == len(steps))
            scrap += step.scrap
        if self._scenario.holds:
            yield self._fact(EventType.HOLD_RELEASED, disposition="use_as_is", text="Measured again, within tolerance")
        totals = {"good": self._quantity(self._good)}
        if scrap:
            totals["scrap"] = self._quantity(scrap)
        yield self._fact(EventType.ORDER_COMPLETED, totals=totals)

    def _increment(self, position: int, step: Increment, is_last: bool) -> Iterator[Fact]:
        self._pieces += step.pieces
        operations = self._release.operations
        hold_after = operations[0] if operations and self._scenario.holds and is_last else None
        for operation in operations:
            if position == 1:
                yield self._fact(EventType.OPERATION_STARTED, operator=self._operator, **_place(operation))
            yield from self._consumption(operation.code)
            at_end = operation is operations[-1]
            yield self._confirmation(operation, step if at_end else Increment(step.pieces, Decimal(0)), is_last)
            if operation is hold_after:
                yield self._hold()
        if self._scenario.holds and is_last and not operations:
            yield self._hold()
        yield from self._consumption(None)
        yield from self._receipt(position, step)

    def _consumption(self, operation: str | None) -> Iterator[Fact]:
        items = []
        for index, line in enumerate(self._lines):
            if self._place_of(line) == operation:
                items += self._drawn(index, line)
        if items:
            place = {"operation": operation} if operation else {}
            yield self._fact(EventType.MATERIAL_CONSUMED, **place, items=items)

    def _drawn(self, index: int, line: Line) -> list[dict[str, Any]]:
        # Rounded on the running total, so that rounding does not add up over the increments.
        due = share(line, self._pieces, self._release.quantity)
        need, self._used[index] = due - self._used[index], due
        drawn = self._racks[index].draw(need) if need > 0 else []
        return [_item(line.product, part, line.uom, lot) for lot, part in drawn]

    def _place_of(self, line: Line) -> str | None:
        known = any(operation.code == line.operation for operation in self._release.operations)
        return line.operation if known else None

    def _confirmation(self, operation: Operation, step: Increment, is_last: bool) -> Fact:
        is_first = operation.code not in self._confirmed_good
        self._confirmed_good[operation.code] += step.good
        cumulative = {"good": number(self._confirmed_good[operation.code])}
        scrap: dict[str, Any] = {}
        if step.scrap:
            # Only the last increment scraps, so its scrap is also the running total.
            cumulative["scrap"] = number(step.scrap)
            scrap = {"scrap": self._quantity(step.scrap), "scrap_reason": SCRAP_REASON}
        return self._fact(
            EventType.OPERATION_CONFIRMED,
            **_place(operation),
            good=self._quantity(step.good),
            **scrap,
            minutes=self._minutes(operation, step, is_first),
            operators=[self._operator],
            cumulative=cumulative,
            final=is_last,
        )

    def _minutes(self, operation: Operation, step: Increment, is_first: bool) -> dict[str, Any]:
        expected = operation.minutes or Decimal(1)
        part = step.pieces / self._release.quantity
        work = expected * (1 - SETUP_PART) * part * self._rng.randint(90, 110) / 100
        setup = expected * SETUP_PART if is_first else Decimal(0)
        if self._scenario.labour is Labour.MANUAL:
            return {"labor": _minutes(setup + work)}
        machine = {"machine": _minutes(work), "labor": _minutes(work)}
        return {"setup": _minutes(setup), **machine} if is_first else machine

    def _receipt(self, position: int, step: Increment) -> Iterator[Fact]:
        self._good += step.good
        lot = made_lot(self._release.order, position)
        items = [self._made(self._release, step.good, lot)]
        for index, line in enumerate(self._release.by_products):
            due = share(line, self._pieces, self._release.quantity)
            made, self._by_products[index] = due - self._by_products[index], due
            if made > 0:
                items.append(self._made(line, made, lot))
        yield self._fact(EventType.PRODUCTION_REPORTED, items=items, cumulative=number(self._good))
        yield from self._scrapped(step.scrap, lot)

    def _scrapped(self, scrap: Decimal, lot: str) -> Iterator[Fact]:
        if not scrap:
            return
        serial = self._release.tracking is Tracking.SERIAL
        # A scrap names one lot, so pieces with a serial number are scrapped one by one.
        parts = [Decimal(1)] * int(scrap) if serial else [scrap]
        for part in parts:
            item = self._made(self._release, part, lot)
            if serial:
                (item["lot"],) = item.pop("serials")
            where = {"operation": self._release.operations[-1].code} if self._release.operations else {}
            yield self._fact(EventType.SCRAP_REPORTED, **where, **item, reason=SCRAP_REASON)

    def _made(self, line: Release | Line, quantity: Decimal, lot: str) -> dict[str, Any]:
        item = _item(line.product, quantity, line.uom, lot if line.tracking is Tracking.LOT else None)
        if line.tracking is Tracking.SERIAL:
            item["serials"] = [self._next_serial(line.product) for _piece in range(int(quantity))]
        return item

    def _next_serial(self, product: str) -> str:
        self._serials[product] += 1
        return made_serial(self._release.order, product, self._serials[product])

    def _hold(self) -> Fact:
        return self._fact(
            EventType.HOLD_PLACED, reason="surface_defect", severity="major", text="Scratches on the sealing face"
        )

    def _fact(self, type_: EventType, **data: Any) -> Fact:
        return Fact(type_, {"order": self._release.order, **data})

    def _quantity(self, value: Decimal) -> dict[str, Any]:
        return amount(value, self._release.uom)


def _place(operation: Operation) -> dict[str, str]:
    return {"operation": operation.code, "work_center": operation.work_center}


def _item(product: str, quantity: Decimal, uom: str, lot: str | None) -> dict[str, Any]:
    item = {"product": product, "quantity": amount(quantity, uom)}
    return {**item, "lot": lot} if lot else item


def _minutes(value: Decimal) -> int | float:
    return number((value / TICK).quantize(Decimal(1), ROUND_HALF_UP) * TICK)
