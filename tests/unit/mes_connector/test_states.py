"""States: the sets fit together and the labels are what people read."""

import pytest
from mes_connector_core import states
from mes_connector_core.states import InboxState, OrderPhase, OutboxState, SystemKind, TransportKind


@pytest.mark.parametrize(
    ("enum_cls", "due", "live", "terminal"),
    [
        (InboxState, states.INBOX_DUE, states.INBOX_LIVE, states.INBOX_TERMINAL),
        (OutboxState, states.OUTBOX_DUE, states.OUTBOX_LIVE, states.OUTBOX_TERMINAL),
    ],
)
def test_each_state_is_live_or_terminal(enum_cls, due, live, terminal):
    assert due < live
    assert live | terminal == set(enum_cls)
    assert not live & terminal


def test_only_answered_inbox_messages_are_terminal():
    assert {state.value for state in states.INBOX_TERMINAL} == {
        "done", "rejected", "expired", "discarded", "superseded",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("member", "label"),
    [
        (OrderPhase.IN_PROGRESS, "In progress"),
        (SystemKind.MES, "MES"),
        (SystemKind.OTHER, "Other"),
        (TransportKind.MQTT, "MQTT"),
    ],
)
def test_selection_labels(member, label):
    assert (member.value, label) in states.selection(type(member))


def test_selection_keeps_the_order_of_the_enum():
    assert [value for value, _label in states.selection(OrderPhase)] == [phase.value for phase in OrderPhase]


def test_sql_list_is_sorted_and_quoted():
    assert states.sql_list(states.INBOX_DUE) == "('pending', 'waiting')"
