"""Message tables: what may follow each state, and that no state is a trap."""

import pytest
from mes_connector_core.errors import TransitionRefused
from mes_connector_core.message_machine import (
    INBOX_TRANSITIONS,
    OUTBOX_TRANSITIONS,
    InboxEvent,
    OutboxEvent,
    next_state,
)
from mes_connector_core.states import INBOX_LIVE, INBOX_TERMINAL, InboxState, OutboxState

TABLES = [(INBOX_TRANSITIONS, InboxState, InboxEvent), (OUTBOX_TRANSITIONS, OutboxState, OutboxEvent)]
INBOX = {
    "pending": "apply park wait reject die expire discard supersede",
    "waiting": "apply park wait reject die expire discard supersede resume",
    "parked": "expire discard supersede resume",
    "dead": "discard supersede resume",
}
OUTBOX = {
    "pending": "send wait die confirm refuse expire discard supersede",
    "waiting": "send wait die confirm refuse expire discard supersede resend",
    "sent": "confirm refuse expire supersede resend",
    "confirmed": "send wait resend",
    "refused": "send wait discard supersede resend",
    "dead": "discard supersede resend",
    "expired": "resend",
}


def events_by_state(table):
    found = {}
    for state, event in table:
        found.setdefault(state.value, set()).add(event.value)
    return found


@pytest.mark.parametrize(("table", "expected"), [(INBOX_TRANSITIONS, INBOX), (OUTBOX_TRANSITIONS, OUTBOX)])
def test_which_events_each_state_allows(table, expected):
    assert events_by_state(table) == {state: set(events.split()) for state, events in expected.items()}


@pytest.mark.parametrize(
    ("state", "event", "target"),
    [
        ("pending", "apply", "done"),
        ("waiting", "park", "parked"),
        ("parked", "resume", "pending"),
        ("dead", "discard", "discarded"),
        ("pending", "die", "dead"),
        ("parked", "expire", "expired"),
    ],
)
def test_inbox_arrows(state, event, target):
    assert next_state(INBOX_TRANSITIONS, state, event) == target


@pytest.mark.parametrize(
    ("state", "event", "target"),
    [
        ("pending", "send", "sent"),
        ("sent", "confirm", "confirmed"),
        ("pending", "confirm", "confirmed"),
        ("confirmed", "send", "confirmed"),
        ("refused", "send", "refused"),
        ("confirmed", "resend", "pending"),
        ("waiting", "die", "dead"),
    ],
)
def test_outbox_arrows(state, event, target):
    assert next_state(OUTBOX_TRANSITIONS, state, event) == target


@pytest.mark.parametrize("state", sorted(INBOX_TERMINAL))
def test_an_answered_message_never_moves(state):
    for event in InboxEvent:
        with pytest.raises(TransitionRefused) as raised:
            next_state(INBOX_TRANSITIONS, state, event)
        assert raised.value.detail == f"Event: {event.value}. State: {state.value}."


def test_every_live_inbox_message_can_still_get_an_answer():
    for state in INBOX_LIVE:
        assert next_state(INBOX_TRANSITIONS, state, InboxEvent.DISCARD) is InboxState.DISCARDED


@pytest.mark.parametrize(("table", "states", "events"), TABLES)
def test_every_state_is_reachable_and_every_event_used(table, states, events):
    initial = list(states)[0]
    assert set(table.values()) | {initial} == set(states)
    assert {event for _state, event in table} == set(events)
