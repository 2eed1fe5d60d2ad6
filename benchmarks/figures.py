"""Sums series of seconds up as people quote them; measures nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of the values do not exceed."""
    return sorted(values)[max(math.ceil(share * len(values)), 1) - 1]


def in_ms(values: Sequence[float]) -> str:
    """Median, 95th percentile and maximum in milliseconds, with the number of values."""
    p50, p95 = quantile(values, 0.5), quantile(values, 0.95)
    return f"p50 {p50 * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms, max {max(values) * 1000:.0f} ms (n={len(values)})"
