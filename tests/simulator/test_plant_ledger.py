"""The plant's books: sums, backflush, minutes and genealogy of a stream of events; nothing is sent."""

import random
from datetime import datetime, timedelta, timezone

import pytest
from plant_world import component, gearbox_release

from simulator.ledger import keep_books
from simulator.messages import Stamp, seal
from simulator.production import facts_of
from simulator.release import read_release
from simulator.scenarios import SCENARIOS, ScenarioName


def stream(name, **changes):
    release = read_release(gearbox_release(**changes))
    rng = random.Random(11)
    now = datetime(2026, 11, 22, 6, tzinfo=timezone.utc)
    stamp = Stamp("/mes/mes-north", "WH", release.order, release.event_id, 1, now, timedelta(seconds=1))
    return seal(facts_of(release, SCENARIOS[name], rng), stamp, rng), release


def books(name, **changes):
    return keep_books(*stream(name, **changes))


def test_partial_with_scrap_to_the_gram():
    kept = books(ScenarioName.PARTIAL_WITH_SCRAP, quantity=72)

    first, second = "WH-MO-00001-01", "WH-MO-00001-02"
    assert kept["completed"] and (kept["good"], kept["scrap"]) == (70, 2)
    assert kept["consumed"]["OIL-5"] == {"O1": 9, "O2": 9}
    assert kept["consumed"]["GEAR-20"] == {"G1": 72, "G2": 72}
    assert kept["received"] == {"GBX-100": {first: 40, second: 32}}
    assert kept["scrapped"] == {"GBX-100": {second: 2}}
    assert kept["backflushed"] == {"SCR-M6": 576}


def test_genealogy_links_a_report_with_the_consumption_since_the_one_before():
    first, second = books(ScenarioName.PARTIAL_WITH_SCRAP, quantity=72)["genealogy"]

    assert (first["lot"], first["quantity"]) == ("WH-MO-00001-01", 40)
    assert first["consumed"]["HSG-100"] == {"H1": 36, "H2": 4}
    assert first["consumed"]["OIL-5"] == {"O1": 9, "O2": 1}
    assert (second["lot"], second["quantity"]) == ("WH-MO-00001-02", 30)
    assert second["consumed"]["HSG-100"] == {"H2": 32}
    assert second["consumed"]["GEAR-20"] == {"G2": 64}


def test_a_short_close_backflushes_what_was_made():
    kept = books(ScenarioName.SHORT_CLOSE, quantity=20)

    assert (kept["completed"], kept["good"]) == (True, 12)
    assert kept["backflushed"] == {"SCR-M6": 96}
    assert kept["consumed"]["HSG-100"] == {"H1": 6, "H2": 6}


def test_order_of_arrival_does_not_matter():
    events, release = stream(ScenarioName.PARTIAL_WITH_SCRAP, quantity=72)
    expected = keep_books(events, release)

    for seed in range(5):
        assert keep_books(random.Random(seed).sample(events, len(events)), release) == expected


def test_an_open_order_is_not_completed_and_not_backflushed():
    events, release = stream(ScenarioName.HAPPY)

    kept = keep_books(events[:-1], release)

    assert (kept["completed"], kept["backflushed"], kept["good"]) == (False, {}, 20)


@pytest.mark.parametrize(
    ("minutes", "booked"),
    [({"setup": 5, "machine": 12.5, "labor": 99}, 17.5), ({"machine": 3}, 3), ({"labor": 7.25}, 7.25), ({}, 0)],
)
def test_booked_minutes_are_setup_and_machine_else_labour(minutes, booked):
    data = {"order": "A", "operation": "10", "minutes": minutes}
    event = {"id": "1", "type": "mes.operation.confirmed.v1", "sequence": 1, "data": data}

    assert keep_books([event], None)["minutes"] == {"10": booked}


def test_serials_are_booked_piece_by_piece():
    kept = books(ScenarioName.PARTIAL_WITH_SCRAP, quantity=20, tracking="serial")

    assert len(kept["received"]["GBX-100"]) == 20
    assert set(kept["received"]["GBX-100"].values()) == {1}
    assert set(kept["scrapped"]["GBX-100"]) < set(kept["received"]["GBX-100"])
    assert (kept["good"], kept["scrap"]) == (18, 2)


def test_a_by_product_is_received_but_is_no_good_piece():
    kept = books(ScenarioName.HAPPY, by_products=[component("SWARF", 5, "10", uom="KGM")])

    assert sum(kept["received"]["SWARF"].values()) == 5
    assert kept["good"] == 20


@pytest.mark.parametrize("data", [{}, {"items": 3}, {"items": [{"product": [], "quantity": {"value": 1}}]}])
def test_an_unreadable_event_is_named_and_changes_nothing(data):
    kept = keep_books([{"id": "odd", "type": "mes.material.consumed.v1", "data": data}], None)

    assert (kept["unreadable"], kept["consumed"]) == (["odd"], {})
