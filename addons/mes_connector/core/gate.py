"""Whether a system may be called now: circuit breaker and rate limit, as values; nothing is stored or sent here.

The breaker opens when a system fails several times in a row or asks for a wait. Then nothing goes out until a time, and
after it exactly one message, the probe: its outcome alone closes the breaker or keeps it open for twice as long.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from .errors import CODES, Disposition
from .message_machine import next_state
from .messages import SendResult
from .states import BreakerState

#: Failures in a row, after which the system is left alone.
FAILURE_LIMIT = 5
#: How long it is left alone first, and at most; each failed probe doubles it.
FIRST_OPEN_SECONDS = 30.0
LONGEST_OPEN_SECONDS = 900.0
#: A probe without an outcome by then has lost its process; another may go.
PROBE_SECONDS = 30.0
#: An idle system may take what it did not use of its rate for as long as this, at once.
BURST_SECONDS = 1.0

# What happened here, before anything reached the system: it says nothing about it.
_OURS = frozenset({"no_signing_secret", "endpoint_not_allowed"})
# The system lives and speaks of one route, which is paused.
_ROUTE = frozenset({"endpoint_gone"})


class BreakerEvent(str, Enum):
    """What an outcome, the clock or a person does to a breaker."""

    SUCCEED = "succeed"
    FAIL = "fail"
    TRIP = "trip"
    PROBE = "probe"
    HASTEN = "hasten"
    CLOSE = "close"


# Outcomes count when it is closed, or when they are the probe's; all others come too late to say anything.
BREAKER_TRANSITIONS: dict[tuple[BreakerState, BreakerEvent], BreakerState] = {
    (BreakerState.CLOSED, BreakerEvent.SUCCEED): BreakerState.CLOSED,
    (BreakerState.CLOSED, BreakerEvent.FAIL): BreakerState.CLOSED,
    (BreakerState.CLOSED, BreakerEvent.TRIP): BreakerState.OPEN,
    (BreakerState.CLOSED, BreakerEvent.CLOSE): BreakerState.CLOSED,
    (BreakerState.OPEN, BreakerEvent.PROBE): BreakerState.HALF_OPEN,
    (BreakerState.OPEN, BreakerEvent.HASTEN): BreakerState.OPEN,
    (BreakerState.OPEN, BreakerEvent.CLOSE): BreakerState.CLOSED,
    (BreakerState.HALF_OPEN, BreakerEvent.SUCCEED): BreakerState.CLOSED,
    (BreakerState.HALF_OPEN, BreakerEvent.TRIP): BreakerState.OPEN,
    (BreakerState.HALF_OPEN, BreakerEvent.PROBE): BreakerState.HALF_OPEN,
    (BreakerState.HALF_OPEN, BreakerEvent.CLOSE): BreakerState.CLOSED,
}


@dataclass(frozen=True)
class Breaker:
    """The breaker of one system.

    ``failures`` are those in a row. ``until`` (UTC) is when the next probe may go: while open, because the wait is over
    then; while half open, because the probe that is out is given up then. It also tells that probe from others.
    """

    state: BreakerState = BreakerState.CLOSED
    failures: int = 0
    until: datetime | None = None

    @property
    def is_quiet(self) -> bool:
        """Whether a success would change nothing."""
        return self.state is BreakerState.CLOSED and not self.failures

    def is_shut(self, now: datetime) -> bool:
        """Whether nothing may go out at ``now``."""
        return self.until is not None and now < self.until


def counts_as_failure(result: SendResult) -> bool | None:
    """Tell whether an outcome is a failure of the system itself; None when it says nothing about the system."""
    if result.code in _OURS:
        return None
    return CODES[result.code].disposition is Disposition.WAIT and result.code not in _ROUTE


def after(breaker: Breaker, result: SendResult, now: datetime, probe: datetime | None = None) -> Breaker:
    """Return the breaker after the outcome of a delivery.

    ``probe`` is the ``until`` of the breaker that let the delivery go as its probe, None for any other delivery.
    """
    is_failure = counts_as_failure(result)
    is_late = breaker.state is not BreakerState.CLOSED and breaker.until != probe
    if is_failure is None or is_late:
        return breaker
    if not is_failure:
        return Breaker(next_state(BREAKER_TRANSITIONS, breaker.state, BreakerEvent.SUCCEED))
    failures = breaker.failures + 1
    trips = breaker.state is not BreakerState.CLOSED or failures >= FAILURE_LIMIT or bool(result.retry_after)
    event = BreakerEvent.TRIP if trips else BreakerEvent.FAIL
    wait = timedelta(seconds=result.retry_after or open_seconds(failures))
    return Breaker(next_state(BREAKER_TRANSITIONS, breaker.state, event), failures, now + wait if trips else None)


def open_seconds(failures: int) -> float:
    """Return how long a system is left alone after so many failures in a row."""
    doublings = min(max(failures - FAILURE_LIMIT, 0), 32)
    return min(FIRST_OPEN_SECONDS * 2**doublings, LONGEST_OPEN_SECONDS)


def probe(breaker: Breaker, now: datetime) -> Breaker:
    """Return the breaker whose probe is out from ``now`` on; raises ``TransitionRefused`` for a closed one."""
    state = next_state(BREAKER_TRANSITIONS, breaker.state, BreakerEvent.PROBE)
    return Breaker(state, breaker.failures, now + timedelta(seconds=PROBE_SECONDS))


def hasten(breaker: Breaker, now: datetime) -> Breaker:
    """Return the open breaker whose probe may go at once; raises ``TransitionRefused`` for one that is not open."""
    return Breaker(next_state(BREAKER_TRANSITIONS, breaker.state, BreakerEvent.HASTEN), breaker.failures, now)


def close(breaker: Breaker) -> Breaker:
    """Return the breaker that a person has closed."""
    return Breaker(next_state(BREAKER_TRANSITIONS, breaker.state, BreakerEvent.CLOSE))


def take_tokens(free_at: datetime | None, rate: int, count: int, now: datetime) -> datetime:
    """Return when the next message may go after ``count`` that go at ``now``.

    A token bucket kept as one time: ``free_at`` is when there is a token again (None: since ever), ``rate`` the tokens
    per minute. An unused second's worth is kept, no more; several messages at once are paid for afterwards.
    """
    floor = now - timedelta(seconds=BURST_SECONDS)
    return max(free_at or floor, floor) + timedelta(minutes=count / rate)
