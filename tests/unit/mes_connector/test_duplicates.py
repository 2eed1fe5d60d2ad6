"""Semantic duplicates: what is told again is held, what happened again is not."""

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from fact_memory import FactMemory, held
from hypothesis import given, settings
from hypothesis import strategies as st
from mes_connector_core.duplicates import (
    LONGEST_RETRY,
    UNKNOWN_SHORTEST,
    canonical,
    fact_of,
    gaps_of,
    judge,
    shortest_gap,
)

SCHEMAS = Path(__file__).resolve().parents[3] / "addons" / "mes_connector" / "schemas"
START = datetime(2026, 11, 23, 8, 0, tzinfo=timezone.utc)
BOX = {"order": "MO1", "items": [{"product": "GBX", "quantity": {"value": 10, "uom": "C62"}, "lot": "L1"}]}
PART = {
    "order": "MO1",
    "operation": "10",
    "work_center": "A",
    "good": {"value": 10, "uom": "C62"},
    "minutes": {"machine": 3},
    "final": False,
}


def told(identity, seconds=0.0, data=None, kind="production.reported", **more):
    """An event ``seconds`` after the start."""
    time = (START + timedelta(seconds=seconds)).isoformat(timespec="milliseconds")
    envelope = {"id": identity, "source": "/mes", "type": f"mes.{kind}.v1", "time": time}
    return {**envelope, "data": dict(data or BOX, **more.pop("add", {})), **more}


def boxes(count=12, every=8.0, **more):
    return [told(f"e{number}", number * every, **more) for number in range(count)]


def is_held(first, second, before=()):
    """Whether ``second`` is held after ``first``; ``before`` is what made the sender known."""
    result = held([*before, first, second])
    assert result <= {second["id"]}
    return bool(result)


def test_boxes_seconds_apart_are_not_held():
    assert not held(boxes())
    assert not held(boxes(every=1.5))


@pytest.mark.parametrize(
    ("change", "original"),
    [
        ({}, {}),
        ({"source": "/mes/standby"}, {}),
        ({"time": "2026-11-23T09:00:00.120+01:00"}, {"time": "2026-11-23T08:00:00.120Z"}),
        ({"time": "2026-11-23T08:00:00Z"}, {"time": "2026-11-23T08:00:00.731Z"}),
        ({"time": "2026-11-23T08:00:01Z"}, {"time": "2026-11-23T08:00:00.731Z"}),
        ({"sequence": 9}, {"sequence": 4}),
        ({"sequence": 4, "time": "2026-11-23T08:07:00Z"}, {"sequence": 4}),
    ],
)
def test_a_fact_told_again_is_held(change, original):
    assert is_held({**told("first"), **original}, {**told("second"), **change})


@pytest.mark.parametrize(
    "data",
    [
        {"items": [{"product": "GBX", "quantity": {"uom": "C62", "value": 10.0}, "lot": " L1"}], "order": "MO1"},
        dict(BOX, text="sent again"),
    ],
)
def test_how_it_is_written_does_not_matter(data):
    assert is_held(told("first"), told("second", data=data))


def test_another_unit_says_the_same():
    kilograms, grams = ({"value": 1.25, "uom": "KGM"}, {"value": 1250, "uom": "GRM"})
    assert canonical(kilograms) == canonical(grams)
    assert canonical({"value": 1.25, "uom": "C62"}) != canonical(grams)


@pytest.mark.parametrize(
    "change",
    [
        {"order": "MO2"},
        {"items": [dict(BOX["items"][0], lot="L2")]},
        {"items": [dict(BOX["items"][0], quantity={"value": 11, "uom": "C62"})]},
    ],
)
def test_another_fact_at_the_same_instant_is_not_held(change):
    assert not is_held(told("first"), told("second", add=change))


def test_a_count_that_stands_still_is_held_whatever_the_time():
    assert is_held(told("first", add={"cumulative": 10}), told("second", 7200, add={"cumulative": 10}, sequence=7))


def test_a_count_that_grew_clears_an_event_at_once():
    assert not is_held(told("first", add={"cumulative": 10}), told("second", add={"cumulative": 20}))


def test_a_count_nobody_added_to_tells_nothing():
    setup = dict(PART, good={"value": 0, "uom": "C62"}, cumulative={"good": 0})
    events = [told(name, at, data=setup, kind="operation.confirmed") for name, at in (("first", 0), ("second", 600))]
    assert not is_held(*events)


def test_a_count_that_begins_anew_is_not_held():
    run = [told(f"e{number}", number * 8, add={"cumulative": number * 10 + 10}) for number in range(5)]
    assert is_held(run[-1], told("again", 40, add={"cumulative": 10}), before=run[:-1])
    assert not is_held(run[-1], told("reset", 3600, add={"cumulative": 10}), before=run[:-1])


def test_serial_numbers_and_periods_cannot_come_twice():
    made = dict(BOX, items=[dict(BOX["items"][0], serials=["S1", "S2"])])
    assert is_held(told("first", data=made, sequence=1), told("second", 9000, data=made, sequence=2))
    labor = {"order": "MO1", "operation": "10", "operator": "7", "from": "2026-11-23T06:00:00Z"}
    first = dict(labor, to="2026-11-23T07:00:00Z")
    second = dict(first, to="2026-11-23T08:00:00+01:00")
    kind = {"kind": "labor.reported"}
    assert is_held(told("first", data=first, **kind), told("second", 60, data=second, **kind))
    third = dict(first, to="2026-11-23T07:30:00Z")
    assert not is_held(told("first", data=first, **kind), told("second", 60, data=third, **kind))


def test_what_is_said_beside_the_fact_may_tell_two_apart():
    kind = {"kind": "operation.confirmed", "data": PART}
    assert not is_held(told("first", **kind), told("second", 0.4, **kind, add={"minutes": {"machine": 4}}))
    assert is_held(told("first", **kind), told("second", 0, **kind, add={"operators": ["7"]}))


def test_a_retry_breaks_the_rhythm_of_its_sender():
    assert is_held(told("late", 120), told("retry", 122), before=boxes())
    slow = boxes(every=900.0)
    assert is_held(told("late", 10800), told("retry", 10820), before=slow)
    assert not is_held(told("late", 10800), told("next", 10870), before=slow)


def test_numbers_that_go_on_clear_an_event_at_once():
    assert not is_held(told("first", sequence=1), told("second", 0.3, sequence=2))


def test_a_sender_of_whole_minutes_is_told_by_its_numbers():
    minutes = [told(f"e{number}", number // 8 * 60, sequence=number + 1) for number in range(24)]
    assert not held([dict(event, time=event["time"].replace(".000", "")) for event in minutes])


def test_what_was_taken_back_may_happen_anew_but_is_not_told_again():
    undone = told("undo", 60, data={"order": "MO1", "reverses": "first", "reason": "x"}, kind="posting.reversed")
    made = dict(BOX, items=[dict(BOX["items"][0], serials=["S1"])])
    assert held([told("first", data=made), undone, told("second", data=made)]) == {"second"}
    assert not held([told("first", data=made), undone, told("second", 90, data=made)])


def test_a_person_can_call_a_gap_usual():
    known, again = fact_of(told("first")), fact_of(told("second", 0.6))
    assert judge(again, [known], [known]).gap == pytest.approx(0.6)
    assert judge(again, [known], [known], usual=0.6) is None
    assert judge(fact_of(told("second")), [known], [known], usual=0.0) is not None


@settings(max_examples=25)
@given(st.permutations(range(12)), st.integers(0, 11), st.floats(0.0, 3600.0))
def test_numbered_boxes_in_any_order_are_held_exactly_when_told_again(order, again, later):
    events = [dict(event, sequence=number + 1) for number, event in enumerate(boxes())]
    stream = [events[number] for number in order]
    moved = (START + timedelta(seconds=later)).isoformat()
    assert held([*stream, dict(events[again], id="again", time=moved)]) == {"again"}


def test_a_second_press_is_held_of_a_sender_without_a_rhythm():
    moments = [0, 40, 2000, 2070, 9000, 9100, 60000]
    known = [told(f"k{number}", at, kind="scrap.reported") for number, at in enumerate(moments)]
    first, press, later = (
        told(name, at, kind="scrap.reported") for name, at in (("a", 70000), ("b", 70002), ("c", 70040))
    )
    assert held([*known, first, press, later]) == {"b"}


@settings(max_examples=25)
@given(st.lists(st.floats(0.001, 1e6), max_size=40))
def test_the_shortest_gap_is_never_longer_than_the_usual_one(gaps):
    shortest = shortest_gap(gaps)
    assert 0 <= shortest <= max(LONGEST_RETRY, UNKNOWN_SHORTEST)
    if len(gaps) >= 4:
        assert sum(gap < shortest for gap in gaps) <= len(gaps) / 2


@settings(max_examples=25)
@given(st.lists(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)), max_size=10))
def test_gaps_do_not_depend_on_the_order_of_arrival(moments):
    assert gaps_of(moments) == gaps_of(moments[::-1])
    assert all(gap >= 0 for gap in gaps_of(moments))


@pytest.mark.parametrize("path", [path for path in SCHEMAS.glob("*/examples/*.json") if "reversed" not in str(path)])
def test_every_example_is_held_when_it_is_told_again(path):
    event = json.loads(path.read_text())
    memory = FactMemory()
    assert not memory.hold(event)
    assert memory.hold(dict(event, id="again"))
