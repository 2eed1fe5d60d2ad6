"""Marks become intervals by their times, whatever the order they came in."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mes_connector_core.states import TimeMark
from mes_connector_core.time_marks import Interval, Mark, follows, intervals

START, PAUSE, RESUME, END = TimeMark.STARTED, TimeMark.PAUSED, TimeMark.RESUMED, TimeMark.FINISHED


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        ([], []),
        ([Mark(START, 6)], [Interval(None, 6)]),
        ([Mark(START, 6), Mark(START, 7)], [Interval(None, 6)]),
        ([Mark(START, 6), Mark(PAUSE, 7)], [Interval(None, 6, 7)]),
        ([Mark(START, 6, (1,)), Mark(START, 6, (2,)), Mark(END, 8)], [Interval(1, 6, 8), Interval(2, 6, 8)]),
        ([Mark(START, 6), Mark(PAUSE, 7, (1,)), Mark(RESUME, 8, (1,))], [Interval(None, 6, 7), Interval(1, 8)]),
        ([Mark(START, 6, (1,)), Mark(PAUSE, 7), Mark(RESUME, 8)], [Interval(1, 6, 7), Interval(1, 8)]),
        ([Mark(START, 6, (1,)), Mark(PAUSE, 6, (2,)), Mark(PAUSE, 7, (3,))], [Interval(1, 6)]),
        ([Mark(START, 6), Mark(END, 7), Mark(START, 8)], [Interval(None, 6, 7), Interval(None, 8)]),
    ],
)
def test_intervals(marks, expected):
    assert intervals(marks) == expected


@pytest.mark.parametrize(
    ("mark", "before", "expected"),
    [
        (Mark(START, 6), [], True),
        (Mark(END, 6), [], True),
        (Mark(PAUSE, 7), [], False),
        (Mark(PAUSE, 7), [Mark(START, 8)], False),
        (Mark(PAUSE, 7), [Mark(START, 6)], True),
        (Mark(PAUSE, 7), [Mark(START, 6), Mark(PAUSE, 9)], True),
        (Mark(PAUSE, 9), [Mark(START, 6), Mark(PAUSE, 7)], False),
        (Mark(PAUSE, 7, (2,)), [Mark(START, 6, (1,))], False),
        (Mark(RESUME, 8), [Mark(START, 6)], False),
        (Mark(RESUME, 8), [Mark(START, 6), Mark(PAUSE, 7)], True),
        (Mark(RESUME, 8), [Mark(START, 6), Mark(END, 7)], False),
    ],
)
def test_follows(mark, before, expected):
    assert follows(mark, before) is expected


SHIFT = [
    Mark(START, 0, (1,)),
    Mark(START, 1, (2,)),
    Mark(PAUSE, 3, (1,)),
    Mark(RESUME, 5),
    Mark(PAUSE, 8),
    Mark(END, 9),
]


@given(st.permutations(SHIFT))
def test_every_arrival_ends_alike_when_what_is_too_early_waits(arrival):
    known, waiting = [], []
    for mark in arrival:
        waiting.append(mark)
        progress = True
        while progress:
            ready = [one for one in waiting if follows(one, known)]
            progress = bool(ready)
            known += ready[:1]
            waiting = [one for one in waiting if one not in known]
    assert not waiting
    assert intervals(known) == [Interval(1, 0, 3), Interval(2, 1, 8), Interval(1, 5, 8)]


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        ([Mark(START, 6), Mark(PAUSE, 6), Mark(RESUME, 8)], [Interval(None, 8)]),
        ([Mark(START, 6), Mark(PAUSE, 6), Mark(RESUME, 6)], [Interval(None, 6)]),
        ([Mark(START, 6), Mark(END, 6)], []),
        ([Mark(START, 5), Mark(PAUSE, 6), Mark(RESUME, 6)], [Interval(None, 5, 6), Interval(None, 6)]),
    ],
)
def test_what_happens_within_one_second_keeps_its_sense(marks, expected):
    for arrival in permutations(marks):
        assert intervals(arrival) == expected
