"""From a release and a scenario to what the plant says, in the order in which it occurs; the stories are told in
`stories.py`.

Pure: the random generator is an argument, and identity, time and sequence are given later.
"""

import random

from .floor import Floor
from .messages import EventType, Fact
from .release import Release
from .scenarios import Scenario
from .stories import ACTS


class Run:
    """One order in the plant, from act to act."""

    def __init__(self, release: Release, scenario: Scenario, rng: random.Random) -> None:
        self.scenario = scenario
        self._floor = Floor(release, scenario.labour, rng)
        self._acts = iter(ACTS[scenario.story])
        self._left = len(ACTS[scenario.story])

    @property
    def is_waiting(self) -> bool:
        """Whether the story goes on with the next revision of the order."""
        return 0 < self._left < len(ACTS[self.scenario.story])

    def facts(self, release: Release) -> list[Fact]:
        """Everything said in the next act, by this revision of the order."""
        self._left -= 1
        self._floor.change(release)
        return list(next(self._acts)(self._floor, self.scenario))


def facts_of(release: Release, scenario: Scenario, rng: random.Random) -> list[Fact]:
    """Everything the plant says about one order when nothing goes wrong on the way, up to a change it waits for."""
    if not scenario.accepts:
        return [refusal(release)]
    return [acknowledgement(release), *Run(release, scenario, rng).facts(release)]


def acknowledgement(release: Release) -> Fact:
    """The plant takes this revision."""
    return Fact(
        EventType.ORDER_ACKNOWLEDGED,
        {"order": release.order, "revision": release.revision, "accepted": True},
    )


def refusal(release: Release) -> Fact:
    """The plant does not take this revision, and says why."""
    return Fact(
        EventType.ORDER_ACKNOWLEDGED,
        {
            "order": release.order,
            "revision": release.revision,
            "accepted": False,
            "reason": "no_capacity",
            "text": "No capacity before the due date",
        },
    )
