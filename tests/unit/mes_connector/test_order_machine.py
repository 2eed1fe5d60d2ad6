"""The order life cycle: every phase and event, as a matrix a person can compare with the design."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mes_connector_core.errors import Parked, TransitionRefused
from mes_connector_core.order_machine import LEFT_BY, TRANSITIONS, OrderEvent, Verdict, decide, require
from mes_connector_core.states import OrderPhase as P

# What each event does in the phases, in their order: a phase letter moves, = is already there,
# < is too early, # is on hold, . is refused, * is where the order was held.
LETTERS = dict(zip("PRICQDXZ", P, strict=True))
MATRIX = {
    OrderEvent.RELEASE: "R = = = = = = .",
    OrderEvent.ACKNOWLEDGE: "< R I C Q = = .",
    OrderEvent.REFUSE: "< P . . # . . =",
    OrderEvent.REFUSE_CHANGE: "< R I C Q = = =",
    OrderEvent.START: "< I = = # = = .",
    OrderEvent.CONFIRM: "< C C C # . . .",
    OrderEvent.CONSUME: "< R I C # D . .",
    OrderEvent.PAUSE: "< < I C # = = .",
    OrderEvent.RETURN: "< R I C # D . .",
    OrderEvent.REPORT_TIME: "< R I C # D . .",
    OrderEvent.REVERSE: "< R I C # . . .",
    OrderEvent.CHANGE: "= R I C . . . .",
    OrderEvent.COMPLETE: "< < D D # = = .",
    OrderEvent.CLOSE: ". . D D . = = .",
    OrderEvent.REOPEN: ". . = = . * . .",
    OrderEvent.HOLD: ". Q Q Q = Q . .",
    OrderEvent.RESUME: "= = = = * = = =",
    OrderEvent.POST: ". . . . . X = .",
    OrderEvent.CANCEL: "Z Z Z Z . . . =",
}
VERDICTS = {"=": Verdict.ALREADY, "<": Verdict.TOO_EARLY, "#": Verdict.ON_HOLD, ".": Verdict.REFUSED}
CELLS = [(phase, event, cell) for event, row in MATRIX.items() for phase, cell in zip(P, row.split(), strict=True)]
HELD_IN = [P.RELEASED, P.IN_PROGRESS, P.PARTIALLY_CONFIRMED, P.COMPLETED]


@pytest.mark.parametrize(("phase", "event", "cell"), CELLS)
def test_matrix(phase, event, cell):
    decision = decide(phase, event, came_from=P.IN_PROGRESS)
    if cell in VERDICTS:
        assert (decision.verdict, decision.target) == (VERDICTS[cell], phase)
    else:
        target = P.IN_PROGRESS if cell == "*" else LETTERS[cell]
        assert (decision.verdict, decision.target) == (Verdict.MOVE, target)


def test_the_matrix_covers_every_event():
    assert set(MATRIX) == set(OrderEvent)


@pytest.mark.parametrize("came_from", HELD_IN)
def test_resume_returns_to_the_phase_of_the_hold(came_from):
    assert require(P.QUALITY_HOLD, OrderEvent.RESUME, came_from) is came_from


@pytest.mark.parametrize("came_from", [None, P.PLANNED, P.QUALITY_HOLD, P.CANCELLED])
def test_resume_needs_a_phase_an_order_can_be_held_in(came_from):
    with pytest.raises(ValueError, match="never goes back"):
        decide(P.QUALITY_HOLD, OrderEvent.RESUME, came_from)


@pytest.mark.parametrize("came_from", [P.IN_PROGRESS, P.PARTIALLY_CONFIRMED])
def test_reopen_returns_to_the_phase_of_the_completion(came_from):
    assert require(P.COMPLETED, OrderEvent.REOPEN, came_from) is came_from


@pytest.mark.parametrize("came_from", [None, P.RELEASED, P.COMPLETED])
def test_reopen_needs_a_phase_an_order_can_be_completed_in(came_from):
    with pytest.raises(ValueError, match="never goes back"):
        decide(P.COMPLETED, OrderEvent.REOPEN, came_from)


@pytest.mark.parametrize(
    ("phase", "event", "expected", "code"),
    [
        (P.PLANNED, OrderEvent.START, Parked, "too_early"),
        (P.QUALITY_HOLD, OrderEvent.CONFIRM, Parked, "order_on_hold"),
        (P.POSTED, OrderEvent.CONSUME, TransitionRefused, "transition_refused"),
    ],
)
def test_require_raises_what_becomes_of_the_message(phase, event, expected, code):
    with pytest.raises(expected) as raised:
        require(phase, event)
    assert raised.value.code == code
    assert phase.value in raised.value.detail
    assert event.value in raised.value.detail


def test_require_accepts_stored_strings_and_what_already_holds():
    assert require("released", "start") is P.IN_PROGRESS
    assert require("posted", "post") is P.POSTED


def test_each_arrow_is_drawn_once_and_explained():
    assert len({(row.source, row.event) for row in TRANSITIONS}) == len(TRANSITIONS)
    assert all(row.owner and row.guard and row.effect for row in TRANSITIONS)


@given(st.lists(st.sampled_from([event for event in OrderEvent if event not in LEFT_BY])))
@settings(max_examples=40)
def test_a_closed_order_never_moves_again(events):
    phase = P.PLANNED
    for event in events:
        decision = decide(phase, event)
        if phase in (P.POSTED, P.CANCELLED):
            assert decision.verdict is not Verdict.MOVE
        phase = decision.target
