"""A lawful stream of one order, drawn by seed: what the plant says, in the order in which it happened; identity, time
and arrival are given elsewhere.

Lawful means that Odoo accepts every event when they arrive in this order. The names that differ between the runs of a
stream are left open: see `ORDER` and `RUN`.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from simulator.messages import EventType, Fact, Tracking, amount

from .recipes import CENT, LOTS, RECIPES, SMALLER, Material, Recipe

#: Stand for the order's name, and for the run's in the serial numbers it finds in stock.
ORDER = "{order}"
RUN = "{run}"
#: Serial numbers of a component in the stock of a run, per piece of the order: as many to use up as to scrap.
SERIALS_PER_PIECE = 2
#: The one person of the plant, by its code.
OPERATOR = "operator-cv"
#: Work is booked in whole multiples of three seconds, which are exact in Odoo's times.
TICK = 0.05


@dataclass(frozen=True)
class Stream:
    """One order and its facts. Of a stream without numbers nobody says in which order they happened."""

    seed: int
    recipe: Recipe
    quantity: int
    numbered: bool
    facts: tuple[Fact, ...]


def draw_stream(seed: int, size: int, *, numbered: bool) -> Stream:
    """Draws a stream of exactly `size` events, at least 10; equal arguments give equal streams."""
    rng = random.Random(f"stream {seed} {size}")
    recipe = RECIPES[seed % len(RECIPES)]
    few = recipe.tracking is Tracking.SERIAL
    quantity = rng.randint(size // 3, size // 2) if few else rng.randint(size // 2, size * 2)
    facts = _Floor(rng, recipe, quantity).work(size, ends_with_pieces=not numbered)
    return Stream(seed, recipe, quantity, numbered, tuple(facts))


def is_pieces(fact: Fact, recipe: Recipe) -> bool:
    """True when the fact is a report of finished pieces, good or scrapped: what the totals of the order count."""
    return fact.type is EventType.PRODUCTION_REPORTED or (
        fact.type is EventType.SCRAP_REPORTED and fact.data["product"] == recipe.product
    )


class _Floor:
    """The shop floor while it works on one order; remembers what may still lawfully happen."""

    def __init__(self, rng: random.Random, recipe: Recipe, quantity: int) -> None:
        self._rng = rng
        self._recipe = recipe
        self._left = self._quantity = quantity
        self._good = self._scrap = self._lots = 0
        self._unconfirmed = {operation.code: quantity for operation in recipe.operations}
        self._unused = {one: one.per_piece * quantity for one in recipe.components}
        self._unyielded = {one: one.per_piece * quantity for one in recipe.by_products}
        self._serials: defaultdict[str, int] = defaultdict(int)
        self._scrappable = quantity
        self._is_held = False
        self._is_running: dict[str, bool] = {}
        # What may still be undone, and how the plant's memory of it is undone with it.
        self._undoable: list[tuple[Fact, Callable[[], None]]] = []
        self._returnable: list[Fact] = []
        # Some plants name components without a lot; for the others they are taken by the bill of materials.
        names_all = rng.random() < 0.5
        self._named = [one for one in recipe.components if names_all or one.tracking is not Tracking.NONE]

    def work(self, size: int, *, ends_with_pieces: bool) -> list[Fact]:
        """All facts of the order; with `ends_with_pieces` only the completion comes after the last pieces."""
        late = 0 if ends_with_pieces else self._rng.choice([0, 0, 1, 2, 4])
        facts = [self._acknowledged()]
        # Room is kept for the last pieces and the completion, and for the end of a hold.
        while len(facts) + late + 2 + self._is_held < size:
            facts.append(self._any_fact(may_hold=len(facts) + late + 6 < size))
        if self._is_held and (ends_with_pieces or self._rng.random() < 0.7):
            facts.append(self._hold_ends())
        facts.append(self._last_pieces())
        while len(facts) + 1 + self._is_held < size:
            facts.append(self._any_fact(may_hold=False, pieces=False))
        ending = [self._completed()]
        if self._is_held:
            # Completed while on hold: what waits is applied when the hold ends.
            ending.insert(self._rng.randint(0, 1), self._hold_ends())
        return facts + ending

    def _any_fact(self, *, may_hold: bool, pieces: bool = True) -> Fact:
        choices: dict[Callable[[], Fact], int] = {self._confirmed: 22, self._started: 7, self._acknowledged: 1}
        choices[self._worked] = 4
        if self._is_running:
            choices[self._paused_or_resumed] = 5
        if self._undoable:
            choices[self._undone] = 4
        if self._returnable:
            choices[self._returned] = 4
        if any(self._unused[one] > 0 for one in self._named):
            choices[self._consumed] = 32
        if self._scrappable:
            choices[self._component_scrapped] = 5
        if pieces and self._left > 1:
            choices.update({self._produced: 18, self._piece_scrapped: 5})
        if may_hold:
            choices[self._held] = 1 if self._is_held else 5
        if may_hold and self._is_held:
            choices[self._hold_ends] = 20
        return self._rng.choices(list(choices), list(choices.values()))[0]()

    # -- components ----------------------------------------------------------------------------------------------

    def _consumed(self) -> Fact:
        materials = [one for one in self._named if self._unused[one] > 0]
        place = {}
        if self._rng.random() < 0.7:
            operation = self._rng.choice(materials).operation
            place = {"operation": operation}
            materials = [one for one in materials if one.operation == operation]
        chosen = self._rng.sample(materials, self._rng.randint(1, len(materials)))
        items = [item for material in chosen for item in self._drawn(material)]
        fact = _fact(EventType.MATERIAL_CONSUMED, **place, items=items)
        # A serial number that came back would be used again; these streams use each once.
        if all(self._is_by_amount(item) for item in items):
            self._undoable.append((fact, lambda: None))
            self._returnable.append(fact)
        return fact

    def _returned(self) -> Fact:
        """All that one report used up; it is neither undone nor returned again."""
        used = self._returnable.pop(self._rng.randrange(len(self._returnable)))
        # What comes back is taken from the last report of the lot, whichever that was.
        self._undoable = [one for one in self._undoable if not lots_of(one[0]) & lots_of(used)]
        return _fact(EventType.MATERIAL_RETURNED, items=used.data["items"], reason="left_over")

    def _undone(self) -> Fact:
        wrong, forget = self._undoable.pop(self._rng.randrange(len(self._undoable)))
        self._returnable = [fact for fact in self._returnable if fact is not wrong]
        forget()
        return Fact(EventType.POSTING_REVERSED, {"order": ORDER, "reason": "miscounted"}, undoes=wrong)

    def _is_by_amount(self, item: dict[str, Any]) -> bool:
        material = next(one for one in self._recipe.components if one.code == item["product"])
        return material.tracking is not Tracking.SERIAL

    def _drawn(self, material: Material) -> list[dict[str, Any]]:
        """What is used of a material: some of one or several lots, or single serial numbers."""
        if material.tracking is Tracking.SERIAL:
            count = min(self._rng.randint(1, 3), int(self._unused[material]))
            self._unused[material] -= count
            return [_item(material, Decimal(1), self._next_serial(material)) for _piece in range(count)]
        lots = self._rng.sample(LOTS, self._rng.randint(1, 3)) if material.tracking is Tracking.LOT else [""]
        items = []
        for lot in lots:
            part = min(self._portion(material), self._unused[material])
            if part:
                self._unused[material] -= part
                items.append(_item(material, part, lot, in_smaller=self._rng.random() < 0.3))
        return items

    def _portion(self, material: Material) -> Decimal:
        share = material.per_piece * Decimal(self._rng.randint(1, 300)) / 100
        return max(share.quantize(_unit(material)), _unit(material))

    def _component_scrapped(self) -> Fact:
        self._scrappable -= 1
        material = self._rng.choice(self._recipe.components)
        lot = {Tracking.SERIAL: self._next_serial, Tracking.LOT: lambda _one: self._rng.choice(LOTS)}.get(
            material.tracking, lambda _one: ""
        )(material)
        return _fact(EventType.SCRAP_REPORTED, **_item(material, Decimal(1), lot), reason="dropped")

    def _next_serial(self, material: Material) -> str:
        self._serials[material.code] += 1
        return serial_in_stock(material.code, RUN, self._serials[material.code])

    # -- pieces --------------------------------------------------------------------------------------------------

    def _produced(self, pieces: int = 0) -> Fact:
        pieces = pieces or self._rng.randint(1, min(3, self._left - 1))
        self._left -= pieces
        self._good += pieces
        items = self._made(pieces)
        for one, left in self._unyielded.items():
            if left and self._rng.random() < 0.5:
                part = min(self._portion(one), left)
                self._unyielded[one] -= part
                items.append(_item(one, part, ""))
        return _fact(EventType.PRODUCTION_REPORTED, items=items, cumulative=self._good)

    def _last_pieces(self) -> Fact:
        """Closes the order short, or makes all that is left."""
        return self._produced(self._rng.choice([min(self._left, 20), 1]))

    def _made(self, pieces: int) -> list[dict[str, Any]]:
        recipe = self._recipe
        item = {"product": recipe.product, "quantity": amount(Decimal(pieces), "C62")}
        if recipe.tracking is Tracking.NONE:
            return [item]
        if recipe.tracking is Tracking.SERIAL:
            return [{**item, "serials": [self._new_lot() for _piece in range(pieces)]}]
        parts = [1, pieces - 1] if pieces > 1 and self._rng.random() < 0.3 else [pieces]
        return [{**item, "quantity": amount(Decimal(part), "C62"), "lot": self._some_lot()} for part in parts]

    def _piece_scrapped(self) -> Fact:
        self._left -= 1
        self._scrap += 1
        lot = {Tracking.SERIAL: self._new_lot, Tracking.LOT: self._some_lot}.get(self._recipe.tracking)
        made = {"product": self._recipe.product, "quantity": amount(Decimal(1), "C62")}
        return _fact(EventType.SCRAP_REPORTED, **made, **({"lot": lot()} if lot else {}), reason="dimension")

    def _some_lot(self) -> str:
        """A new lot, or one that pieces were made of before."""
        if self._lots and self._rng.random() < 0.4:
            return _made_lot(self._rng.randint(1, self._lots))
        return self._new_lot()

    def _new_lot(self) -> str:
        self._lots += 1
        return _made_lot(self._lots)

    # -- operations and the order itself -------------------------------------------------------------------------

    def _worked(self) -> Fact:
        """A person's time, from twenty minutes ago to a while later."""
        operation = self._rng.choice(self._recipe.operations)
        data = {"order": ORDER, "operation": operation.code, "operator": OPERATOR}
        ago = timedelta(minutes=20)
        fact = Fact(EventType.LABOR_REPORTED, data, ago, timedelta(minutes=self._rng.randint(1, 20)))
        self._undoable.append((fact, lambda: None))
        return fact

    def _paused_or_resumed(self) -> Fact:
        """The other of what an operation is, of those that began and have not ended."""
        code = self._rng.choice(list(self._is_running))
        self._is_running[code] = not self._is_running[code]
        type_ = EventType.OPERATION_RESUMED if self._is_running[code] else EventType.OPERATION_PAUSED
        return _fact(type_, operation=code)

    def _started(self) -> Fact:
        operation = self._rng.choice(self._recipe.operations)
        if self._unconfirmed[operation.code] == self._quantity:
            self._is_running.setdefault(operation.code, True)
        return _fact(EventType.OPERATION_STARTED, operation=operation.code, work_center=operation.work_center)

    def _confirmed(self) -> Fact:
        operation = self._rng.choice(self._recipe.operations)
        left = self._unconfirmed[operation.code]
        good = self._rng.randint(0, min(4, left))
        scrap = int(left > good and self._rng.random() < 0.2)
        self._unconfirmed[operation.code] -= good + scrap
        scrapped = {"scrap": amount(Decimal(scrap), "C62"), "scrap_reason": "dimension"} if scrap else {}
        is_final = self._rng.random() < 0.1
        if is_final:
            self._is_running.pop(operation.code, None)
        fact = _fact(
            EventType.OPERATION_CONFIRMED,
            operation=operation.code,
            work_center=operation.work_center,
            good=amount(Decimal(good), "C62"),
            **scrapped,
            minutes=self._minutes(operation.minutes * (good + scrap + 0.5)),
            final=is_final,
        )

        def forget() -> None:
            self._unconfirmed[operation.code] += good + scrap

        if not is_final:
            self._undoable.append((fact, forget))
        return fact

    def _minutes(self, expected: float) -> dict[str, float]:
        work = round(round(expected * self._rng.uniform(0.5, 1.6) / TICK) * TICK, 2)
        return self._rng.choice(
            [{"labor": work}, {"machine": work, "labor": work}, {"setup": 1.5, "machine": work}, {}]
        )

    def _acknowledged(self) -> Fact:
        return _fact(EventType.ORDER_ACKNOWLEDGED, revision=1, accepted=True)

    def _held(self) -> Fact:
        self._is_held = True
        return _fact(EventType.HOLD_PLACED, reason="surface_defect")

    def _hold_ends(self) -> Fact:
        self._is_held = False
        return _fact(EventType.HOLD_RELEASED, disposition="use_as_is")

    def _completed(self) -> Fact:
        totals = {"good": amount(Decimal(self._good), "C62")}
        if self._scrap:
            totals["scrap"] = amount(Decimal(self._scrap), "C62")
        return _fact(EventType.ORDER_COMPLETED, totals=totals)


def serial_in_stock(code: str, run: str, number: int) -> str:
    """Name of a serial number of a component that a run has in stock."""
    return f"{code}-{run}-{number}"


def lots_of(fact: Fact) -> set[tuple[str, str]]:
    """Products and lots that a fact names item by item."""
    return {(one["product"], one.get("lot", "")) for one in fact.data.get("items", ())}


def _made_lot(number: int) -> str:
    return f"{ORDER}-{number}"


def _unit(material: Material) -> Decimal:
    return Decimal(1) if material.uom == "C62" else CENT


def _item(material: Material, quantity: Decimal, lot: str, *, in_smaller: bool = False) -> dict[str, Any]:
    unit, many = SMALLER.get(material.uom, (material.uom, 1)) if in_smaller else (material.uom, 1)
    item = {"product": material.code, "quantity": amount(quantity * many, unit)}
    return {**item, "lot": lot} if lot else item


def _fact(type_: EventType, **data: Any) -> Fact:
    return Fact(type_, {"order": ORDER, **data})
