"""What may become of a message; one table for the inbox, one for the outbox.

Who draws an arrow (a lane, a transport, a person) and what is written beside it is the shell's.
"""

from collections.abc import Mapping
from enum import Enum

from .errors import error
from .states import InboxState, OutboxState


class InboxEvent(str, Enum):
    """What a lane or a person may do to a message from the plant."""

    APPLY = "apply"
    PARK = "park"
    WAIT = "wait"
    REJECT = "reject"
    DIE = "die"
    EXPIRE = "expire"
    DISCARD = "discard"
    RESUME = "resume"
    SUPERSEDE = "supersede"


class OutboxEvent(str, Enum):
    """What a transport, an answer of the plant or a person may do to a message to the plant."""

    SEND = "send"
    CONFIRM = "confirm"
    REFUSE = "refuse"
    WAIT = "wait"
    DIE = "die"
    EXPIRE = "expire"
    DISCARD = "discard"
    RESEND = "resend"
    SUPERSEDE = "supersede"


def _table(rows):
    return {(source, event): target for sources, event, target in rows for source in sources}


_IN_DUE = (InboxState.PENDING, InboxState.WAITING)
_IN_STOPPED = (InboxState.PARKED, InboxState.DEAD)

INBOX_TRANSITIONS: dict[tuple[InboxState, InboxEvent], InboxState] = _table(
    (
        (_IN_DUE, InboxEvent.APPLY, InboxState.DONE),
        (_IN_DUE, InboxEvent.PARK, InboxState.PARKED),
        (_IN_DUE, InboxEvent.WAIT, InboxState.WAITING),
        (_IN_DUE, InboxEvent.REJECT, InboxState.REJECTED),
        (_IN_DUE, InboxEvent.DIE, InboxState.DEAD),
        ((*_IN_DUE, InboxState.PARKED), InboxEvent.EXPIRE, InboxState.EXPIRED),
        ((*_IN_DUE, *_IN_STOPPED), InboxEvent.DISCARD, InboxState.DISCARDED),
        ((*_IN_DUE, *_IN_STOPPED), InboxEvent.SUPERSEDE, InboxState.SUPERSEDED),
        ((InboxState.WAITING, *_IN_STOPPED), InboxEvent.RESUME, InboxState.PENDING),
    )
)

_OUT_DUE = (OutboxState.PENDING, OutboxState.WAITING)
_OUT_UNANSWERED = (*_OUT_DUE, OutboxState.SENT)
_OUT_FAILED = (OutboxState.REFUSED, OutboxState.DEAD)

# The plant may answer before the delivery itself is written down, so an answered message takes
# the late outcome of its own delivery without moving.
_OUT_ANSWERED = (
    ((OutboxState.CONFIRMED,), OutboxEvent.SEND, OutboxState.CONFIRMED),
    ((OutboxState.CONFIRMED,), OutboxEvent.WAIT, OutboxState.CONFIRMED),
    ((OutboxState.REFUSED,), OutboxEvent.SEND, OutboxState.REFUSED),
    ((OutboxState.REFUSED,), OutboxEvent.WAIT, OutboxState.REFUSED),
)

OUTBOX_TRANSITIONS: dict[tuple[OutboxState, OutboxEvent], OutboxState] = _table(
    (
        (_OUT_DUE, OutboxEvent.SEND, OutboxState.SENT),
        (_OUT_DUE, OutboxEvent.WAIT, OutboxState.WAITING),
        (_OUT_DUE, OutboxEvent.DIE, OutboxState.DEAD),
        (_OUT_UNANSWERED, OutboxEvent.CONFIRM, OutboxState.CONFIRMED),
        (_OUT_UNANSWERED, OutboxEvent.REFUSE, OutboxState.REFUSED),
        (_OUT_UNANSWERED, OutboxEvent.EXPIRE, OutboxState.EXPIRED),
        ((*_OUT_DUE, *_OUT_FAILED), OutboxEvent.DISCARD, OutboxState.DISCARDED),
        ((*_OUT_UNANSWERED, *_OUT_FAILED), OutboxEvent.SUPERSEDE, OutboxState.SUPERSEDED),
        (
            (
                OutboxState.WAITING,
                OutboxState.SENT,
                OutboxState.CONFIRMED,
                OutboxState.EXPIRED,
                *_OUT_FAILED,
            ),
            OutboxEvent.RESEND,
            OutboxState.PENDING,
        ),
        *_OUT_ANSWERED,
    )
)


def next_state(table: Mapping[tuple[str, str], str], state: str, event: str) -> str:
    """Return the state after the event; raises ``TransitionRefused`` when there is no arrow."""
    target = table.get((state, event))
    if target is None:
        raise error("transition_refused", f"Event: {_value(event)}. State: {_value(state)}.")
    return target


def _value(member):
    return member.value if isinstance(member, Enum) else member
