"""What a replay may be: which messages each action takes and which way they travel; doing it is the shell's."""

from collections.abc import Mapping

from .event_types import ANSWER_TYPES
from .states import Direction, InboxState, OutboxState, ReplayAction

#: The states each action takes. What a person discarded and what a newer message replaced is not sent again.
TAKES: Mapping[tuple[ReplayAction, Direction], frozenset] = {
    (ReplayAction.RESEND, Direction.OUT): frozenset(
        {OutboxState.SENT, OutboxState.CONFIRMED, OutboxState.REFUSED, OutboxState.EXPIRED}
    ),
    (ReplayAction.MISSED, Direction.OUT): frozenset(OutboxState) - {OutboxState.DISCARDED, OutboxState.SUPERSEDED},
    (ReplayAction.RETRY, Direction.OUT): frozenset({OutboxState.DEAD, OutboxState.REFUSED}),
    (ReplayAction.DISCARD, Direction.OUT): frozenset(
        {OutboxState.PENDING, OutboxState.WAITING, OutboxState.DEAD, OutboxState.REFUSED}
    ),
    (ReplayAction.RETRY, Direction.IN): frozenset({InboxState.PARKED, InboxState.DEAD}),
    (ReplayAction.DISCARD, Direction.IN): frozenset(
        {InboxState.PENDING, InboxState.WAITING, InboxState.PARKED, InboxState.DEAD}
    ),
    (ReplayAction.APPLY_AGAIN, Direction.IN): frozenset(
        {InboxState.REJECTED, InboxState.EXPIRED, InboxState.DISCARDED}
    ),
}

#: A system has an event when one of its rows is in one of these states, or was answered.
HAS = frozenset({OutboxState.PENDING, OutboxState.WAITING, OutboxState.SENT, OutboxState.CONFIRMED})

#: Actions that would take the whole journal unless a time or messages are named.
NEEDS_SINCE = frozenset({ReplayAction.RESEND, ReplayAction.MISSED, ReplayAction.APPLY_AGAIN})


def may_go_to(event_type: str, own: str, target: str) -> bool:
    """Tell whether an event of system ``own`` may be sent to ``target``: an answer is for its asker alone."""
    return own == target or event_type not in ANSWER_TYPES


def percent(total: int, worked: int) -> int:
    """Return the progress in whole percent; 100 only when all is worked."""
    return 100 if worked >= total else 100 * worked // total
