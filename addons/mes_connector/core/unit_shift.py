"""Whether a quantity stands ten, a hundred or a thousand times off what its sender usually reports of the product.

Facts. Quantities of a process have no known distribution: pieces per box, kilograms per charge, all of an order at
once. So only the middle of their logarithms counts, and how far half of them lie from it; a sender that reports
anything between one and a thousand is never suspected.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from .duplicates import base_amount, hashed

#: A shorter history says nothing.
ENOUGH = 8
#: How many reports are looked back.
WINDOW = 32
POWERS = (1, 2, 3)
#: How far off a whole power of ten a shifted quantity may be, in powers of ten: a factor of 1.6.
_TOLERANCE = 0.2
#: A quantity nearer to one of the history than this is no news: a factor of 3.
_KNOWN = 0.5
#: How many times its own spread a history must be left behind; downwards further, since a rest is small by nature.
_SPREADS_UP, _SPREADS_DOWN = 6.0, 10.0
#: Fewer pieces than this vary by chance alone.
_FEW = 5.0
_LEAST_SPREAD = 0.02
#: The base unit of what is counted, where few, or one at a time, are as usual as many.
_COUNTED = "C62"
_SCRAP = "mes.scrap."


@dataclass(frozen=True)
class Reported:
    """A quantity of a product, in the base of its unit.

    ``context`` is what its history is kept by; ``share`` what part of its order it is, where that is known; ``is_rest``
    when the sender says that it is the last one.
    """

    value: float
    share: float | None = None
    context: str = ""
    product: str = ""
    unit: str = ""
    is_rest: bool = False


@dataclass(frozen=True)
class Shift:
    """The quantity is 10 to the ``power`` times the ``usual`` one."""

    power: int
    usual: float


def quantities_of(event: Mapping[str, Any], made: str, ordered: float) -> list[Reported]:
    """Return the quantities of a checked CloudEvent that have a history; none where each piece is one of its own.

    ``made`` is the code of the order's product and ``ordered`` its quantity; an operation confirms that product.
    """
    data = event["data"]
    if data.get("serials") or ordered <= 1:
        return []
    told: dict[tuple[str, str], float] = {}
    for product, quantity in _told(data, made):
        amount, unit = base_amount(quantity)
        # Scrap is one piece as a rule, and a box of them when a tool breaks.
        if amount > 0 and not (unit == _COUNTED and event["type"].startswith(_SCRAP)):
            told[product, unit] = told.get((product, unit), 0.0) + float(amount)
    return [
        Reported(
            value=value,
            share=value / ordered,
            context=hashed([event["type"], data.get("operation", ""), product, unit]),
            product=product,
            unit=unit,
            is_rest=data.get("final", False),
        )
        for (product, unit), value in told.items()
    ]


def _told(data: Mapping[str, Any], made: str) -> list[tuple[str, Mapping[str, Any]]]:
    if "items" in data:
        return [(item["product"], item["quantity"]) for item in data["items"] if not item.get("serials")]
    if "good" in data:
        return [(made, data["good"])]
    return [(data["product"], data["quantity"])] if "quantity" in data else []


def find_shift(now: Reported, history: Sequence[Reported], levels: Sequence[float] = ()) -> Shift | None:
    """Return by which power of ten ``now`` is off the ``history`` of the same product, unit and operation, or None.

    ``levels`` are quantities a person has called right.
    """
    if now.value <= 0 or len(logs := _logs([one.value for one in history])) < ENOUGH:
        return None
    middle, spread = _middle(logs)
    distance = math.log10(now.value) - middle
    power = round(distance)
    is_shift = (
        abs(power) in POWERS
        and abs(distance - power) <= _TOLERANCE
        and abs(distance) > spread * (_SPREADS_UP if distance > 0 else _SPREADS_DOWN)
        and not is_level(now.value, [*levels, *(one.value for one in history)])
        and not _may_be_few_or_many(now, power, middle)
        and not _is_explained_by_order(now, history, power)
    )
    return Shift(power, 10**middle) if is_shift else None


def is_level(value: float, levels: Sequence[float]) -> bool:
    """Tell whether a quantity is no news beside ``levels``, which were reported before or called right by a person."""
    return any(abs(math.log10(value) - known) < _KNOWN for known in _logs(levels))


def _may_be_few_or_many(now: Reported, power: int, middle: float) -> bool:
    """Whether it may be a rest, which is small, or several of what is reported one by one or a few at a time."""
    if now.is_rest and power < 0:
        return True
    return now.unit == _COUNTED and (power == -1 or 10**middle < _FEW)


def _is_explained_by_order(now: Reported, history: Sequence[Reported], power: int) -> bool:
    """Whether the order is larger or smaller itself: as a share of it, the quantity is not as far off."""
    shares = _logs([one.share for one in history if one.share])
    if not now.share or len(shares) < ENOUGH:
        return False
    distance = math.log10(now.share) - median(shares)
    return distance * power <= 0 or abs(distance) < abs(power) - _KNOWN


def _middle(logs: Sequence[float]) -> tuple[float, float]:
    """Median, and the median distance from it in the measure of a standard deviation."""
    middle = median(logs)
    return middle, max(_LEAST_SPREAD, 1.4826 * median(abs(one - middle) for one in logs))


def _logs(values: Sequence[float]) -> list[float]:
    return [math.log10(value) for value in values if value > 0]
