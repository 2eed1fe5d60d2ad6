"""Answer codes: the table of the design, and exceptions whose class fits the disposition."""

import pytest
from mes_connector_core.errors import (
    CODES,
    Disposition,
    FailureKind,
    IntegrationError,
    Parked,
    Permanent,
    Retryable,
    TransitionRefused,
    error,
)

D = Disposition
DESIGN = {
    D.DONE: "duplicate",
    D.REJECT: "schema_invalid type_unknown version_unsupported not_authorized_for_type uom_mismatch over_delivery"
    " over_consumption serial_duplicate lot_required transition_refused stale_revision not_owner",
    D.PARK: "unmapped_code unknown_order unknown_lot component_shortage period_closed too_early sequence_gap"
    " order_on_hold lot_on_hold suspected_duplicate suspected_unit_shift",
    D.WAIT: "order_locked conflict technical",
    D.EXPIRE: "event_expired",
    D.DISCARD: "discarded",
}
HTTP = {
    "accepted": 202, "duplicate": 202, "json_invalid": 400, "not_authenticated": 401, "identity_conflict": 409,
    "too_large": 413, "media_type_unsupported": 415, "schema_invalid": 422, "type_unknown": 422,
    "version_unsupported": 422, "not_authorized_for_type": 422, "too_old": 422,
}  # fmt: skip


@pytest.mark.parametrize(("disposition", "names"), DESIGN.items())
def test_dispositions_are_those_of_the_design(disposition, names):
    assert {CODES[name].disposition for name in names.split()} == {disposition}


def test_http_statuses():
    assert {code: spec.http_status for code, spec in CODES.items() if spec.http_status} == HTTP


def test_only_what_is_tried_again_blocks_its_key():
    assert {spec.disposition for spec in CODES.values() if spec.blocks_key} == {D.WAIT}


def test_each_failure_has_an_owner_and_says_what_to_do():
    for spec in CODES.values():
        assert (spec.owner is None) == (spec.disposition is D.DONE), spec
        assert spec.text.endswith("."), spec
        assert spec.hint.endswith("."), spec


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("over_delivery", Permanent),
        ("transition_refused", TransitionRefused),
        ("event_expired", Permanent),
        ("discarded", Permanent),
        ("unknown_order", Parked),
        ("technical", Retryable),
    ],
)
def test_error_chooses_the_class(code, expected):
    assert type(error(code)) is expected


@pytest.mark.parametrize("code", ["duplicate", "no_such_code"])
def test_error_refuses_what_is_no_failure(code):
    with pytest.raises(KeyError):
        error(code)


def test_exceptions_refuse_unknown_codes():
    with pytest.raises(KeyError):
        IntegrationError("no_such_code")


def test_an_error_carries_what_the_shell_needs():
    raised = error("unknown_lot", "Lot L-1.", waiting_for="lot:L-1", errors=["x"])
    assert (raised.waiting_for, raised.errors, raised.spec.kind) == ("lot:L-1", ("x",), FailureKind.BUSINESS)
    assert str(raised) == "The lot is not known here. Lot L-1."


def test_the_wait_the_far_end_asked_for():
    assert error("system_busy", after=7.5).after == 7.5
    assert error("technical").after is None
