"""Tests of the money side; the world they live in is the connector's."""

from . import (
    test_backlog,
    test_effect_value,
    test_labor_cost,
    test_late_receipt,
    test_periods,
    test_same_as_by_hand,
    test_valuation,
)
