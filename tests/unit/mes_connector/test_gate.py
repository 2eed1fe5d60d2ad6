"""Circuit breaker and rate limit: every arrow, every wait, and which outcomes count."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from mes_connector_core import gate
from mes_connector_core.errors import TransitionRefused
from mes_connector_core.gate import BREAKER_TRANSITIONS, Breaker, BreakerEvent
from mes_connector_core.messages import SendResult
from mes_connector_core.states import BreakerState

NOW = datetime(2026, 11, 22, 12)
CLOSED, OPEN, HALF_OPEN = BreakerState
GOOD = SendResult(200, "accepted")
REFUSED = SendResult(422, "refused_by_system")
GONE = SendResult(410, "endpoint_gone")
DOWN = SendResult(0, "unreachable")
BUSY = SendResult(503, "system_busy", retry_after=120.0)
NO_KEY = SendResult(0, "no_signing_secret")
ARROWS = {
    CLOSED: "succeed:closed fail:closed trip:open close:closed",
    OPEN: "probe:half_open hasten:open close:closed",
    HALF_OPEN: "succeed:closed trip:open probe:half_open close:closed",
}


def in_seconds(seconds):
    return NOW + timedelta(seconds=seconds)


def opened(failures=5):
    return Breaker(OPEN, failures, in_seconds(30))


def probing(failures=5):
    return Breaker(HALF_OPEN, failures, in_seconds(30))


@pytest.mark.parametrize("state", BreakerState)
@pytest.mark.parametrize("event", BreakerEvent)
def test_every_arrow(state, event):
    expected = dict(arrow.split(":") for arrow in ARROWS[state].split())
    target = BREAKER_TRANSITIONS.get((state, event))
    assert (target and target.value) == expected.get(event.value)


@pytest.mark.parametrize(
    ("result", "counts"), [(GOOD, False), (REFUSED, False), (GONE, False), (DOWN, True), (BUSY, True), (NO_KEY, None)]
)
def test_what_counts_as_a_failure_of_the_system(result, counts):
    assert gate.counts_as_failure(result) is counts


@pytest.mark.parametrize(
    ("before", "result", "expected"),
    [
        (Breaker(), GOOD, Breaker()),
        (Breaker(failures=4), GOOD, Breaker()),
        (Breaker(failures=4), REFUSED, Breaker()),
        (Breaker(failures=4), NO_KEY, Breaker(failures=4)),
        (Breaker(), DOWN, Breaker(failures=1)),
        (Breaker(failures=3), DOWN, Breaker(failures=4)),
        (Breaker(failures=4), DOWN, Breaker(OPEN, 5, in_seconds(30))),
        (Breaker(), BUSY, Breaker(OPEN, 1, in_seconds(120))),
        (Breaker(), replace(BUSY, retry_after=0.0), Breaker(failures=1)),
    ],
)
def test_outcomes_while_it_is_closed(before, result, expected):
    assert gate.after(before, result, NOW) == expected


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (GOOD, Breaker()),
        (REFUSED, Breaker()),
        (DOWN, Breaker(OPEN, 6, in_seconds(60))),
        (BUSY, Breaker(OPEN, 6, in_seconds(120))),
        (NO_KEY, probing()),
    ],
)
def test_the_outcome_of_the_probe_decides(result, expected):
    assert gate.after(probing(), result, NOW, probe=probing().until) == expected


@pytest.mark.parametrize("breaker", [opened(), probing()])
@pytest.mark.parametrize("result", [GOOD, DOWN, BUSY])
@pytest.mark.parametrize("token", [None, NOW])
def test_what_is_not_the_probe_comes_too_late(breaker, result, token):
    assert gate.after(breaker, result, NOW, probe=token) == breaker


def test_a_failed_probe_keeps_it_open_however_few_failed_before():
    assert gate.after(probing(1), DOWN, NOW, probe=probing().until) == Breaker(OPEN, 2, in_seconds(30))


def test_a_probe_counts_as_any_other_once_a_person_has_closed_it():
    assert gate.after(gate.close(probing()), DOWN, NOW, probe=probing().until) == Breaker(failures=1)


@pytest.mark.parametrize(
    ("failures", "seconds"), [(1, 30), (5, 30), (6, 60), (7, 120), (8, 240), (9, 480), (10, 900), (10**9, 900)]
)
def test_each_failed_probe_doubles_the_wait_up_to_a_limit(failures, seconds):
    assert gate.open_seconds(failures) == seconds


def test_nothing_goes_before_its_time():
    assert opened().is_shut(in_seconds(29))
    assert not opened().is_shut(in_seconds(30))
    assert probing().is_shut(in_seconds(29))
    assert not Breaker(failures=4).is_shut(NOW)


def test_a_probe_that_got_lost_is_followed_by_another():
    first = gate.probe(opened(), in_seconds(30))
    second = gate.probe(first, first.until)
    assert (first.state, second.state) == (HALF_OPEN, HALF_OPEN)
    assert second.until == first.until + timedelta(seconds=gate.PROBE_SECONDS)
    assert gate.after(second, GOOD, NOW, probe=first.until) == second
    assert gate.after(second, GOOD, NOW, probe=second.until) == Breaker()


def test_what_people_may_do():
    assert gate.hasten(opened(6), NOW) == Breaker(OPEN, 6, NOW)
    assert gate.close(opened()) == gate.close(probing()) == Breaker()


@pytest.mark.parametrize(
    ("act", "breaker"), [(gate.probe, Breaker()), (gate.hasten, Breaker()), (gate.hasten, probing())]
)
def test_what_makes_no_sense_is_refused(act, breaker):
    with pytest.raises(TransitionRefused):
        act(breaker, NOW)


def test_only_a_closed_breaker_without_failures_is_quiet():
    assert Breaker().is_quiet
    assert not any(breaker.is_quiet for breaker in (Breaker(failures=1), opened(), probing()))


def sent_within(seconds, rate, step=0.05):
    """How many messages go when somebody tries all the time."""
    free_at, sent = None, 0
    for tick in range(int(seconds / step)):
        now = in_seconds(tick * step)
        while free_at is None or free_at <= now:
            free_at, sent = gate.take_tokens(free_at, rate, 1, now), sent + 1
    return sent


@pytest.mark.parametrize(("rate", "most"), [(1, 2), (60, 62), (600, 611)])
def test_no_more_than_the_rate_goes_out_and_no_less(rate, most):
    assert rate <= sent_within(60, rate) <= most


def test_an_idle_system_saves_no_more_than_a_second():
    assert gate.take_tokens(in_seconds(-3600), 60, 1, NOW) == NOW
    assert gate.take_tokens(NOW, 60, 1, NOW) == in_seconds(1)


def test_a_batch_is_paid_for_afterwards():
    assert gate.take_tokens(NOW, 60, 20, NOW) == in_seconds(20)
