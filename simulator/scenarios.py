"""The catalogue of scenarios: how much is made in which increments and how it is sent; no event is built here."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum

from .release import SCALE, Release


class ScenarioName(str, Enum):
    """What a user may ask the plant to play."""

    HAPPY = "happy"
    BATCH = "batch"
    PARTIAL_WITH_SCRAP = "partial_with_scrap"
    DUPLICATES = "duplicates"
    PERMUTED = "permuted"
    LATE_HOLD = "late_hold"
    SHORT_CLOSE = "short_close"
    REFUSE = "refuse"
    SERIAL = "serial"
    WASTE = "waste"
    TEN_INCREMENTS = "ten_increments"
    OVER_DELIVERY = "over_delivery"
    RETURNS = "returns"
    CORRECTIONS = "corrections"
    CREW = "crew"
    CHANGE = "change"
    REFUSE_CHANGE = "refuse_change"
    BY_CONFIRMATION = "by_confirmation"
    UNPLANNED = "unplanned"
    EVENTFUL = "eventful"


class Story(str, Enum):
    """What happens, apart from how much of it."""

    INCREMENTS = "increments"
    WASTE = "waste"
    RETURNS = "returns"
    CORRECTIONS = "corrections"
    CREW = "crew"
    CHANGE = "change"
    BY_CONFIRMATION = "by_confirmation"
    UNPLANNED = "unplanned"
    EVENTFUL = "eventful"


class Dispatch(str, Enum):
    """How the events of an order leave the plant."""

    ONE_BY_ONE = "one_by_one"
    BUFFERED = "buffered"
    REPEATED = "repeated"
    SHUFFLED = "shuffled"


class Labour(str, Enum):
    """Which minutes the plant reports."""

    MACHINE = "machine"
    MANUAL = "manual"


@dataclass(frozen=True)
class Scenario:
    """One way an order can go.

    ``shares`` are the cumulative parts of the released quantity after each increment; ``scrap`` is
    the number of pieces of the last increment that fail. ``accepts`` is about the release, ``accepts_change`` about
    later revisions.
    """

    summary: str
    story: Story = Story.INCREMENTS
    shares: tuple[Decimal, ...] = (Decimal("0.5"), Decimal(1))
    scrap: int = 0
    accepts: bool = True
    accepts_change: bool = True
    holds: bool = False
    dispatch: Dispatch = Dispatch.ONE_BY_ONE
    labour: Labour = Labour.MACHINE


@dataclass(frozen=True)
class Increment:
    """Pieces finished together."""

    good: Decimal
    scrap: Decimal

    @property
    def pieces(self) -> Decimal:
        return self.good + self.scrap


SCENARIOS = {
    ScenarioName.HAPPY: Scenario("two increments, everything good"),
    ScenarioName.BATCH: Scenario("all at once, in one lot", shares=(Decimal(1),)),
    ScenarioName.PARTIAL_WITH_SCRAP: Scenario(
        "about 55 %, then the rest with two pieces scrapped; sent from a buffer in small batches",
        shares=(Decimal("0.55"), Decimal(1)),
        scrap=2,
        dispatch=Dispatch.BUFFERED,
    ),
    ScenarioName.DUPLICATES: Scenario(
        "every event two or three times: at once, in one batch, or after the order's end",
        dispatch=Dispatch.REPEATED,
    ),
    ScenarioName.PERMUTED: Scenario(
        "the order's events in a seeded permutation, single and in batches",
        dispatch=Dispatch.SHUFFLED,
    ),
    ScenarioName.LATE_HOLD: Scenario("a hold in the last increment; facts go on, then it is released", holds=True),
    ScenarioName.SHORT_CLOSE: Scenario(
        "stops at about 60 % and completes with less", shares=(Decimal("0.3"), Decimal("0.6"))
    ),
    ScenarioName.REFUSE: Scenario("does not accept the order; a later revision is played as happy", accepts=False),
    ScenarioName.SERIAL: Scenario(
        "three increments by hand, labour minutes only; the usual one for serial-tracked products",
        shares=(Decimal("0.3"), Decimal("0.6"), Decimal(1)),
        labour=Labour.MANUAL,
    ),
    ScenarioName.WASTE: Scenario(
        "two pieces, some by-product and a component are scrapped", story=Story.WASTE, scrap=2
    ),
    ScenarioName.TEN_INCREMENTS: Scenario(
        "ten increments, each begun with the next lot of its components",
        shares=tuple(Decimal(tenth) / 10 for tenth in range(1, 11)),
    ),
    ScenarioName.OVER_DELIVERY: Scenario(
        "a tenth more than was ordered", shares=(Decimal("0.5"), Decimal(1), Decimal("1.1"))
    ),
    ScenarioName.RETURNS: Scenario(
        "stops at 60 %; what was fetched for more goes back; a piece was worked twice",
        story=Story.RETURNS,
        shares=(Decimal("0.6"),),
    ),
    ScenarioName.CORRECTIONS: Scenario(
        "a consumption, a confirmation and a receipt are undone, and said right", story=Story.CORRECTIONS
    ),
    ScenarioName.CREW: Scenario(
        "two people, a break, stops told late or from their end", story=Story.CREW, shares=(Decimal(1),)
    ),
    ScenarioName.CHANGE: Scenario(
        "waits after 40 % for a change, takes it and ends by it",
        story=Story.CHANGE,
        shares=(Decimal("0.4"), Decimal(1)),
    ),
    ScenarioName.REFUSE_CHANGE: Scenario(
        "waits after 40 % for a change, refuses it and ends as it was",
        story=Story.CHANGE,
        shares=(Decimal("0.4"), Decimal(1)),
        accepts_change=False,
    ),
    ScenarioName.BY_CONFIRMATION: Scenario(
        "the last operation names what it made, and the report says it once more", story=Story.BY_CONFIRMATION
    ),
    ScenarioName.UNPLANNED: Scenario("a component that nobody had planned is used, too", story=Story.UNPLANNED),
    ScenarioName.EVENTFUL: Scenario(
        "seven increments, and between them all that goes otherwise than planned",
        story=Story.EVENTFUL,
        shares=tuple(Decimal(seventh) / 7 for seventh in range(1, 8)),
        scrap=2,
    ),
}


def increments(release: Release, scenario: Scenario) -> list[Increment]:
    """Cut the released quantity into the scenario's increments; none is empty and at least one exists."""
    whole = release.quantity == release.quantity.to_integral_value()
    unit = Decimal(1) if whole else SCALE
    marks = [(release.quantity * part).quantize(unit, ROUND_HALF_UP) for part in scenario.shares]
    starts = [Decimal(0), *marks[:-1]]
    steps = [mark - start for mark, start in zip(marks, starts, strict=True) if mark > start]
    steps = steps or [release.quantity]
    # At least one piece of every increment is good, so that there is something to report.
    scrap = min(Decimal(scenario.scrap), max(steps[-1] - 1, Decimal(0)))
    return [Increment(step, Decimal(0)) for step in steps[:-1]] + [Increment(steps[-1] - scrap, scrap)]
