"""What may happen to an order in which phase; the one table of the order life cycle.

Guards and effects stand here as sentences for people; the shell carries them out. Odoo's own
``state`` of the order is no concern of this file.
"""

from dataclasses import dataclass
from enum import Enum

from .errors import error
from .states import OrderPhase

_P = OrderPhase


class OrderEvent(str, Enum):
    """What the ERP, the plant or quality may do to an order.

    ``confirm`` is each report of pieces: an operation confirmed, production or scrap reported.
    ``report_time`` is labour; ``return`` brings components back; ``reverse`` undoes a report.
    ``refuse`` sends a release back, ``refuse_change`` only a later revision: the plant goes on
    with the one it runs. ``complete`` is the plant's end of the work, ``close`` the ERP's.
    """

    RELEASE = "release"
    ACKNOWLEDGE = "acknowledge"
    REFUSE = "refuse"
    REFUSE_CHANGE = "refuse_change"
    START = "start"
    PAUSE = "pause"
    CONFIRM = "confirm"
    CONSUME = "consume"
    RETURN = "return"
    REPORT_TIME = "report_time"
    REVERSE = "reverse"
    CHANGE = "change"
    COMPLETE = "complete"
    CLOSE = "close"
    REOPEN = "reopen"
    HOLD = "hold"
    RESUME = "resume"
    POST = "post"
    CANCEL = "cancel"


class Verdict(str, Enum):
    """What the table says to an event: it moves the order, or one of four other things."""

    MOVE = "move"
    ALREADY = "already"
    TOO_EARLY = "too_early"
    ON_HOLD = "on_hold"
    REFUSED = "refused"


@dataclass(frozen=True)
class Transition:
    """One arrow; a ``target`` of None means the phase the order came from (see ``LEFT_BY``)."""

    source: OrderPhase
    event: OrderEvent
    target: OrderPhase | None
    owner: str
    guard: str
    effect: str


@dataclass(frozen=True)
class Decision:
    """The verdict and the phase the order is in afterwards."""

    verdict: Verdict
    target: OrderPhase


# (sources, event, target, owner, guard, effect); KEEP = the phase stays what it is.
_KEEP = object()
_ROWS = (
    (
        (_P.PLANNED,),
        OrderEvent.RELEASE,
        _P.RELEASED,
        "ERP",
        "The Odoo order is confirmed and every product, work center and unit has a code.",
        "The release is sent with the next revision.",
    ),
    (
        (_P.RELEASED, _P.IN_PROGRESS, _P.PARTIALLY_CONFIRMED, _P.QUALITY_HOLD),
        OrderEvent.ACKNOWLEDGE,
        _KEEP,
        "MES",
        "The revision has been sent.",
        "The revision that the plant runs and the time of its acknowledgement are kept.",
    ),
    (
        (_P.RELEASED,),
        OrderEvent.REFUSE,
        _P.PLANNED,
        "MES",
        "The revision is the current one, and the plant runs none yet.",
        "The planner gets a case with the reason of the plant.",
    ),
    (
        (_P.RELEASED, _P.IN_PROGRESS, _P.PARTIALLY_CONFIRMED, _P.QUALITY_HOLD),
        OrderEvent.REFUSE_CHANGE,
        _KEEP,
        "MES",
        "The revision is the current one; the plant runs an earlier one.",
        "The planner gets a case; the plant goes on with the revision it runs.",
    ),
    (
        (_P.RELEASED,),
        OrderEvent.START,
        _P.IN_PROGRESS,
        "MES",
        "The operation belongs to the order.",
        "The work order starts.",
    ),
    (
        (_P.RELEASED, _P.IN_PROGRESS, _P.PARTIALLY_CONFIRMED),
        OrderEvent.CONFIRM,
        _P.PARTIALLY_CONFIRMED,
        "MES",
        "The quantity is within the tolerance of the plant and its lots are complete.",
        "Exactly the reported quantities are posted on the same order.",
    ),
    (
        (_P.RELEASED, _P.IN_PROGRESS, _P.PARTIALLY_CONFIRMED, _P.COMPLETED),
        OrderEvent.CONSUME,
        _KEEP,
        "MES",
        "The quantity is within the tolerance of the plant and its lots are known.",
        "The named components and lots leave the stock, in place of what was estimated.",
    ),
    (
        (_P.IN_PROGRESS, _P.PARTIALLY_CONFIRMED),
        OrderEvent.PAUSE,
        _KEEP,
        "MES",
        "The operation belongs to the order.",
        "The running interval of the work order ends.",
    ),
    (
        (_P.RELEASED, _P.IN_PROGRESS, _P.PARTIALLY_CONFIRMED, _P.COMPLETED),
        OrderEvent.RETURN,
        _KEEP,
        "MES",
        "No more comes back than was consumed of the lot.",
        "The named components and lots are in stock again.",
    ),
    (
        (_P.RELEASED, _P.IN_PROGRESS, _P.PARTIALLY_CONFIRMED, _P.COMPLETED),
        OrderEvent.REPORT_TIME,
        _KEEP,
        "MES",
        "The operation belongs to the order.",
        "The time stands on the work order, with its operator.",
    ),
    (
        (_P.RELEASED, _P.IN_PROGRESS, _P.PARTIALLY_CONFIRMED),
        OrderEvent.REVERSE,
        _KEEP,
        "MES",
        "What the named event posted is still there.",
        "Counter-movements undo exactly what it posted.",
    ),
    (
        (_P.RELEASED, _P.IN_PROGRESS, _P.PARTIALLY_CONFIRMED),
        OrderEvent.CHANGE,
        _KEEP,
        "ERP",
        "No less is ordered than is booked.",
        "The whole order is sent again with the next revision, which the plant may refuse.",
    ),
    (
        (_P.IN_PROGRESS, _P.PARTIALLY_CONFIRMED),
        OrderEvent.COMPLETE,
        _P.COMPLETED,
        "MES",
        "The totals of the event are what is booked.",
        "The work orders finish; what is still open is not produced.",
    ),
    (
        (_P.IN_PROGRESS, _P.PARTIALLY_CONFIRMED),
        OrderEvent.CLOSE,
        _P.COMPLETED,
        "ERP",
        "A reason is given and pieces are booked, or all that was received is taken back; otherwise it is cancelled.",
        "The order ends short, as if the plant had completed it; the plant is told to stop.",
    ),
    (
        (_P.COMPLETED,),
        OrderEvent.REOPEN,
        None,
        "Supervisor",
        "A reason is given and the order is not posted.",
        "What was not produced is open again and sent with the next revision.",
    ),
    (
        (_P.RELEASED, _P.IN_PROGRESS, _P.PARTIALLY_CONFIRMED, _P.COMPLETED),
        OrderEvent.HOLD,
        _P.QUALITY_HOLD,
        "Quality",
        "A reason is given.",
        "The phase before is remembered; facts of the plant are parked.",
    ),
    (
        (_P.QUALITY_HOLD,),
        OrderEvent.RESUME,
        None,
        "Quality",
        "No other hold on the order is open.",
        "Parked facts are applied.",
    ),
    (
        (_P.COMPLETED,),
        OrderEvent.POST,
        _P.POSTED,
        "ERP",
        "Nothing of the order is parked or waiting.",
        "The Odoo order is closed; yield and consumption against plan are sent.",
    ),
    (
        (_P.PLANNED, _P.RELEASED),
        OrderEvent.CANCEL,
        _P.CANCELLED,
        "ERP",
        "None.",
        "The Odoo order is cancelled; a released one is cancelled in the plant too.",
    ),
    (
        (_P.IN_PROGRESS, _P.PARTIALLY_CONFIRMED),
        OrderEvent.CANCEL,
        _P.CANCELLED,
        "ERP",
        "Nothing is booked and no piece was ever received; otherwise the order is closed short.",
        "The Odoo order is cancelled, in the plant too.",
    ),
)

TRANSITIONS: tuple[Transition, ...] = tuple(
    Transition(source, event, source if target is _KEEP else target, *sentences)
    for sources, event, target, *sentences in _ROWS
    for source in sources
)
_MOVES = {(row.source, row.event): row for row in TRANSITIONS}

#: Events that lead back to where the order came from, with the events by which it left there.
LEFT_BY = {
    OrderEvent.RESUME: (OrderEvent.HOLD,),
    OrderEvent.REOPEN: (OrderEvent.COMPLETE, OrderEvent.CLOSE),
}

_WORKING = (_P.IN_PROGRESS, _P.PARTIALLY_CONFIRMED)
_FINISHED = (_P.COMPLETED, _P.POSTED)

# What is not an arrow: (event, verdict, phases). Whatever is in neither table is refused.
_OTHERS = (
    (
        OrderEvent.RELEASE,
        Verdict.ALREADY,
        (_P.RELEASED, *_WORKING, _P.QUALITY_HOLD, *_FINISHED),
    ),
    (OrderEvent.ACKNOWLEDGE, Verdict.TOO_EARLY, (_P.PLANNED,)),
    (OrderEvent.ACKNOWLEDGE, Verdict.ALREADY, _FINISHED),
    (OrderEvent.REFUSE, Verdict.TOO_EARLY, (_P.PLANNED,)),
    (OrderEvent.REFUSE, Verdict.ON_HOLD, (_P.QUALITY_HOLD,)),
    (OrderEvent.REFUSE, Verdict.ALREADY, (_P.CANCELLED,)),
    (OrderEvent.REFUSE_CHANGE, Verdict.TOO_EARLY, (_P.PLANNED,)),
    (OrderEvent.REFUSE_CHANGE, Verdict.ALREADY, (*_FINISHED, _P.CANCELLED)),
    (OrderEvent.START, Verdict.TOO_EARLY, (_P.PLANNED,)),
    (OrderEvent.START, Verdict.ON_HOLD, (_P.QUALITY_HOLD,)),
    (OrderEvent.START, Verdict.ALREADY, (*_WORKING, *_FINISHED)),
    (OrderEvent.CONFIRM, Verdict.TOO_EARLY, (_P.PLANNED,)),
    (OrderEvent.CONFIRM, Verdict.ON_HOLD, (_P.QUALITY_HOLD,)),
    (OrderEvent.CONSUME, Verdict.TOO_EARLY, (_P.PLANNED,)),
    (OrderEvent.CONSUME, Verdict.ON_HOLD, (_P.QUALITY_HOLD,)),
    (OrderEvent.PAUSE, Verdict.TOO_EARLY, (_P.PLANNED, _P.RELEASED)),
    (OrderEvent.PAUSE, Verdict.ON_HOLD, (_P.QUALITY_HOLD,)),
    (OrderEvent.PAUSE, Verdict.ALREADY, _FINISHED),
    (OrderEvent.RETURN, Verdict.TOO_EARLY, (_P.PLANNED,)),
    (OrderEvent.RETURN, Verdict.ON_HOLD, (_P.QUALITY_HOLD,)),
    (OrderEvent.REPORT_TIME, Verdict.TOO_EARLY, (_P.PLANNED,)),
    (OrderEvent.REPORT_TIME, Verdict.ON_HOLD, (_P.QUALITY_HOLD,)),
    (OrderEvent.REVERSE, Verdict.TOO_EARLY, (_P.PLANNED,)),
    (OrderEvent.REVERSE, Verdict.ON_HOLD, (_P.QUALITY_HOLD,)),
    # Nobody has been told yet: the release will tell it as it is then.
    (OrderEvent.CHANGE, Verdict.ALREADY, (_P.PLANNED,)),
    (OrderEvent.COMPLETE, Verdict.TOO_EARLY, (_P.PLANNED, _P.RELEASED)),
    (OrderEvent.COMPLETE, Verdict.ON_HOLD, (_P.QUALITY_HOLD,)),
    (OrderEvent.COMPLETE, Verdict.ALREADY, _FINISHED),
    (OrderEvent.CLOSE, Verdict.ALREADY, _FINISHED),
    (OrderEvent.REOPEN, Verdict.ALREADY, _WORKING),
    (OrderEvent.HOLD, Verdict.ALREADY, (_P.QUALITY_HOLD,)),
    (OrderEvent.RESUME, Verdict.ALREADY, frozenset(_P) - {_P.QUALITY_HOLD}),
    (OrderEvent.POST, Verdict.ALREADY, (_P.POSTED,)),
    (OrderEvent.CANCEL, Verdict.ALREADY, (_P.CANCELLED,)),
)
_VERDICTS = {(phase, event): verdict for event, verdict, phases in _OTHERS for phase in phases}

_ERROR_CODES = {
    Verdict.TOO_EARLY: "too_early",
    Verdict.ON_HOLD: "order_on_hold",
    Verdict.REFUSED: "transition_refused",
}


def decide(phase: OrderPhase, event: OrderEvent, came_from: OrderPhase | None = None) -> Decision:
    """Return what the event means in this phase, without raising for a refusal.

    ``came_from`` is the phase an order was held or completed in; ``ValueError`` when it is
    needed to go back there and no order can have left it so.
    """
    phase, event = OrderPhase(phase), OrderEvent(event)
    move = _MOVES.get((phase, event))
    if move is None:
        return Decision(_VERDICTS.get((phase, event), Verdict.REFUSED), phase)
    if move.target is not None:
        return Decision(Verdict.MOVE, move.target)
    if not any((came_from, left_by) in _MOVES for left_by in LEFT_BY[event]):
        raise ValueError(f"An order never goes back to phase {came_from!r} by {event.value}.")
    return Decision(Verdict.MOVE, OrderPhase(came_from))


def require(phase: OrderPhase, event: OrderEvent, came_from: OrderPhase | None = None) -> OrderPhase:
    """Return the phase after the event; the phase itself when what it says already holds.

    Raises ``Parked`` with ``too_early`` or ``order_on_hold``, ``TransitionRefused`` otherwise.
    """
    decision = decide(phase, event, came_from)
    if decision.verdict in _ERROR_CODES:
        detail = f"Event: {OrderEvent(event).value}. Phase: {OrderPhase(phase).value}."
        raise error(_ERROR_CODES[decision.verdict], detail)
    return decision.target
