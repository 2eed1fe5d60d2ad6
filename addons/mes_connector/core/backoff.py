"""When to try again, and what an HTTP answer means for a delivery; nothing sleeps here."""

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from random import Random

from .messages import SendResult

# A far end may ask for a wait, not for silence: longer ones are cut to a day.
MAX_RETRY_AFTER_SECONDS = 24 * 3600.0

_RETRY_STATUSES = frozenset({408, 425, 429})


@dataclass(frozen=True)
class RetryPolicy:
    """Exponential waits: ``base_seconds`` times ``factor`` per attempt, never above the cap."""

    base_seconds: float = 2.0
    factor: float = 2.0
    cap_seconds: float = 3600.0
    max_attempts: int = 12

    def is_exhausted(self, attempt: int) -> bool:
        """Tell whether attempt number ``attempt`` (from 1) was the last one."""
        return attempt >= self.max_attempts


def delay_for(attempt: int, policy: RetryPolicy, rng: Random) -> float:
    """Return the seconds to wait after attempt number ``attempt`` (from 1), with full jitter.

    Drawn evenly between nothing and the exponential limit, so that senders which failed
    together do not come back together.
    """
    try:
        limit = policy.base_seconds * policy.factor ** (attempt - 1)
    except OverflowError:
        limit = policy.cap_seconds
    return rng.uniform(0.0, min(limit, policy.cap_seconds))


def http_outcome(status: int, headers: Mapping[str, str], now: float) -> SendResult:
    """Return what an HTTP status means: taken, to be tried again, or refused.

    ``now`` is in seconds since the epoch; ``retry_after`` of the result in seconds from then.
    """
    if 200 <= status < 300:
        return SendResult(status, "accepted")
    detail = f"HTTP {status}."
    if status in _RETRY_STATUSES or status >= 500:
        return SendResult(status, "system_busy", detail, retry_after=_retry_after(headers, now))
    return SendResult(status, "refused_by_system", detail)


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
