"""How long a message is collected before it is worked; which class an event belongs to is configuration.

A class is a row that people edit (ADR 9); this is what the rules make of it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from .states import FlowClass


@dataclass(frozen=True)
class FlowPlan:
    """One flow class as the queue needs it.

    ``priority`` is worked lowest first. ``window_seconds`` is how long a window collects; ``opens_at`` and
    ``closes_at`` are the hours of the day, UTC, between which batch work may run (equal: all day).
    """

    class_id: int
    kind: FlowClass
    priority: int
    window_seconds: int = 0
    opens_at: float = 0.0
    closes_at: float = 0.0


def collect_until(plan: FlowPlan, now: datetime) -> datetime | None:
    """Return the time a message stored ``now`` (UTC) is collected until; None when it may be worked at once."""
    if plan.kind is FlowClass.WINDOW and plan.window_seconds > 0:
        return now + timedelta(seconds=plan.window_seconds)
    if plan.kind is FlowClass.BATCH and plan.opens_at != plan.closes_at:
        return _next_opening(plan, now)
    return None


def _next_opening(plan, now):
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    opens = midnight + timedelta(hours=plan.opens_at)
    closes = midnight + timedelta(hours=plan.closes_at)
    if closes <= opens:
        # Open over midnight: closed only between closing and opening.
        return opens if closes <= now < opens else None
    if now < opens:
        return opens
    return None if now < closes else opens + timedelta(days=1)
