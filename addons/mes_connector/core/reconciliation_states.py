"""The states and kinds of reconciliation, declared once like those of ``states.py``; a leaf that imports no sibling."""

from enum import Enum


class DifferenceKind(str, Enum):
    """What reconciliation finds where two of its books disagree.

    The first six compare what messages said, what effects prove and what the records hold; the last three compare the
    sender's own totals with what was applied of it.
    """

    RECORD_MISSING = "record_missing"
    RECORD_CHANGED = "record_changed"
    PROOF_MISSING = "proof_missing"
    PROOF_CHANGED = "proof_changed"
    NOT_POSTED = "not_posted"
    NOT_REPORTED = "not_reported"
    EVENT_MISSING = "event_missing"
    EVENT_EXTRA = "event_extra"
    TOTAL_DIFFERS = "total_differs"


class Repair(str, Enum):
    """What is suggested to do about a difference."""

    REPLAY = "replay"
    REQUEST_RESEND = "request_resend"
    ADJUST = "adjust"


class ReconciliationTrigger(str, Enum):
    """Why books are compared: a shift's summary came, an order is completed, somebody asked."""

    SHIFT = "shift"
    COMPLETION = "completion"
    DEMAND = "demand"


class ReconciliationState(str, Enum):
    """How far a reconciliation has come; ``asked`` waits for the summary of the system, ``failed`` for a person."""

    PENDING = "pending"
    ASKED = "asked"
    AGREES = "agrees"
    DIFFERS = "differs"
    FAILED = "failed"


class SettledAs(str, Enum):
    """How a difference came to its end: by what was tried, with a person's reason, by itself, or found once more."""

    REPLAYED = "replayed"
    RESENT = "resent"
    ADJUSTED = "adjusted"
    GONE = "gone"
    FOUND_AGAIN = "found_again"
