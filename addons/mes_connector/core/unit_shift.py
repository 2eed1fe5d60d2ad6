"""Whether a quantity stands ten, a hundred or a thousand times off what its sender usually reports of the product.

Facts. Quantities of a process have no known distribution: pieces per box, kilograms per charge, all of an order at
once. So only the middle of their logarithms counts, and how far half of them lie from it; a sender that reports
anything between one and a thousand is never suspected.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

#: A shorter history says nothing.
ENOUGH = 8
#: How many reports are looked back.
WINDOW = 32
POWERS = (1, 2, 3)
#: How far off a whole power of ten a shifted quantity may be, in powers of ten: a factor of 1.6.
_TOLERANCE = 0.2
#: A quantity nearer to one of the history than this is no news: a factor of 3.
_KNOWN = 0.5
#: How many times its own spread a history must be left behind.
_SPREADS = 5.0
_LEAST_SPREAD = 0.02
#: Units of what is counted, where few, or one at a time, are as usual as many.
COUNTED = frozenset({"C62", "EA", "H87", "PCE", "NMP"})


@dataclass(frozen=True)
class Reported:
    """A quantity of a product: ``value`` in its unit, and what share of its order it is, where that is known."""

    value: float
    share: float | None = None


@dataclass(frozen=True)
class Shift:
    """The quantity is 10 to the ``power`` times the ``usual`` one."""

    power: int
    usual: float


def find_shift(
    now: Reported, history: Sequence[Reported], is_counted: bool = False, levels: Sequence[float] = ()
) -> Shift | None:
    """Return by which power of ten ``now`` is off the ``history`` of the same product, unit and operation, or None.

    ``levels`` are quantities a person has called right. A rest may be small, so counted pieces may be ten times fewer;
    and who counts one by one may tell several at once.
    """
    if now.value <= 0 or len(logs := _logs([one.value for one in history])) < ENOUGH:
        return None
    middle, spread = _middle(logs)
    told = math.log10(now.value)
    distance = told - middle
    power = round(distance)
    is_shift = (
        abs(power) in POWERS
        and abs(distance - power) <= _TOLERANCE
        and abs(distance) > _SPREADS * spread
        and not any(abs(told - known) < _KNOWN for known in (*logs, *_logs(levels)))
        and not (is_counted and (power == -1 or middle <= 0))
        and not _is_usual_share(now, history)
    )
    return Shift(power, 10**middle) if is_shift else None


def _is_usual_share(now: Reported, history: Sequence[Reported]) -> bool:
    """Whether the order explains the quantity: it is ten times as large itself."""
    shares = _logs([one.share for one in history if one.share])
    if not now.share or len(shares) < ENOUGH:
        return False
    middle, spread = _middle(shares)
    return abs(math.log10(now.share) - middle) <= max(_KNOWN / 2, spread)


def _middle(logs: Sequence[float]) -> tuple[float, float]:
    """Median, and the median distance from it in the measure of a standard deviation."""
    middle = median(logs)
    return middle, max(_LEAST_SPREAD, 1.4826 * median(abs(one - middle) for one in logs))


def _logs(values: Sequence[float]) -> list[float]:
    return [math.log10(value) for value in values if value > 0]
