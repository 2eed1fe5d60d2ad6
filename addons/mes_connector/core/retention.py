"""How long settled messages are kept, and how old an event may be; removing them is the shell's.

Facts. A repetition is recognised as long as the row of its first copy exists. So no event is taken that happened before
the horizon, and no row goes before it has fallen behind the horizon: nothing is ever posted again (ADR 10).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from .states import Retention

DEFAULT_HORIZON_DAYS = 60
# After it was settled, so that a mistake of yesterday can still be sent or read again.
PAYLOAD_GRACE = timedelta(days=1)


@dataclass(frozen=True)
class KeepPlan:
    """What one flow class keeps of settled messages.

    ``keeps_proof``: messages that were applied stay, without payload, with the effects that prove what they posted.
    """

    retention: Retention
    retention_days: int
    keeps_proof: bool = True


def horizon(now: datetime, days: int) -> datetime:
    """Return the time before which events are refused, and rows may go."""
    return now - timedelta(days=days)


def row_cutoff(plan: KeepPlan, now: datetime, horizon_days: int) -> datetime:
    """Return the time before which a message must have been stored, and its event happened, for its row to go."""
    days = horizon_days if plan.retention is Retention.NONE else max(plan.retention_days, horizon_days)
    return now - timedelta(days=days)


def payload_cutoff(plan: KeepPlan, now: datetime, horizon_days: int) -> datetime:
    """Return the time before which a message must have been settled for its payload to go.

    Of a class that keeps everything it goes with the other rows: what then stays as proof needs none.
    """
    if plan.retention is Retention.FULL:
        return row_cutoff(plan, now, horizon_days)
    return now - PAYLOAD_GRACE
