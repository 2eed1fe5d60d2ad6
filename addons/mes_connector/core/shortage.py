"""How free stock is shared out among orders that lack it, and what is missing then; reading stock is the shell's."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Need:
    """What one order still needs of one product, all in the product's unit."""

    order_id: int
    required: float
    reserved: float

    @property
    def unreserved(self) -> float:
        """How much of it is not reserved."""
        return max(self.required - self.reserved, 0.0)


def shortages(needs: Iterable[Need], available: float) -> dict[int, float]:
    """Return how much each order lacks that is neither reserved for it nor free; orders that lack nothing are left out.

    ``needs`` stand in the order in which free stock goes to them; ``available`` is reserved for nobody.
    """
    free, missing = max(available, 0.0), {}
    for need in needs:
        taken = min(free, need.unreserved)
        free -= taken
        lacks = round(need.unreserved - taken, 6)
        if lacks > 0:
            missing[need.order_id] = missing.get(need.order_id, 0.0) + lacks
    return missing
