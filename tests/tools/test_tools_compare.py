"""The comparison of the two books notices every kind of difference; no Odoo and no plant runs here."""

import dataclasses

import pytest

from tools.compare import Booking, compare_stock, compare_stops, differences, ledger_booking

ENTRY = {
    "completed": True,
    "consumed": {"HSG": {"A": 2, "B": 1}},
    "received": {"GBX": {"L1": 2, "L2": 1}},
    "scrapped": {"GBX": {"L2": 1}},
    "backflushed": {"SCR": 24},
    "minutes": {"10": 12.5},
    "times": {"10": {"operator-1": 12.5}},
    "good": 2,
    "scrap": 1,
    "genealogy": [{"product": "GBX", "lot": "L1", "quantity": 2, "consumed": {"HSG": {"A": 2}}}],
}


def plant() -> Booking:
    return ledger_booking(ENTRY)


def test_equal_books_have_no_difference():
    assert differences("MO", plant(), plant()) == []


def test_backflushed_components_count_as_consumed():
    assert plant().consumed["SCR", ""] == 24


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("closed", False),
        ("consumed", {("HSG", "A"): 3, ("SCR", ""): 24}),
        ("received", {("GBX", "L1"): 3}),
        ("scrapped", {}),
        ("minutes", {"10": 12.6}),
        ("minutes", {"10": 12.5, "20": 1.0}),
        ("people", {("10", "operator-1"): 12.6}),
        ("people", {("10", "operator-2"): 12.5}),
        ("good", 2.00001),
        ("scrap", 0),
        ("genealogy", {}),
        ("genealogy", {("GBX", "L1"): {("HSG", "B"): 2}}),
    ],
)
def test_each_difference_is_told(name, value):
    odoo = dataclasses.replace(plant(), **{name: value})

    assert differences("MO", plant(), odoo)


def test_a_second_per_booking_is_no_difference():
    odoo = dataclasses.replace(plant(), minutes={"10": 12.5 + 1 / 60})

    assert differences("MO", plant(), odoo) == []


def test_stock_follows_from_the_ledger():
    before = {("HSG", "A"): 10.0, ("HSG", "B"): 5.0, ("SCR", ""): 100.0}
    after = {("HSG", "A"): 8.0, ("HSG", "B"): 4.0, ("SCR", ""): 76.0, ("GBX", "L1"): 2.0}

    assert compare_stock("WH", before, after, [ENTRY]) == []
    assert compare_stock("WH", before, {**after, ("HSG", "A"): 7.0}, [ENTRY]) == ["stock of WH HSG/A: plant 8, Odoo 7"]


class Downtimes:
    """Answers as Odoo's API does when it holds one stop, `stopped`, of the press from seven to eight."""

    STOP = {"name": "stopped", "started_at": "2026-11-22 07:00:00", "ended_at": "2026-11-22 08:00:00"}

    def read(self, model: str, _domain: list, _fields: list[str]) -> list[dict]:
        rows = {"mes.downtime": [{**self.STOP, "workcenter_id": [5, "Press"]}], "mrp.workcenter": [{"id": 5}]}
        return [{"code": "PRESS", **row} for row in rows[model]]


@pytest.mark.parametrize(
    ("name", "changes", "found"),
    [
        ("stopped", {}, 0),
        ("stopped", {"from": "2026-11-22T07:01:00+00:00"}, 1),
        ("stopped", {"to": "2026-11-22T08:00:01+00:00"}, 1),
        ("stopped", {"work_center": "SAW"}, 1),
        ("forgotten", {}, 1),
    ],
)
def test_stops_are_compared_by_name_place_and_times(name, changes, found):
    told = {"work_center": "PRESS", "from": "2026-11-22T08:00:00+01:00", "to": "2026-11-22T09:00:00.400+01:00"}

    assert len(compare_stops(Downtimes(), {name: {**told, **changes}})) == found
