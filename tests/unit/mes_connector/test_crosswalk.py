"""What a code means depends on the time and on whose row says it; nothing is guessed."""

from datetime import datetime, timedelta

import pytest
from mes_connector_core import crosswalk
from mes_connector_core.crosswalk import Row, Scope, Unclear
from mes_connector_core.states import CodeKind

NOON = datetime(2026, 11, 22, 12)
HOUR = timedelta(hours=1)
OWN_CODES = Scope(1, (7,), NOON, is_identity=False)
SAME_CODES = Scope(1, (7,), NOON)


def row(target, begin=None, end=None, is_of_system=True):
    return Row(is_of_system, begin, end, target)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([row("A")], "A"),
        ([row("A", begin=NOON)], "A"),
        ([row("A", end=NOON), row("B", begin=NOON)], "B"),
        ([row("A", end=NOON + HOUR), row("B", begin=NOON + HOUR)], "A"),
        ([row("plant", is_of_system=False)], "plant"),
        ([row("plant", is_of_system=False), row("own")], "own"),
        ([row("plant", is_of_system=False), row("own", begin=NOON + HOUR)], "plant"),
        ([row("same", is_of_system=False), row("same", is_of_system=False)], "same"),
    ],
)
def test_the_row_of_the_time_and_the_nearest_scope_counts(rows, expected):
    assert crosswalk.meaning(rows, CodeKind.PRODUCT, SAME_CODES) == expected
    assert crosswalk.meaning(reversed(rows), CodeKind.PRODUCT, OWN_CODES) == expected


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([row("A", end=NOON)], "time"),
        ([row("A", begin=NOON + HOUR)], "time"),
        ([row("A", is_of_system=False), row("B", is_of_system=False)], "plants"),
    ],
)
def test_what_is_not_said_is_not_guessed(rows, words):
    with pytest.raises(Unclear, match=words):
        crosswalk.meaning(rows, CodeKind.PRODUCT, SAME_CODES)


def test_a_code_without_rows_is_odoos_own_unless_that_is_switched_off():
    assert crosswalk.meaning([], CodeKind.PRODUCT, SAME_CODES) is None
    with pytest.raises(Unclear, match="no such code"):
        crosswalk.meaning([], CodeKind.PRODUCT, OWN_CODES)
    for kind in (CodeKind.UNIT, CodeKind.OPERATION, CodeKind.LOT):
        assert crosswalk.meaning([], kind, OWN_CODES) is None


RELEASED = {
    "order": "WH/MO/00001",
    "product": {"code": "GBX-100", "name": "product"},
    "quantity": {"value": 5, "uom": "C62"},
    "operations": [{"operation": "10", "name": "x", "work_center": "ASM1", "needs": ["5"]}],
    "components": [{"product": "OIL-5", "lots": [{"lot": "L1", "quantity": 2}]}],
    "reason": "No material",
    "custom": {"product": "theirs"},
}


def test_every_code_of_an_event_is_found_and_nothing_else():
    assert crosswalk.codes_in(RELEASED) == {
        CodeKind.PRODUCT: {"GBX-100", "OIL-5"},
        CodeKind.UNIT: {"C62"},
        CodeKind.OPERATION: {"10", "5"},
        CodeKind.WORK_CENTER: {"ASM1"},
        CodeKind.LOT: {"OIL-5/L1"},
    }


def test_codes_are_replaced_in_a_copy():
    told = crosswalk.translate(RELEASED, lambda kind, code: f"{kind.value}!{code}")
    assert told["product"] == {"code": "product!GBX-100", "name": "product"}
    assert told["components"] == [{"product": "product!OIL-5", "lots": [{"lot": "lot!OIL-5/L1", "quantity": 2}]}]
    assert told["operations"][0]["needs"] == ["operation!5"]
    assert (told["reason"], told["custom"]) == ("No material", {"product": "theirs"})
    assert RELEASED["product"]["code"] == "GBX-100"
    assert crosswalk.translate(RELEASED, lambda *_of: None) == RELEASED


def test_a_reason_is_a_code_only_where_its_kind_stands_beside_it():
    told = crosswalk.codes_in({"reason": "SETUP", "kind": "downtime", "name": "Set-up"})
    assert told == {CodeKind.REASON: {"SETUP"}}
