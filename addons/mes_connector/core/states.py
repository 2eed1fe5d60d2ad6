"""Every state, phase and kind the connector stores, declared once; a leaf that imports no sibling.

Odoo selections are built from these enums with :func:`selection`, and no other file spells a
state as a string.
"""

from collections.abc import Iterable
from enum import Enum


class InboxState(str, Enum):
    """What has become of a message from the plant."""

    PENDING = "pending"
    WAITING = "waiting"
    PARKED = "parked"
    DONE = "done"
    REJECTED = "rejected"
    DEAD = "dead"
    SUPERSEDED = "superseded"
    DISCARDED = "discarded"
    EXPIRED = "expired"


class OutboxState(str, Enum):
    """What has become of a message to the plant."""

    PENDING = "pending"
    WAITING = "waiting"
    SENT = "sent"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    DEAD = "dead"
    EXPIRED = "expired"
    DISCARDED = "discarded"
    SUPERSEDED = "superseded"


class OrderPhase(str, Enum):
    """Where a manufacturing order stands between the ERP and the plant."""

    PLANNED = "planned"
    RELEASED = "released"
    IN_PROGRESS = "in_progress"
    PARTIALLY_CONFIRMED = "partially_confirmed"
    QUALITY_HOLD = "quality_hold"
    COMPLETED = "completed"
    POSTED = "posted"
    CANCELLED = "cancelled"


class RevisionState(str, Enum):
    """What the plant says to the latest revision of an order."""

    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"


class PostingPolicy(str, Enum):
    """When a plant's reports become stock moves."""

    AS_REPORTED = "as_reported"
    ON_COMPLETION = "on_completion"


class ReportKind(str, Enum):
    """What a report of the plant does to the stock; also the kind of the effects it has."""

    CONSUMED = "consumed"
    RETURNED = "returned"
    RECEIVED = "received"
    SCRAPPED = "scrapped"


class EffectKind(str, Enum):
    """Effects beside those of reports: kept for completion, informative, estimated, undone."""

    BOOKED = "booked"
    NOTED = "noted"
    ESTIMATED = "estimated"
    REVERSED = "reversed"


class BookingState(str, Enum):
    """Whether a report that was kept for completion has moved the stock."""

    BOOKED = "booked"
    POSTED = "posted"
    REVERSED = "reversed"


class ReceiptSource(str, Enum):
    """Which report receives the finished pieces of a plant; the other is informative."""

    PRODUCTION_REPORTED = "production_reported"
    LAST_OPERATION = "last_operation"


class BackflushTime(str, Enum):
    """When components that no report named are consumed."""

    AT_COMPLETION = "at_completion"
    AT_RECEIPT = "at_receipt"


class ToleranceMode(str, Enum):
    """What happens to consumption beyond the tolerance of a plant."""

    ACCEPT = "accept"
    FLAG = "flag"
    REJECT = "reject"


class ShortageMode(str, Enum):
    """What happens to consumption of what is not in stock."""

    PARK = "park"
    FLAG = "flag"


class ScrapCost(str, Enum):
    """Who carries the cost of scrapped pieces: the good ones of the order, or the scrap account."""

    GOOD_PIECES = "good_pieces"
    SCRAP_ACCOUNT = "scrap_account"


class ShortageNotice(str, Enum):
    """What reaches the buyer when a released order of a plant lacks components."""

    ACTIVITY = "activity"
    REPLENISH = "replenish"
    NOBODY = "nobody"


class LockedPeriod(str, Enum):
    """What happens to a posting whose day is locked in accounting."""

    NEXT_OPEN_DAY = "next_open_day"
    PARK = "park"


class TimeMark(str, Enum):
    """What the plant says of the work on an operation: begun, stopped for a while, going on, ended.

    ``labor`` is a person's time from a begin to an end, and no part of the four others.
    """

    STARTED = "started"
    PAUSED = "paused"
    RESUMED = "resumed"
    FINISHED = "finished"
    LABOR = "labor"


class TimeOrigin(str, Enum):
    """Which report a time log comes from.

    ``marks`` are intervals between start, pause and end; ``confirmed`` are minutes of the operation
    itself; ``crew`` is the time of the people a confirmation names, ``labor`` that of anybody else;
    ``estimated`` is the expected time of an operation nobody reported any time of.
    """

    MARKS = "marks"
    CONFIRMED = "confirmed"
    CREW = "crew"
    LABOR = "labor"
    ESTIMATED = "estimated"


class Activity(str, Enum):
    """What a person's time on an operation was spent on."""

    SETUP = "setup"
    RUN = "run"
    REWORK = "rework"
    OTHER = "other"


class SystemState(str, Enum):
    """Whether a registered system is talked to."""

    DRAFT = "draft"
    ACTIVE = "active"


class PauseKind(str, Enum):
    """What is held back: everything, or only what comes after the pause began."""

    PAUSE = "pause"
    DRAIN = "drain"


class FlowState(str, Enum):
    """Whether messages flow; drained means that a drain has nothing left to work."""

    RUNNING = "running"
    PAUSED = "paused"
    DRAINING = "draining"
    DRAINED = "drained"


class FlowClass(str, Enum):
    """How soon a message must have its effect: at once, within minutes, or overnight."""

    REAL_TIME = "real_time"
    WINDOW = "window"
    BATCH = "batch"


class Retention(str, Enum):
    """What is kept of a settled message: all of it, all but its payload, or as little as possible."""

    FULL = "full"
    METADATA = "metadata"
    NONE = "none"


class BreakerState(str, Enum):
    """Whether a system is called: normally, not at all for a while, or once to see whether it is back."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class ReplayAction(str, Enum):
    """What a mass action does with each of its messages."""

    RESEND = "resend"
    MISSED = "missed"
    RETRY = "retry"
    DISCARD = "discard"
    APPLY_AGAIN = "apply_again"


class ReplayState(str, Enum):
    """How far a mass action has come."""

    DRAFT = "draft"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


class PublicationKind(str, Enum):
    """What kind of object a system is kept informed of."""

    PRODUCT = "product"
    BOM = "bom"
    ROUTING = "routing"
    WORK_CENTER = "work_center"
    REASON_CODE = "reason_code"
    LOT = "lot"
    AVAILABILITY = "availability"


class MarkTopic(str, Enum):
    """Why an object is to be looked at again."""

    MASTER_DATA = "master_data"
    AVAILABILITY = "availability"


class CaseState(str, Enum):
    """Whether a case still waits for its owner."""

    OPEN = "open"
    CLOSED = "closed"


class ChangeRequestState(str, Enum):
    """What the owner says to a proposed change."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    REFUSED = "refused"


class Outcome(str, Enum):
    """The one terminal business answer to a message from the plant."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    EXPIRED = "expired"


class Direction(str, Enum):
    """Which way an event travels, seen from Odoo."""

    IN = "in"
    OUT = "out"


class SystemKind(str, Enum):
    """What a registered system is, in the words of ISA-95 and its neighbours."""

    MES = "mes"
    SCADA = "scada"
    LIMS = "lims"
    WMS = "wms"
    CMMS = "cmms"
    ERP = "erp"
    OTHER = "other"


class TransportKind(str, Enum):
    """The wire a system is reached over."""

    HTTP = "http"
    MQTT = "mqtt"


class CredentialKind(str, Enum):
    """How a system proves who it is over HTTP."""

    SIGNATURE = "signature"
    BEARER = "bearer"


class CodeKind(str, Enum):
    """What kind of thing a code of a system names."""

    PRODUCT = "product"
    UNIT = "unit"
    WORK_CENTER = "work_center"
    OPERATION = "operation"
    REASON = "reason"
    SCRAP_REASON = "scrap_reason"
    QUALITY_CODE = "quality_code"
    EQUIPMENT = "equipment"
    LOCATION = "location"
    LOT = "lot"
    OPERATOR = "operator"
    ROUTING_VERSION = "routing_version"
    BATCH_RULE = "batch_rule"


class CodeMapState(str, Enum):
    """Whether a row of the crosswalk counts, or still waits for a second person."""

    PROPOSED = "proposed"
    IN_FORCE = "in_force"


# Due rows are a lane's work. Live rows are due or wait for a person or a predecessor. Terminal
# inbox rows carry their answer; terminal outbox rows ask for no more work unless sent again.
INBOX_DUE = frozenset({InboxState.PENDING, InboxState.WAITING})
INBOX_LIVE = INBOX_DUE | {InboxState.PARKED, InboxState.DEAD}
INBOX_TERMINAL = frozenset(InboxState) - INBOX_LIVE
OUTBOX_DUE = frozenset({OutboxState.PENDING, OutboxState.WAITING})
OUTBOX_LIVE = OUTBOX_DUE | {OutboxState.DEAD}
OUTBOX_TERMINAL = frozenset(OutboxState) - OUTBOX_LIVE

# Members whose label is an abbreviation, written in capitals.
_ABBREVIATIONS = frozenset(SystemKind) - {SystemKind.OTHER} | frozenset(TransportKind) | {PublicationKind.BOM}


def selection(enum_cls: type[Enum]) -> list[tuple[str, str]]:
    """Return the (value, label) pairs of an enum, in order, for an Odoo selection field."""
    return [(member.value, _label(member)) for member in enum_cls]


def sql_list(states: Iterable[Enum]) -> str:
    """Return states as an SQL list, such as ``('dead', 'pending')``, for the text of a partial index."""
    return f"({', '.join(sorted(repr(state.value) for state in states))})"


def _label(member: Enum) -> str:
    if member in _ABBREVIATIONS:
        return member.value.upper()
    return member.value.replace("_", " ").capitalize()
