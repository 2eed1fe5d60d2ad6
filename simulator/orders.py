"""The plant's list of orders and its choice of scenario for each; plays nothing and sends nothing."""

from dataclasses import dataclass, field
from enum import Enum

from .messages import Tracking
from .production import Run
from .release import Release
from .scenarios import ScenarioName


class OrderState(str, Enum):
    """How far the plant is with an order."""

    QUEUED = "queued"
    PLAYING = "playing"
    REFUSED = "refused"
    FINISHED = "finished"
    POSTED = "posted"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    FAILED = "failed"


ENDED = frozenset({OrderState.POSTED, OrderState.CLOSED, OrderState.CANCELLED})


@dataclass
class Order:
    """One order the plant was given; ``next_sequence`` and ``next_reply`` number the events of its two sources;
    ``run`` is its work, once it is taken.
    """

    release: Release
    scenario: ScenarioName
    state: OrderState = OrderState.QUEUED
    next_sequence: int = 1
    next_reply: int = 1
    run: Run | None = None


@dataclass
class Schedule:
    """Which scenario an order will play: asked for by order, by product, or the default."""

    default: ScenarioName = ScenarioName.HAPPY
    by_order: dict[str, ScenarioName] = field(default_factory=dict)
    by_product: dict[str, ScenarioName] = field(default_factory=dict)

    def choose(self, release: Release, was_refused: bool = False) -> ScenarioName:
        """The scenario of a release. An order is refused once only; serial-tracked products have their own default."""
        asked = self.by_order.get(release.order) or self.by_product.get(release.product)
        chosen = asked or self.default
        if was_refused and chosen is ScenarioName.REFUSE:
            chosen = ScenarioName.HAPPY
        if asked is None and chosen is ScenarioName.HAPPY and release.tracking is Tracking.SERIAL:
            chosen = ScenarioName.SERIAL
        return chosen
