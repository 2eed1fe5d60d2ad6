"""The order of things on the shop floor: for each story, from a release to the facts as they occur; how a fact is said
is decided in `floor.py`, how much is made in `scenarios.py`.

A story has one act, or several: each later one is played when the ERP sends the next revision of the order.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal

from .floor import Floor, item
from .messages import EventType, Fact, Tracking
from .release import Line
from .scenarios import Increment, Scenario, Story, increments

Act = Callable[[Floor, Scenario], Iterator[Fact]]
NONE = Decimal(0)
ONE = Decimal(1)
#: What the plant takes when it needs more than the bill of materials says, of which lot, and how much for a piece.
GLUE = Line("GLUE", Tracking.LOT, Decimal("0.02"), "KGM", None)
GLUE_LOT = "GLUE-A"


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
    yield from _wrong_reports(floor)
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


def told_by_the_last_operation(floor: Floor, scenario: Scenario) -> Iterator[Fact]:
    """The confirmation of the last operation names the lot or the serial numbers; the report says them once more."""
    last = floor.release.operations[-1].code
    steps = increments(floor.release, scenario)
    for place, step in enumerate(steps):
        facts = list(_increment(floor, step, is_first=not place, is_last=step is steps[-1]))
        (report,) = (fact for fact in facts if fact.type is EventType.PRODUCTION_REPORTED)
        named = {name: what for name, what in report.data["items"][0].items() if name in ("lot", "serials")}
        for fact in facts:
            is_last = fact.type is EventType.OPERATION_CONFIRMED and fact.data["operation"] == last
            yield replace(fact, data={**fact.data, **named}) if is_last else fact
    yield floor.complete()


def with_what_nobody_planned(floor: Floor, scenario: Scenario) -> Iterator[Fact]:
    """As in increments; each of them begins with glue, which is not in the bill of materials."""
    steps = increments(floor.release, scenario)
    for place, step in enumerate(steps):
        yield floor.take(item(GLUE, GLUE.quantity * step.pieces, GLUE_LOT), operation=floor.release.operations[0])
        yield from _increment(floor, step, is_first=not place, is_last=step is steps[-1])
    yield floor.complete()


def with_incidents(floor: Floor, scenario: Scenario) -> Iterator[Fact]:
    """In increments; between them something happens that was not planned, each time something else."""
    # A while ago, so that a pause comes later however fast the plant's clock runs.
    yield from (floor.start(operation, 60) for operation in floor.release.operations)
    steps = increments(floor.release, scenario)
    for place, step in enumerate(steps):
        if place:
            yield from INCIDENTS[(place - 1) % len(INCIDENTS)](floor)
        yield from _increment(floor, step, is_first=False, is_last=step is steps[-1])
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
    Story.BY_CONFIRMATION: (told_by_the_last_operation,),
    Story.UNPLANNED: (with_what_nobody_planned,),
    Story.EVENTFUL: (with_incidents,),
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


def _wrong_reports(floor: Floor) -> Iterator[Fact]:
    """One report of each kind, and then that it was wrong."""
    operation = floor.release.operations[0]
    wrong = (
        floor.take(item(*_first_tracked(floor)), operation=operation),
        floor.confirm(operation, Increment(ONE, NONE), final=False),
        floor.receive_wrongly(ONE),
    )
    yield from wrong
    yield from (floor.undo(one, "wrong_order") for one in reversed(wrong))


def _break(floor: Floor) -> Iterator[Fact]:
    for operation in floor.release.operations:
        yield floor.pause(operation, "break", 0)
        yield floor.resume(operation, 0)


def _fetched_too_much(floor: Floor) -> Iterator[Fact]:
    more = item(*_first_tracked(floor))
    yield floor.take(more, operation=floor.release.operations[0])
    yield floor.give_back(more, reason="left_over")


def _help(floor: Floor) -> Iterator[Fact]:
    """Of a person whom no confirmation names."""
    for operation in floor.release.operations:
        yield floor.work(operation, floor.helper, 15, 10)


def _stop_told_from_its_end(floor: Floor) -> Iterator[Fact]:
    operation = floor.release.operations[-1]
    name = f"{floor.release.order}-{floor.pieces}"
    yield floor.go_on(operation, name, 5)
    yield floor.stop(operation, name, 15)


def _dropped(floor: Floor) -> Iterator[Fact]:
    yield floor.scrap_of(*_first_tracked(floor))


INCIDENTS: tuple[Callable[[Floor], Iterator[Fact]], ...] = (
    _break,
    _fetched_too_much,
    _wrong_reports,
    _help,
    _stop_told_from_its_end,
    _dropped,
)
