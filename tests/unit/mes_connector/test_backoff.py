"""Retries: how long, how often, and what the far end's status means."""

import json
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mes_connector_core.backoff import (
    MAX_RETRY_AFTER_SECONDS,
    RetryPolicy,
    delay_for,
    http_outcome,
    item_outcomes,
    look_again_in,
)
from mes_connector_core.errors import CODES, Disposition

POLICY = RetryPolicy(base_seconds=2, factor=3, cap_seconds=60, max_attempts=5)
# 2026-11-22T16:00:00Z
NOW = 1795363200.0


class Highest(Random):
    """Draws the upper end, so that a test sees the limit."""

    def uniform(self, a, b):
        return b


@pytest.mark.parametrize(("attempt", "limit"), [(1, 2), (2, 6), (3, 18), (4, 54), (5, 60), (10_000, 60)])
def test_the_limit_grows_up_to_the_cap(attempt, limit):
    assert delay_for(attempt, POLICY, Highest()) == limit


@given(st.integers(1, 2000), st.integers())
@settings(max_examples=25)
def test_full_jitter_stays_within_the_limit(attempt, seed):
    assert 0 <= delay_for(attempt, POLICY, Random(seed)) <= POLICY.cap_seconds


def test_the_same_seed_waits_the_same():
    assert delay_for(3, POLICY, Random(7)) == delay_for(3, POLICY, Random(7)) != delay_for(3, POLICY, Random(8))


@pytest.mark.parametrize(("parked", "limit"), [(0, 2), (0.4, 2), (1, 4), (60, 240), (300, 900), (10**6, 900)])
def test_a_parked_message_is_looked_at_ever_more_seldom(parked, limit):
    assert look_again_in(parked, Highest()) == limit
    assert limit / 2 <= look_again_in(parked, Random(1)) <= limit


@pytest.mark.parametrize(("attempt", "exhausted"), [(1, False), (4, False), (5, True), (6, True)])
def test_attempts_run_out(attempt, exhausted):
    assert POLICY.is_exhausted(attempt) is exhausted


@pytest.mark.parametrize(
    ("status", "disposition"),
    [
        (200, Disposition.DONE), (202, Disposition.DONE), (204, Disposition.DONE),
        (408, Disposition.WAIT), (425, Disposition.WAIT), (429, Disposition.WAIT),
        (500, Disposition.WAIT), (503, Disposition.WAIT), (599, Disposition.WAIT),
        (301, Disposition.REJECT), (400, Disposition.REJECT), (401, Disposition.REJECT),
        (404, Disposition.REJECT), (409, Disposition.REJECT), (410, Disposition.WAIT), (422, Disposition.REJECT),
    ],
)  # fmt: skip
def test_what_a_status_means(status, disposition):
    outcome = http_outcome(status, {}, NOW)
    assert outcome.status == status
    assert CODES[outcome.code].disposition is disposition
    assert outcome.retry_after is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        (" 30 ", 30.0),
        ("99999999", MAX_RETRY_AFTER_SECONDS),
        ("9" * 5000, MAX_RETRY_AFTER_SECONDS),
        ("Sun, 22 Nov 2026 16:00:10 GMT", 10.0),
        ("Sun, 22 Nov 2026 15:00:00 GMT", 0.0),
        ("Fri, 22 Nov 2030 15:00:00 GMT", MAX_RETRY_AFTER_SECONDS),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("٣", None),
    ],
)
def test_retry_after(value, seconds):
    assert http_outcome(503, {"Retry-After": value}, NOW).retry_after == seconds


def test_retry_after_does_not_delay_a_refusal():
    assert http_outcome(400, {"retry-after": "5"}, NOW).retry_after is None


def problem(status):
    return {"status": "invalid", "problem": {"status": status, "code": "schema_invalid"}}


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({}, (202, "accepted")),
        ({"status": "duplicate"}, (202, "accepted")),
        ("odd", (202, "accepted")),
        (problem(422), (422, "refused_by_system")),
        (problem(409), (409, "refused_by_system")),
        (problem(503), (503, "system_busy")),
        (problem(410), (410, "endpoint_gone")),
        (problem("late"), (422, "refused_by_system")),
        (problem(200), (422, "refused_by_system")),
        ({"problem": "odd"}, (422, "refused_by_system")),
    ],
)
def test_what_an_answer_says_of_one_event_of_a_batch(item, expected):
    good, outcome = item_outcomes(json.dumps({"results": [{}, item]}).encode(), 2, 202, NOW)
    assert (good.code, outcome.status, outcome.code) == ("accepted", *expected)


@pytest.mark.parametrize(
    "body",
    [b"", b"ok", b"[]", b"{}", b'{"results": 2}', b'{"results": [{}]}', b'{"results": [{}, {}, {}]}', b"[" * 9999],
)
def test_an_answer_that_does_not_speak_of_each_event(body):
    assert item_outcomes(body, 2, 202, NOW) == ()
