"""Free stock is shared out once, first come, first served; what is left is what is missing."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mes_connector_core.shortage import Need, shortages


@pytest.mark.parametrize(
    ("needs", "available", "missing"),
    [
        ([], 5, {}),
        ([Need(1, 10, 10)], 0, {}),
        ([Need(1, 10, 4)], 6, {}),
        ([Need(1, 10, 4)], 5, {1: 1}),
        ([Need(1, 10, 4), Need(2, 5, 0)], 8, {2: 3}),
        ([Need(2, 5, 0), Need(1, 10, 4)], 8, {1: 3}),
        ([Need(1, 4, 0), Need(1, 3, 0)], 2, {1: 5}),
        ([Need(1, 4, 6)], 0, {}),
        ([Need(1, 4, 0)], -3, {1: 4}),
    ],
)
def test_what_is_missing(needs, available, missing):
    assert shortages(needs, available) == missing


@given(
    st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), max_size=8),
    st.integers(0, 300),
)
@settings(max_examples=30)
def test_no_free_piece_is_given_twice_and_none_is_left_while_something_is_missing(pairs, available):
    needs = [Need(number, required, reserved) for number, (required, reserved) in enumerate(pairs)]
    wanted = sum(need.unreserved for need in needs)
    assert sum(shortages(needs, available).values()) == max(wanted - available, 0)
