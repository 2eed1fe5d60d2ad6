"""The conservation laws of an order: what may be reported, given what is booked; what is booked the shell finds out.

The quantities of one call are in one unit. A law that is broken raises the typed error the sender is answered with.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from .errors import error
from .states import ToleranceMode
from .tolerance import over_consumption, over_delivery, same


@dataclass(frozen=True)
class Output:
    """Pieces of an order or of one of its operations; ``rework`` are those that are neither good nor scrap yet."""

    good: float = 0.0
    scrap: float = 0.0
    rework: float = 0.0


@dataclass(frozen=True)
class Reading:
    """What is known of a sender's own count: the pieces booked before it began, and its first delta, if any."""

    base: float = 0.0
    first: float | None = None


def add_output(released: float, percent: float, booked: Output, delta: Output) -> Output:
    """Return what is booked after ``delta``: good, scrap and rework are never more than ``released`` plus ``percent``.

    A reworked piece is reported again, as good, as scrap or as rework once more: what fits no more beside the pieces
    in rework has come out of them. Raises ``Permanent`` with ``over_delivery``.
    """
    good, scrap = booked.good + delta.good, booked.scrap + delta.scrap
    detail = f"Released {released:g}, booked {booked}, reported {delta}."
    if over_delivery(released, good, scrap, percent):
        raise error("over_delivery", detail)
    free = max(0.0, released * (1 + percent / 100) - good - scrap)
    if over_delivery(free, 0.0, delta.rework, 0.0):
        raise error("over_delivery", detail)
    return Output(good, scrap, min(booked.rework + delta.rework, free))


def check_consumption(mode: ToleranceMode, due: float, booked: float, delta: float, percent: float) -> bool:
    """Tell whether ``booked + delta`` of a component, against its share ``due``, is to be flagged for a person.

    Raises ``Permanent`` with ``over_consumption`` where the plant rejects what is beyond its tolerance.
    """
    if mode is ToleranceMode.ACCEPT or not over_consumption(due, booked, delta, percent):
        return False
    if mode is ToleranceMode.REJECT:
        raise error("over_consumption", f"Due {due:g}, booked {booked:g}, reported {delta:g}.")
    return True


def check_return(consumed: float, returned: float, name: str) -> None:
    """Make sure that no more of a component and lot comes back than was consumed of it.

    Raises ``Parked`` with ``too_early``: what was consumed may still be reported.
    """
    if over_consumption(consumed, 0.0, returned, 0.0):
        raise error("too_early", f"{name}: {returned:g} came back, {consumed:g} consumed.")


def check_serials(names: Sequence[str], quantity: float, used: Collection[str] = ()) -> None:
    """Make sure that every piece has a serial number of its own, which none of ``used`` had before.

    Raises ``Permanent`` with ``lot_required`` or ``serial_duplicate``.
    """
    if not same(len(names), quantity):
        raise error("lot_required", f"{quantity:g} pieces need as many serial numbers, not {len(names)}.")
    twice = [name for name, count in Counter(names).items() if count > 1 or name in used]
    if twice:
        raise error("serial_duplicate", ", ".join(twice))


def follow_reading(reading: Reading, booked: float, delta: float, cumulative: float) -> Reading:
    """Return what is known of the counter after a report whose ``cumulative`` counts ``delta`` in.

    ``booked`` are the pieces booked before. The counter has begun anew when it shows just this delta, less than
    before, and did not begin with this very delta the last time: that would be its first report once more.
    Raises ``Parked``: ``sequence_gap`` when a report in between is missing, ``suspected_duplicate`` when this one
    has been counted before.
    """
    counted = booked - reading.base
    if same(cumulative, counted + delta):
        return Reading(reading.base, delta if reading.first is None and same(counted, 0.0) else reading.first)
    if cumulative > counted + delta:
        before = cumulative - delta
        raise error(
            "sequence_gap",
            f"The counter stood at {before:g} before this report, booked is {counted:g}.",
            waiting_for=f"cumulative:{before:g}",
        )
    is_first_again = reading.first is not None and same(delta, reading.first)
    if same(cumulative, delta) and cumulative < counted and not is_first_again:
        return Reading(booked, delta)
    raise error("suspected_duplicate", f"The counter shows {cumulative:g}, {counted:g} were booked before {delta:g}.")
