"""Whether a reported quantity goes beyond what the plant tolerates; units are converted before."""

# Sums of decimal quantities are exact to far less than this share of themselves.
_RELATIVE_ERROR = 1e-9


def same(left: float, right: float) -> bool:
    """Tell whether two sums of decimal quantities are the same quantity."""
    return abs(left - right) <= max(1.0, abs(left), abs(right)) * _RELATIVE_ERROR


def over_delivery(planned: float, booked: float, delta: float, percent: float) -> bool:
    """Tell whether ``booked + delta`` pieces are more than ``planned`` plus ``percent``."""
    return _exceeds(booked + delta, planned, percent)


def over_consumption(due: float, booked: float, delta: float, percent: float) -> bool:
    """Tell whether ``booked + delta`` of a component is more than ``due`` plus ``percent``.

    ``due`` is what the bill of materials allows, in the same unit.
    """
    return _exceeds(booked + delta, due, percent)


def _exceeds(total, limit, percent):
    allowed = limit * (1 + percent / 100)
    return total > allowed and not same(total, allowed)
