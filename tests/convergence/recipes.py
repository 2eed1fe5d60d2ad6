"""What the convergence plant makes: products, their operations, components and by-products; nothing of an order."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from simulator.messages import Tracking

#: Lots of each component by lot; every run has some of each in stock.
LOTS = ("A", "B", "C")
#: The smaller unit in which a plant may also report, and how many of it make one.
SMALLER = {"LTR": ("MLT", 1000), "KGM": ("GRM", 1000), "MTR": ("MMT", 1000)}
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Material:
    """What one piece takes or gives: `per_piece` in `uom` (UN/ECE), at an operation; `cost` of one unit."""

    code: str
    tracking: Tracking
    uom: str
    per_piece: Decimal
    operation: str
    cost: float = 0.0


@dataclass(frozen=True)
class Operation:
    """A step of the routing: its number in the plant, its work center, its minutes per piece."""

    code: str
    work_center: str
    minutes: float


@dataclass(frozen=True)
class Recipe:
    """A product and how it is made."""

    product: str
    tracking: Tracking
    operations: tuple[Operation, ...]
    components: tuple[Material, ...]
    by_products: tuple[Material, ...] = ()


_CUT = Operation("10", "CUT", 2.0)
_WELD = Operation("20", "WELD", 3.0)
_TEST = Operation("30", "TEST", 1.0)
_PLATE = Material("PLATE", Tracking.LOT, "C62", Decimal(2), "10", 3.1)
_PAINT = Material("PAINT", Tracking.LOT, "LTR", Decimal("0.25"), "20", 7.5)
_NUT = Material("NUT", Tracking.NONE, "C62", Decimal(4), "10", 0.05)
_MOTOR = Material("MOTOR", Tracking.SERIAL, "C62", Decimal(1), "10", 41.0)
_CABLE = Material("CABLE", Tracking.LOT, "MTR", Decimal("1.5"), "20", 0.8)
_GRAIN = Material("GRAIN", Tracking.LOT, "KGM", Decimal("0.5"), "10", 1.2)
_BAG = Material("BAG", Tracking.NONE, "C62", Decimal(1), "10", 0.11)
_CHIPS = Material("CHIPS", Tracking.NONE, "KGM", Decimal("0.1"), "10")

RECIPES = (
    Recipe("TANK", Tracking.LOT, (_CUT, _WELD, _TEST), (_PLATE, _PAINT, _NUT), (_CHIPS,)),
    Recipe("DRIVE", Tracking.SERIAL, (_CUT, _WELD), (_MOTOR, _CABLE, _NUT)),
    Recipe("FEED", Tracking.NONE, (_CUT,), (_GRAIN, _BAG)),
)
#: Every material of every recipe, once.
MATERIALS = tuple(dict.fromkeys(one for recipe in RECIPES for one in (*recipe.components, *recipe.by_products)))
WORK_CENTERS = tuple(dict.fromkeys(one.work_center for recipe in RECIPES for one in recipe.operations))
