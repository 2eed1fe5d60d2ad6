"""The order of things on the shop floor: for each story, from a release to the facts as they occur; how a fact is said
is decided in `floor.py`, how much is made in `scenarios.py`.

A story has one act, or several: each later one is played when the ERP sends the next revision of the order.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal

from .floor import Floor, item
from .messages import Fact, Tracking
from .release import Line
from .scenarios import Increment, Scenario, Story, increments

Act = Callable[[Floor, Scenario], Iterator[Fact]]
NONE = Decimal(0)
ONE = Decimal(1)


def in_increments(floor: Floor, scenario: Scenario) -> Iterator[Fact]:
    """Operation by operation, increment by increment, to the end."""
    yield from _all_increments(floor, scenario)
    yield floor.complete()


def with_waste(floor: Floor, scenario: Scenario) -> Iterator[Fact]:
    """As in increments; then some of each by-product and a component are thrown away."""
    yield from _all_increments(floor, scenario)
    for line in floor.release.by_products:
        yield floor.scrap_of(line, ONE, floor.last_lot if line.tracking is Tracking.LOT else None)
    yield floor.scrap_of(*_first_tracked(floor))
    yield floor.complete()


def with_returns(floor: Floor, scenario: Scenario) -> Iterator[Fact]:
    """Material was fetched for more pieces than are made in the end; what is left over goes back.

    Every operation is done at the first one's work center.
    """
    (step,) = increments(floor.release, scenario)
    ahead = step.pieces + (floor.release.quantity - step.pieces) / 2
    for operation in floor.release.operations:
        yield floor.start(operation)
        yield from floor.use(operation.code, step.pieces)
        yield from (surplus := floor.use(operation.code, ahead))
        yield from (floor.give_back(*one.data["items"], reason="left_over") for one in surplus)
        elsewhere = floor.release.operations[0].work_center
        yield floor.confirm(operation, step, final=True, rework=floor.quantity(ONE), work_center=elsewhere)
    yield from floor.receive(step.good)
    yield floor.complete()


def with_corrections(floor: Floor, scenario: Scenario) -> Iterator[Fact]:
    """One report of each kind is wrong, is undone, and what was meant is said."""
    *before, last = increments(floor.release, scenario)
    for place, step in enumerate(before):
        yield from _increment(floor, step, is_first=not place, is_last=False)
    operation = floor.release.operations[0]
    line, quantity, lot = _first_tracked(floor)
    wrong = (
        floor.take(item(line, quantity, lot), operation=operation),
        floor.confirm(operation, Increment(ONE, NONE), final=False),
        floor.receive_wrongly(ONE),
    )
    yield from wrong
    yield from (floor.undo(one, "wrong_order") for one in reversed(wrong))
    yield from _increment(floor, last, is_first=not before, is_last=True)
    yield floor.complete()


def with_a_crew(floor: Floor, scenario: Scenario) -> Iterator[Fact]:
    """Two people at each operation, a break, and stops of the work center told late, from the end, or never ended."""
    (step,) = increments(floor.release, scenario)
    for place, operation in enumerate(floor.release.operations):
        stop = f"{floor.release.order}-{operation.code}"
        yield floor.start(operation, 120)
        yield floor.pause(operation, "break", 100)
        yield floor.resume(operation, 95)
        yield from floor.use(operation.code, step.pieces)
        yield floor.go_on(operation, stop, 30 + 60 * place)
        yield floor.confirm(operation, step, final=True)
        yield floor.work(operation, floor.helper, 90, 30)
        yield floor.work(operation, floor.helper, 50, 5, "rework")
        # Named in the confirmation already, whose minutes stand.
        yield floor.work(operation, floor.operator, 90, 30)
        yield floor.stop(operation, stop, 50 + 60 * place)
    yield floor.stop(operation, f"{floor.release.order}-never-ended", 20)
    yield from floor.receive(step.good)
    yield floor.complete()


def before_the_change(floor: Floor, scenario: Scenario) -> Iterator[Fact]:
    """The first increment; the order is changed while it is in work."""
    yield from _increment(floor, increments(floor.release, scenario)[0], is_first=True, is_last=False)


def after_the_change(floor: Floor, _scenario: Scenario) -> Iterator[Fact]:
    """All that is left of the quantity as it is now."""
    rest = Increment(floor.release.quantity - floor.pieces, NONE)
    yield from _increment(floor, rest, is_first=False, is_last=True)
    yield floor.complete()


ACTS: dict[Story, tuple[Act, ...]] = {
    Story.INCREMENTS: (in_increments,),
    Story.WASTE: (with_waste,),
    Story.RETURNS: (with_returns,),
    Story.CORRECTIONS: (with_corrections,),
    Story.CREW: (with_a_crew,),
    Story.CHANGE: (before_the_change, after_the_change),
}


def _all_increments(floor: Floor, scenario: Scenario) -> Iterator[Fact]:
    steps = increments(floor.release, scenario)
    for place, step in enumerate(steps):
        is_last = step is steps[-1]
        yield from _increment(floor, step, is_first=not place, is_last=is_last, holds=scenario.holds and is_last)
    if scenario.holds:
        yield floor.end_hold()


def _increment(floor: Floor, step: Increment, *, is_first: bool, is_last: bool, holds: bool = False) -> Iterator[Fact]:
    """One round through the operations and into the stock; with a hold after the first operation."""
    operations, pieces = floor.release.operations, floor.pieces + step.pieces
    for operation in operations:
        if is_first:
            yield floor.start(operation)
        yield from floor.use(operation.code, pieces)
        is_end = operation is operations[-1]
        yield floor.confirm(operation, step if is_end else Increment(step.pieces, NONE), final=is_last)
        if holds and operation is operations[0]:
            yield floor.hold()
    if holds and not operations:
        yield floor.hold()
    yield from floor.use(None, pieces)
    yield from floor.receive(step.good, step.scrap)


def _first_tracked(floor: Floor) -> tuple[Line, Decimal, str]:
    """One of a component by lot, from its last lot."""
    line = next(one for one in floor.release.components if one.tracking is Tracking.LOT)
    return line, ONE, line.lots[-1].lot
