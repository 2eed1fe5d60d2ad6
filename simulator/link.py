"""What every way to Odoo has in common: a delivery goes in, an outcome comes out; the wires are in `*_link.py`."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol


class Fate(str, Enum):
    """What became of a delivery."""

    TAKEN = "taken"
    REFUSED = "refused"
    FAILED = "failed"


class ItemStatus(str, Enum):
    """What Odoo says about one event of a delivery."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    INVALID = "invalid"
    CONFLICT = "conflict"


@dataclass(frozen=True)
class Outcome:
    """``code`` is the HTTP status or MQTT reason code; ``results`` has one entry per event where the wire tells."""

    fate: Fate
    code: int | None = None
    attempts: int = 1
    results: list[dict[str, Any]] = field(default_factory=list)
    detail: str = ""

    def refuses(self, position: int) -> bool:
        """Whether the event at ``position`` of the delivery was turned away."""
        if self.fate is Fate.REFUSED:
            return True
        status = self.results[position].get("status") if position < len(self.results) else None
        return status in (ItemStatus.INVALID.value, ItemStatus.CONFLICT.value)


class Link(Protocol):
    """A way to Odoo."""

    def open(self, on_event: Callable[[Any], None]) -> None:
        """Start; events that arrive over the same wire go to ``on_event``, which records them."""

    def deliver(self, payload: Any) -> Outcome:
        """Send one JSON value and wait until it is taken, refused, or the deadline has passed."""

    def is_ready(self) -> bool:
        """Whether what Odoo sends from now on will arrive."""

    def close(self) -> None:
        """Give up what is under way and free the wire."""
