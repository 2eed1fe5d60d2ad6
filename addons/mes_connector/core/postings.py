"""What reconciliation compares and what it finds: lines of books and their disagreements, and when two are the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from .reconciliation_states import DifferenceKind, Repair
from .statements import TIMES

#: Times are kept in whole seconds, and each book may have cut off its own fraction.
SECONDS = 1.0
#: Smallest step of a time in minutes: begins are kept in whole seconds, durations and proofs in hundredths of a minute.
MINUTE_STEP = 0.05
#: What was never applied can be applied; what was posted otherwise, or cannot be named, needs a person, who says why.
REPAIRS = {
    DifferenceKind.NOT_POSTED: Repair.REPLAY,
    DifferenceKind.EVENT_MISSING: Repair.REQUEST_RESEND,
}


#: Flaw of what is left of a record whose line is gone.
REMAINDER = "line"


@dataclass(frozen=True)
class Posting:
    """One line of one book.

    ``order`` and ``message`` are ids of rows, 0 when unknown; ``product`` is the internal reference, ``quantity`` in
    the product's own unit, in minutes for times. ``record`` is what was posted, by any key both books use; None when a
    line has no record of its own to be compared with. ``at`` is None where the book does not say. ``echoes`` are
    further figures a record keeps of its quantity, each of which must be the same; ``flaws`` are the names of whatever
    else it says of itself that cannot be. What ``is_sum`` adds up what many messages said.
    """

    order: int
    kind: str
    product: str = ""
    lot: str = ""
    quantity: float = 0.0
    at: datetime | None = None
    message: int = 0
    record: Hashable = None
    proof: int = 0
    echoes: tuple[float, ...] = ()
    operation: str = ""
    flaws: tuple[str, ...] = ()
    is_sum: bool = False

    @property
    def what(self) -> tuple[str, str, str, str]:
        """Kind, product, lot and operation."""
        return self.kind, self.product, self.lot, self.operation

    @property
    def sum_key(self) -> tuple[int, str, str]:
        """What is added up: the kind of an order and an operation."""
        return self.order, self.kind, self.operation


@dataclass(frozen=True)
class Difference:
    """One disagreement of the books, about ``posting`` as the most trusted of them has it.

    ``aspects`` are the names of the attributes that differ; ``held`` is what the record has instead, if there is one;
    ``event`` is an id of the sender, where the difference is about an event of its list.
    """

    kind: DifferenceKind
    posting: Posting
    held: Posting | None = None
    aspects: tuple[str, ...] = ()
    event: str = ""
    told: float = 0.0
    booked: float = 0.0

    @property
    def repair(self) -> Repair:
        """What is suggested to do about it."""
        return REPAIRS.get(self.kind, Repair.ADJUST)


def summed(lines: Sequence[Posting]) -> Posting:
    """The lines of one record as one."""
    return replace(lines[0], quantity=sum(line.quantity for line in lines))


def step_of(kind: str, step: float) -> float:
    """The smallest step of a quantity of this kind, given that of products."""
    return max(step, MINUTE_STEP) if kind in TIMES else step


def is_same(one: float, other: float, step: float) -> bool:
    """Whether two quantities differ by less than half a step."""
    return abs(one - other) < step / 2 + 1e-9


def is_same_time(one: Posting, other: Posting) -> bool:
    """Whether two lines are of one time, as far as they say."""
    return None in (one.at, other.at) or abs((one.at - other.at).total_seconds()) <= SECONDS


def grouped(lines: Iterable[Posting], name: str) -> dict[Hashable, list[Posting]]:
    """The lines by an attribute, in their order."""
    groups = defaultdict(list)
    for line in lines:
        groups[getattr(line, name)].append(line)
    return dict(groups)
