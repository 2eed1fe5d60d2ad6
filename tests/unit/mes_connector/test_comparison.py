"""Two reports side by side: what is equal is equal by any name; what differs, and what one lacks, is shown."""

import pytest
from mes_connector_core.comparison import compare, in_a_line

ITEM = {"product": "OIL-5", "quantity": {"value": 2, "uom": "LTR"}, "lot": "A"}
OTHER = {"product": "GEAR-20", "quantity": {"value": 4.5, "uom": "C62"}}
EVENT = {"time": "2026-11-23T08:00:00.120Z", "source": "/mes", "sequence": 4, "id": "1"}


def told(*items, **more):
    return {**EVENT, "data": {"order": "MO1", "items": list(items)}, **more}


def compared(now, then):
    return {row.name: (row.now, row.then, row.is_equal) for row in compare(now, then, now["data"], then["data"])}


def test_units_and_the_order_of_items_make_no_difference():
    millilitres = {**ITEM, "quantity": {"value": 2000, "uom": "MLT"}}
    rows = compared(told(OTHER, ITEM), told(millilitres, OTHER))
    assert all(is_equal for _now, _then, is_equal in rows.values())
    assert ("2 LTR", "2000 MLT", True) in rows.values()


def test_what_differs_and_what_one_lacks_is_told():
    rows = compared(told(ITEM), told({**ITEM, "lot": "B"}, time="2026-11-23T09:00:00+01:00", sequence=0))
    assert rows["items 1 lot"] == ("A", "B", False)
    assert rows["time"] == ("2026-11-23T08:00:00.120Z", "2026-11-23T09:00:00+01:00", True)
    assert rows["sequence"] == ("4", "", False)
    assert "id" not in rows


def test_other_names_of_the_same_are_equal():
    now, then = told({**ITEM, "product": "4711"}), told(ITEM)
    rows = {row.name: row for row in compare(now, then, then["data"], then["data"])}
    assert (rows["items 1 product"].now, rows["items 1 product"].is_equal) == ("4711", True)


@pytest.mark.parametrize(
    ("data", "line"),
    [
        ({"items": [ITEM, OTHER]}, "2 LTR OIL-5 A; 4.5 C62 GEAR-20"),
        ({"items": [{**OTHER, "serials": ["S1", "S2"]}]}, "4.5 C62 GEAR-20 S1, S2"),
        ({"good": {"value": 20, "uom": "C62"}, "operation": "10"}, "20 C62 10"),
        ({**ITEM, "reason": "dented"}, "2 LTR OIL-5 A"),
        ({"operator": "olga", "from": "08:00:00Z", "to": "09:00:00Z"}, "olga 08:00:00Z – 09:00:00Z"),
    ],
)
def test_a_report_in_a_line(data, line):
    assert in_a_line(data) == line
