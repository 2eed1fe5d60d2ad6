"""Where the plant's lots come from and what they cost: pure folds over ledger entries, across orders; books nothing."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

Lot = tuple[str, str]
Entry = dict[str, Any]


def made_of(entries: Iterable[Entry]) -> dict[Lot, dict[Lot, float]]:
    """What each lot was made of directly: (product, lot) to quantities of (component, lot)."""
    parts: dict[Lot, dict[Lot, float]] = defaultdict(lambda: defaultdict(float))
    for entry in entries:
        for made in entry["genealogy"]:
            for component, lots in made["consumed"].items():
                for lot, quantity in lots.items():
                    parts[made["product"], made["lot"]][component, lot] += quantity
    return {lot: dict(of) for lot, of in parts.items()}


def upstream(entries: Iterable[Entry], lot: Lot) -> set[Lot]:
    """Every lot that is in this one, through all levels."""
    return _reach({made: set(parts) for made, parts in made_of(entries).items()}, lot)


def downstream(entries: Iterable[Entry], lot: Lot) -> set[Lot]:
    """Every lot that this one is in, through all levels."""
    uses: dict[Lot, set[Lot]] = defaultdict(set)
    for made, parts in made_of(entries).items():
        for part in parts:
            uses[part].add(made)
    return _reach(uses, lot)


def material_value(entry: Entry, prices: Mapping[str, float]) -> float:
    """What the components of an order cost: named and taken by the bill of materials, at these prices."""
    used = sum(prices[product] * sum(lots.values()) for product, lots in entry["consumed"].items())
    return used + sum(prices[product] * quantity for product, quantity in entry["backflushed"].items())


def _reach(steps: Mapping[Lot, set[Lot]], start: Lot) -> set[Lot]:
    reached: set[Lot] = set()
    ahead = [start]
    while ahead:
        new = steps.get(ahead.pop(), set()) - reached
        reached |= new
        ahead += new
    return reached
