"""When to try again, and what an HTTP answer means for a delivery; nothing sleeps here."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from random import Random

from .messages import SendResult

# A far end may ask for a wait, not for silence: longer ones are cut to a day.
MAX_RETRY_AFTER_SECONDS = 24 * 3600.0

_GONE = 410
_ITEM_DETAIL = 1000
_RETRY_STATUSES = frozenset({408, 425, 429})


@dataclass(frozen=True)
class RetryPolicy:
    """Exponential waits: ``base_seconds`` times ``factor`` per attempt, never above the cap.

    ``max_attempts`` and ``max_age_seconds`` (since the first of these attempts failed) end the
    tries, whichever comes first; None never does.
    """

    base_seconds: float = 5.0
    factor: float = 2.0
    cap_seconds: float = 3600.0
    max_attempts: int | None = 10
    max_age_seconds: float | None = 24 * 3600.0

    def is_exhausted(self, attempt: int, age_seconds: float = 0.0) -> bool:
        """Tell whether attempt number ``attempt`` (from 1) was the last one."""
        is_last = self.max_attempts is not None and attempt >= self.max_attempts
        return is_last or (self.max_age_seconds is not None and age_seconds >= self.max_age_seconds)


_DAY = 24 * 3600.0
# fmt: off
POLICIES: dict[str, RetryPolicy] = {
    # Whoever works on the order is done soon, and a message never dies of a person's patience.
    "order_locked":      RetryPolicy(1.0, 1.0, 1.0, None, None),
    # After the tries at once, which are not counted.
    "conflict":          RetryPolicy(1.0, 1.5, 15.0, None, None),
    # Not soon: whatever it is, it keeps a lane from others each time.
    "technical":         RetryPolicy(10.0, 3.0, 3600.0, 8, _DAY),
    # Most often a host that died: almost at once the first time. Counted by itself: two other
    # failures and one kill are not three kills.
    "process_killed":    RetryPolicy(0.5, 10.0, 60.0, 3, None),
    # A system may be away over a long weekend before its messages are given up.
    "unreachable":       RetryPolicy(5.0, 2.0, 3600.0, None, 4 * _DAY),
    "system_busy":       RetryPolicy(5.0, 2.0, 3600.0, None, 4 * _DAY),
    "no_signing_secret": RetryPolicy(30.0, 2.0, 3600.0, None, 4 * _DAY),
    # The route is paused; how long is its owner's business.
    "endpoint_gone":     RetryPolicy(60.0, 1.0, 60.0, None, None),
}
# fmt: on


def policy_for(code: str) -> RetryPolicy:
    """Return the policy of an answer code that waits; that of ``technical`` for one without its own."""
    return POLICIES.get(code, POLICIES["technical"])


def delay_for(attempt: int, policy: RetryPolicy, rng: Random) -> float:
    """Return the seconds to wait after attempt number ``attempt`` (from 1).

    Drawn evenly from the upper half of the exponential limit: never at once, and senders which
    failed together do not come back together.
    """
    try:
        limit = policy.base_seconds * policy.factor ** (max(attempt, 1) - 1)
    except OverflowError:
        limit = policy.cap_seconds
    limit = min(limit, policy.cap_seconds)
    return rng.uniform(limit / 2, limit)


_FIRST_LOOK_SECONDS = 2.0
_LAST_LOOK_SECONDS = 900.0


def look_again_in(parked_seconds: float, rng: Random) -> float:
    """Return in how many seconds a message is looked at again that has been parked for ``parked_seconds``.

    Soon at first, since its news may have been missed while it was being parked; then ever more
    seldom, up to a quarter of an hour.
    """
    limit = min(max(4 * parked_seconds, _FIRST_LOOK_SECONDS), _LAST_LOOK_SECONDS)
    return rng.uniform(limit / 2, limit)


def http_outcome(status: int, headers: Mapping[str, str], now: float) -> SendResult:
    """Return what an HTTP status means: taken, to be tried again, or refused.

    ``now`` is in seconds since the epoch; ``retry_after`` of the result in seconds from then.
    """
    if 200 <= status < 300:
        return SendResult(status, "accepted")
    detail = f"HTTP {status}."
    if status == _GONE:
        return SendResult(status, "endpoint_gone", detail)
    if status in _RETRY_STATUSES or status >= 500:
        return SendResult(status, "system_busy", detail, retry_after=_retry_after(headers, now))
    return SendResult(status, "refused_by_system", detail)


def item_outcomes(body: bytes, count: int, status: int, now: float) -> tuple[SendResult, ...]:
    """Return what an answer says of each of the ``count`` events of a batch; empty when it does not speak of each.

    Read is the form that Odoo's own events endpoint gives: ``{"results": [...]}`` in the order of the batch, where an
    item with a ``problem`` (RFC 9457) was not taken and its ``status`` says why. ``status`` is that of the answer.
    """
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return ()
    items = answer.get("results") if isinstance(answer, dict) else None
    if not isinstance(items, list) or len(items) != count:
        return ()
    return tuple(_item_outcome(item, status, now) for item in items)


def _item_outcome(item, status, now):
    problem = item.get("problem") if isinstance(item, dict) else None
    if not problem:
        return SendResult(status, "accepted")
    status = problem.get("status") if isinstance(problem, dict) else None
    if not isinstance(status, int) or not 300 <= status < 600:
        status = 422
    outcome = http_outcome(status, {}, now)
    return SendResult(status, outcome.code, f"{outcome.detail} {json.dumps(problem)}"[:_ITEM_DETAIL])


def _retry_after(headers, now):
    fields = {name.lower(): value for name, value in headers.items()}
    text = fields.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        # Cut first: a number of thousands of digits would not convert.
        return min(float(text[:12]), MAX_RETRY_AFTER_SECONDS)
    try:
        seconds = parsedate_to_datetime(text).timestamp() - now
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_SECONDS)
