"""The shop floor of one order: its verbs, each of which returns what the plant says, and its memory of what was used,
made and confirmed; in which order they happen is decided in `stories.py`.

Pure: chance is an argument, and identity, time and sequence of an event are given later.
"""

import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from .lots import LotRack, made_lot, made_serial
from .messages import EventType, Fact, Tracking, amount, number
from .release import Line, Operation, Release, share
from .scenarios import Increment, Labour

# Terminals book whole multiples of three seconds, so that the times are exact in any unit.
TICK = Decimal("0.05")
SETUP_PART = Decimal("0.1")
SCRAP_REASON = "dimension"
OPERATORS = ("operator-1", "operator-2")
ZERO = Decimal(0)


class Floor:
    """One order at work."""

    def __init__(self, release: Release, labour: Labour, rng: random.Random) -> None:
        self.release = release
        self.operator = rng.choice(OPERATORS)
        self.good = ZERO
        self.scrap = ZERO
        self._labour = labour
        self._rng = rng
        self._racks: dict[tuple[str, str | None], LotRack] = {}
        self._used: defaultdict[tuple[str, str | None], Decimal] = defaultdict(Decimal)
        self._by_products: defaultdict[str, Decimal] = defaultdict(Decimal)
        self._serials: defaultdict[str, int] = defaultdict(int)
        self._confirmed: defaultdict[str, Increment] = defaultdict(lambda: Increment(ZERO, ZERO))
        self._receipts = 0

    @property
    def helper(self) -> str:
        """The other person of the plant."""
        return next(one for one in OPERATORS if one != self.operator)

    @property
    def last_lot(self) -> str:
        """The lot of the last receipt."""
        return made_lot(self.release.order, self._receipts)

    @property
    def pieces(self) -> Decimal:
        """Finished so far, good or not."""
        return self.good + self.scrap

    def change(self, release: Release) -> None:
        """Go on by a later revision of the order."""
        self.release = release

    # -- operations --------------------------------------------------------------------------------------------------

    def start(self, operation: Operation, ago: int = 0) -> Fact:
        """Work begins; ``ago`` is in minutes, as in what follows."""
        fact = self._fact(EventType.OPERATION_STARTED, operator=self.operator, **_place(operation))
        return replace(fact, ago=timedelta(minutes=ago))

    def pause(self, operation: Operation, reason: str, ago: int) -> Fact:
        fact = self._fact(EventType.OPERATION_PAUSED, **_place(operation), reason=reason)
        return replace(fact, ago=timedelta(minutes=ago))

    def resume(self, operation: Operation, ago: int) -> Fact:
        return replace(self._fact(EventType.OPERATION_RESUMED, **_place(operation)), ago=timedelta(minutes=ago))

    def confirm(self, operation: Operation, step: Increment, *, final: bool, **more: Any) -> Fact:
        """Pieces of an operation with their minutes; ``more`` replaces or adds what the event says."""
        before = self._confirmed[operation.code]
        total = self._confirmed[operation.code] = Increment(before.good + step.good, before.scrap + step.scrap)
        cumulative = {"good": number(total.good)}
        scrap: dict[str, Any] = {}
        if step.scrap:
            cumulative["scrap"] = number(total.scrap)
            scrap = {"scrap": self.quantity(step.scrap), "scrap_reason": SCRAP_REASON}
        data = {
            **_place(operation),
            "good": self.quantity(step.good),
            **scrap,
            "minutes": self._minutes(operation, step, is_first=not before.pieces),
            "operators": [self.operator],
            "cumulative": cumulative,
            "final": final,
        }
        return self._fact(EventType.OPERATION_CONFIRMED, **{**data, **more})

    def work(self, operation: Operation, operator: str, ago: int, minutes: int, activity: str = "run") -> Fact:
        """A person's time at an operation; it began ``ago`` minutes before it is told."""
        data = {"order": self.release.order, "operation": operation.code, "operator": operator, "activity": activity}
        return Fact(EventType.LABOR_REPORTED, data, timedelta(minutes=ago), timedelta(minutes=minutes))

    def stop(self, operation: Operation, name: str, ago: int) -> Fact:
        """The work center of an operation went down."""
        return self._downtime(EventType.DOWNTIME_STARTED, operation, name, ago)

    def go_on(self, operation: Operation, name: str, ago: int) -> Fact:
        return self._downtime(EventType.DOWNTIME_ENDED, operation, name, ago)

    # -- components --------------------------------------------------------------------------------------------------

    def use(self, operation: str | None, pieces: Decimal) -> list[Fact]:
        """Tracked components of an operation for ``pieces`` in all; untracked ones stay unnamed, as the ERP takes them
        by the bill of materials.
        """
        items = [
            item
            for line in self.release.components
            if line.tracking is not Tracking.NONE and self._place_of(line) == operation
            for item in self._drawn(line, pieces)
        ]
        place = {"operation": operation} if operation else {}
        return [self._fact(EventType.MATERIAL_CONSUMED, **place, items=items)] if items else []

    def take(self, *items: dict[str, Any], operation: Operation) -> Fact:
        """Exactly these components, as ``item`` makes them."""
        return self._fact(EventType.MATERIAL_CONSUMED, operation=operation.code, items=list(items))

    def give_back(self, *items: dict[str, Any], reason: str) -> Fact:
        """Components that were reported as used."""
        return self._fact(EventType.MATERIAL_RETURNED, items=list(items), reason=reason)

    # -- pieces ------------------------------------------------------------------------------------------------------

    def receive(self, good: Decimal, scrap: Decimal = ZERO) -> list[Fact]:
        """Good pieces and their by-products into the stock, then those that failed."""
        self.good += good
        self.scrap += scrap
        self._receipts += 1
        lot = self.last_lot
        items = [self._made(self.release, good, lot)]
        for line in self.release.by_products:
            due = share(line, self.pieces, self.release.quantity)
            made, self._by_products[line.product] = due - self._by_products[line.product], due
            if made > 0:
                items.append(self._made(line, made, lot))
        report = self._fact(EventType.PRODUCTION_REPORTED, items=items, cumulative=number(self.good))
        return [report, *self._scrapped(scrap, lot)]

    def receive_wrongly(self, good: Decimal) -> Fact:
        """A report that will be undone; nothing of it is remembered."""
        return self._fact(
            EventType.PRODUCTION_REPORTED, items=[self._made(self.release, good, made_lot(self.release.order, 99))]
        )

    def scrap_of(self, line: Line, quantity: Decimal, lot: str | None = None) -> Fact:
        """A component or by-product is thrown away."""
        return self._fact(EventType.SCRAP_REPORTED, **item(line, quantity, lot), reason=SCRAP_REASON)

    # -- the order ---------------------------------------------------------------------------------------------------

    def undo(self, wrong: Fact, reason: str) -> Fact:
        """The event of a fact said before was wrong."""
        if wrong.type is EventType.OPERATION_CONFIRMED:
            code, good = wrong.data["operation"], Decimal(str(wrong.data["good"]["value"]))
            self._confirmed[code] = Increment(self._confirmed[code].good - good, self._confirmed[code].scrap)
        return Fact(EventType.POSTING_REVERSED, {"order": self.release.order, "reason": reason}, undoes=wrong)

    def hold(self) -> Fact:
        return self._fact(
            EventType.HOLD_PLACED, reason="surface_defect", severity="major", text="Scratches on the sealing face"
        )

    def end_hold(self) -> Fact:
        return self._fact(EventType.HOLD_RELEASED, disposition="use_as_is", text="Measured again, within tolerance")

    def complete(self) -> Fact:
        totals = {"good": self.quantity(self.good)}
        if self.scrap:
            totals["scrap"] = self.quantity(self.scrap)
        return self._fact(EventType.ORDER_COMPLETED, totals=totals)

    def quantity(self, value: Decimal) -> dict[str, Any]:
        """An amount of the finished product."""
        return amount(value, self.release.uom)

    # -- how it is said ----------------------------------------------------------------------------------------------

    def _drawn(self, line: Line, pieces: Decimal) -> Iterable[dict[str, Any]]:
        key = (line.product, line.operation)
        # Rounded on the running total, so that rounding does not add up over the increments.
        due = share(line, pieces, self.release.quantity)
        need, self._used[key] = due - self._used[key], due
        rack = self._racks.setdefault(key, LotRack(line.lots))
        return [item(line, part, lot) for lot, part in rack.draw(need)] if need > 0 else []

    def _place_of(self, line: Line) -> str | None:
        known = any(operation.code == line.operation for operation in self.release.operations)
        return line.operation if known else None

    def _minutes(self, operation: Operation, step: Increment, is_first: bool) -> dict[str, Any]:
        expected = operation.minutes or Decimal(1)
        part = step.pieces / self.release.quantity
        work = expected * (1 - SETUP_PART) * part * self._rng.randint(90, 110) / 100
        setup = expected * SETUP_PART if is_first else ZERO
        if self._labour is Labour.MANUAL:
            return {"labor": _minutes(setup + work)}
        machine = {"machine": _minutes(work), "labor": _minutes(work)}
        return {"setup": _minutes(setup), **machine} if is_first else machine

    def _scrapped(self, scrap: Decimal, lot: str) -> list[Fact]:
        if not scrap:
            return []
        is_serial = self.release.tracking is Tracking.SERIAL
        # A scrap names one lot, so pieces with a serial number are scrapped one by one.
        parts = [Decimal(1)] * int(scrap) if is_serial else [scrap]
        where = {"operation": self.release.operations[-1].code} if self.release.operations else {}
        said = []
        for part in parts:
            made = self._made(self.release, part, lot)
            if is_serial:
                (made["lot"],) = made.pop("serials")
            said.append(self._fact(EventType.SCRAP_REPORTED, **where, **made, reason=SCRAP_REASON))
        return said

    def _made(self, line: Release | Line, quantity: Decimal, lot: str) -> dict[str, Any]:
        made = item(line, quantity, lot if line.tracking is Tracking.LOT else None)
        if line.tracking is Tracking.SERIAL:
            made["serials"] = [self._next_serial(line.product) for _piece in range(int(quantity))]
        return made

    def _next_serial(self, product: str) -> str:
        self._serials[product] += 1
        return made_serial(self.release.order, product, self._serials[product])

    def _downtime(self, type_: EventType, operation: Operation, name: str, ago: int) -> Fact:
        data = {"downtime": name, "work_center": operation.work_center, "reason": "jam"}
        return Fact(type_, data, ago=timedelta(minutes=ago))

    def _fact(self, type_: EventType, **data: Any) -> Fact:
        return Fact(type_, {"order": self.release.order, **data})


def item(line: Release | Line, quantity: Decimal, lot: str | None) -> dict[str, Any]:
    """A product, how much of it and of which lot, as a report names it."""
    said = {"product": line.product, "quantity": amount(quantity, line.uom)}
    return {**said, "lot": lot} if lot else said


def _place(operation: Operation) -> dict[str, str]:
    return {"operation": operation.code, "work_center": operation.work_center}


def _minutes(value: Decimal) -> int | float:
    return number((value / TICK).quantize(Decimal(1), ROUND_HALF_UP) * TICK)
