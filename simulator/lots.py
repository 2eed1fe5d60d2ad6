"""Which lots the plant takes material from, and how it names the lots it makes; no quantities are decided here."""

from collections.abc import Iterable
from decimal import Decimal

from .release import LotStock

ZERO = Decimal(0)


class LotRack:
    """The lots set aside for one component of one order.

    Each draw starts with the next lot, so that two increments differ in genealogy, and goes on
    with the following ones when a lot is used up.
    """

    def __init__(self, lots: Iterable[LotStock]) -> None:
        stocks = list(lots)
        self._names = [stock.lot for stock in stocks]
        self._left = [stock.quantity for stock in stocks]
        self._first = 0

    def draw(self, need: Decimal) -> list[tuple[str | None, Decimal]]:
        """Take ``need`` and return (lot, quantity) pairs whose sum is ``need``.

        Without any lot the pair names none. What the lots do not cover is taken from the last of them, which is the
        one that the store is on.
        """
        if not self._names:
            return [(None, need)]
        count = len(self._names)
        turns = [(self._first + step) % count for step in range(count)]
        self._first = (self._first + 1) % count
        taken = dict.fromkeys(turns, ZERO)
        for index in turns:
            part = min(need, self._left[index])
            taken[index] += part
            self._left[index] -= part
            need -= part
        taken[count - 1] += need
        return [(self._names[index], part) for index, part in taken.items() if part > 0]


def made_lot(order: str, increment: int) -> str:
    """The lot of the finished pieces of one increment, 1-based."""
    return f"{order.replace('/', '-')}-{increment:02d}"


def made_serial(order: str, product: str, piece: int) -> str:
    """The serial number of one piece of a product, 1-based within the order."""
    return f"{order.replace('/', '-')}-{product}-S{piece:04d}"
