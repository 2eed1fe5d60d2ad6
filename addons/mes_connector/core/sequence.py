"""Whether a numbered event may be applied yet; finding its predecessor is not done here.

Numbers start at 1 and have no gaps within one source and ordering key.
"""

from .states import INBOX_DUE, InboxState


def turn_comes(sequence: int | None, predecessor_state: str | None, predecessor_code: str = "") -> bool:
    """Tell whether the event before this one has had its turn.

    ``predecessor_state`` is None when that event has not arrived. A predecessor parked for any
    reason but its own ``sequence_gap`` has had its turn: it must not stop those behind it.
    """
    if sequence is None or sequence == 1:
        return True
    if predecessor_state is None or predecessor_state in INBOX_DUE:
        return False
    return not (predecessor_state == InboxState.PARKED and predecessor_code == "sequence_gap")
