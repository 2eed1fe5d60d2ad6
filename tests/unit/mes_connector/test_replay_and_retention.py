"""Pure rules of replays and of what is kept: which states an action takes, and the times before which things go."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mes_connector_core.event_types import ANSWER_TYPES
from mes_connector_core.message_machine import INBOX_TRANSITIONS, OUTBOX_TRANSITIONS, InboxEvent, OutboxEvent
from mes_connector_core.replay import HAS, TAKES, may_go_to, percent
from mes_connector_core.retention import KeepPlan, horizon, payload_cutoff, row_cutoff
from mes_connector_core.states import Direction, ReplayAction, Retention

NOW = datetime(2026, 11, 22, 12)
TABLES = {Direction.IN: INBOX_TRANSITIONS, Direction.OUT: OUTBOX_TRANSITIONS}
#: What each action asks of the state table; the others make a new message of a settled one.
ASKS = {
    (ReplayAction.RETRY, Direction.IN): InboxEvent.RESUME,
    (ReplayAction.RETRY, Direction.OUT): OutboxEvent.RESEND,
    (ReplayAction.DISCARD, Direction.IN): InboxEvent.DISCARD,
    (ReplayAction.DISCARD, Direction.OUT): OutboxEvent.DISCARD,
}


def test_every_action_takes_something():
    assert {action for action, _way in TAKES} == set(ReplayAction)


@pytest.mark.parametrize(("taken", "event"), ASKS.items())
def test_what_is_done_in_place_is_an_arrow_of_the_table(taken, event):
    assert all((state, event) in TABLES[taken[1]] for state in TAKES[taken])


def test_what_is_applied_again_has_ended():
    taken = TAKES[ReplayAction.APPLY_AGAIN, Direction.IN]
    assert not [arrow for arrow in INBOX_TRANSITIONS if arrow[0] in taken], "no arrow leads out of these states"


def test_missed_looks_at_everything_a_system_may_have():
    assert TAKES[ReplayAction.MISSED, Direction.OUT] >= HAS


def test_an_answer_is_for_its_asker():
    assert may_go_to("mes.order.released.v1", "a", "b")
    for answer in ANSWER_TYPES:
        assert not may_go_to(answer, "a", "b")
        assert may_go_to(answer, "a", "a")


@given(st.integers(0, 10**6), st.integers(0, 10**6))
@settings(max_examples=20)
def test_progress_ends_with_the_last_one(total, worked):
    shown = percent(total, min(worked, total))
    assert 0 <= shown <= 100
    assert (shown == 100) == (worked >= total)


@given(st.sampled_from(list(Retention)), st.integers(0, 4000), st.integers(1, 4000))
@settings(max_examples=20)
def test_no_row_goes_while_its_repetition_would_be_taken(retention, days, horizon_days):
    plan = KeepPlan(retention, days)
    assert row_cutoff(plan, NOW, horizon_days) <= horizon(NOW, horizon_days)
    assert payload_cutoff(plan, NOW, horizon_days) <= NOW - timedelta(days=1)


@pytest.mark.parametrize(
    ("retention", "payload_days", "row_days"),
    [(Retention.FULL, 730, 730), (Retention.METADATA, 1, 730), (Retention.NONE, 1, 60)],
)
def test_what_each_retention_keeps(retention, payload_days, row_days):
    plan = KeepPlan(retention, 730)
    assert payload_cutoff(plan, NOW, 60) == NOW - timedelta(days=payload_days)
    assert row_cutoff(plan, NOW, 60) == NOW - timedelta(days=row_days)
