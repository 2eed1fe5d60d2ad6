"""The scenarios that are told fact by fact, and what the books make of them; nothing is sent."""

import random
from datetime import datetime, timedelta, timezone

import pytest
from plant_world import component, from_odoo, gearbox_release

from simulator import trace
from simulator.catalogue import Catalogue
from simulator.floor import OPERATORS
from simulator.ledger import keep_books
from simulator.messages import EventType, Stamp, seal
from simulator.production import Run, facts_of
from simulator.release import read_release
from simulator.scenarios import SCENARIOS, ScenarioName
from simulator.stops import keep_stops

NOW = datetime(2026, 11, 22, 6, tzinfo=timezone.utc)
WRONG = {EventType.MATERIAL_CONSUMED, EventType.OPERATION_CONFIRMED, EventType.PRODUCTION_REPORTED}
#: What events about work are about.
WORK = {"operation", "material", "production", "scrap", "posting", "labor", "downtime"}


def stream(facts, release):
    stamp = Stamp("/mes/mes-north", "WH", release.order, release.event_id, 1, NOW, timedelta(seconds=1))
    return seal(facts, stamp, random.Random(5))


def told(name, **changes):
    """Facts, events and books of a scenario with one act."""
    release = read_release(gearbox_release(**changes))
    facts = facts_of(release, SCENARIOS[name], random.Random(3))
    events = stream(facts, release)
    return facts, events, keep_books(events, release)


def test_what_is_undone_leaves_no_trace_in_the_books():
    facts, events, books = told(ScenarioName.CORRECTIONS, quantity=20)
    undone = [fact.undoes for fact in facts if fact.undoes]
    reversals = [event for event in events if event["type"] == EventType.POSTING_REVERSED]
    named = {event["id"]: event["type"] for event in events}

    assert [named[event["data"]["reverses"]] for event in reversals] == [fact.type.value for fact in undone]
    assert {fact.type for fact in undone} == WRONG
    release = read_release(gearbox_release(quantity=20))
    never_said = [fact for fact in facts if not fact.undoes and all(fact is not one for one in undone)]
    assert books == keep_books(stream(never_said, release), release)
    assert (books["good"], books["consumed"]["HSG-100"]) == (20, {"H1": 10, "H2": 10})
    assert "WH-MO-00001-99" not in books["received"]["GBX-100"]


def test_the_running_totals_go_on_as_if_nothing_had_been_wrong():
    facts, _events, _books = told(ScenarioName.CORRECTIONS, quantity=20)
    confirmed = [fact.data for fact in facts if fact.type is EventType.OPERATION_CONFIRMED]

    assert [one["cumulative"]["good"] for one in confirmed if one["operation"] == "10"] == [10, 11, 20]


def test_what_goes_back_is_in_no_piece():
    _facts, _events, books = told(ScenarioName.RETURNS, quantity=20)

    assert (books["good"], books["rework"]) == (12, {"10": 1, "20": 1})
    assert sum(books["consumed"]["HSG-100"].values()) == 12
    (made,) = books["genealogy"]
    assert made["consumed"] == books["consumed"]


def test_a_crew_is_booked_by_person_and_stops_by_name():
    facts, events, books = told(ScenarioName.CREW, quantity=20)
    (person,) = {one for fact in facts for one in fact.data.get("operators", ())}
    (helper,) = set(OPERATORS) - {person}

    assert books["times"]["10"][helper] == 35, "the work of a person who is named is not counted twice"
    (minutes,) = [one.data["minutes"] for one in facts if one.data.get("good") and one.data["operation"] == "10"]
    assert books["times"]["10"][person] == minutes["labor"] < books["minutes"]["10"]
    stops = keep_stops(events)
    ended = [stop for stop in stops.values() if "to" in stop]
    assert [len(stops), len(ended)] == [3, 2]
    assert all(stop["minutes"] == pytest.approx(20, abs=0.2) for stop in ended)
    types = [event["type"] for event in events if event["data"].get("downtime", "").endswith("-10")]
    assert types == [EventType.DOWNTIME_ENDED, EventType.DOWNTIME_STARTED]


def test_a_stop_is_about_no_order_and_has_no_number():
    _facts, events, _books = told(ScenarioName.CREW)
    numbers = [event["sequence"] for event in events if "sequence" in event]

    assert numbers == list(range(1, len(numbers) + 1))
    assert [event for event in events if "sequence" not in event] == [
        event for event in events if "downtime" in event["data"]
    ]


def test_waste_is_scrap_and_no_piece():
    swarf = component("SWARF", 5, "10", uom="KGM")
    _facts, _events, books = told(ScenarioName.WASTE, quantity=20, by_products=[swarf])

    assert (books["good"], books["scrap"]) == (18, 2)
    assert sum(books["scrapped"]["SWARF"].values()) == 1
    assert books["scrapped"]["HSG-100"] == {"H2": 1}
    assert sum(books["consumed"]["HSG-100"].values()) == 20


@pytest.mark.parametrize(("quantity", "accepted"), [(30, True), (12, True), (20, False)])
def test_a_change_in_the_middle_ends_by_the_revision_in_force(quantity, accepted):
    first = read_release(gearbox_release(20))
    run = Run(first, SCENARIOS[ScenarioName.CHANGE], random.Random(1))
    before = run.facts(first)
    assert run.is_waiting
    after = run.facts(read_release(gearbox_release(quantity, revision=2)))
    assert not run.is_waiting

    books = keep_books(stream(before + after, first), first)

    assert (books["completed"], books["good"]) == (True, quantity)
    assert sum(books["consumed"]["HSG-100"].values()) == quantity


def test_what_is_not_used_yet_should_be_reserved():
    release = read_release(gearbox_release(20))
    run = Run(release, SCENARIOS[ScenarioName.CHANGE], random.Random(1))

    books = keep_books(stream(run.facts(release), release), release)

    assert books["reserved"] == {"HSG-100": 12, "GEAR-20": 24, "OIL-5": 3, "SCR-M6": 160}
    assert told(ScenarioName.HAPPY)[2]["reserved"] == {}


def test_lots_are_traced_through_two_levels_both_ways():
    mixed = {"genealogy": [{"product": "MIX", "lot": "M1", "consumed": {"POWDER": {"P1": 4, "P2": 1}}}]}
    filled = {"genealogy": [{"product": "CAN", "lot": "C1", "consumed": {"MIX": {"M1": 5}, "LID": {"L1": 2}}}]}

    found = trace.upstream([mixed, filled], ("CAN", "C1"))

    assert found == {("MIX", "M1"), ("LID", "L1"), ("POWDER", "P1"), ("POWDER", "P2")}
    assert trace.downstream([mixed, filled], ("POWDER", "P2")) == {("MIX", "M1"), ("CAN", "C1")}


def test_the_material_of_an_order_has_its_price():
    books = told(ScenarioName.HAPPY, quantity=20)[2]

    value = trace.material_value(books, {"HSG-100": 10, "GEAR-20": 2, "OIL-5": 4, "SCR-M6": 0.05})

    assert value == pytest.approx(20 * 10 + 40 * 2 + 5 * 4 + 160 * 0.05)


def test_the_catalogue_keeps_the_last_revision_and_forgets_what_is_deleted():
    catalogue = Catalogue()

    def take(revision, **more):
        return catalogue.take(from_odoo("mes.product.published.v1", {"product": "A", "revision": revision, **more}))

    assert take(2, name="new") and take(1, name="late")
    assert catalogue.pages()["mes.product.published.v1"]["A"]["name"] == "new"
    take(3, is_deleted=True)
    take(2, name="new")
    assert catalogue.pages()["mes.product.published.v1"] == {}
    assert not catalogue.take(from_odoo("mes.order.posted.v1", {"order": "A"}))


@pytest.mark.parametrize("tracking", ["lot", "serial"])
def test_pieces_that_are_said_twice_are_in_the_books_once(tracking):
    facts, events, books = told(ScenarioName.BY_CONFIRMATION, quantity=20, tracking=tracking)
    named = [fact.data for fact in facts if {"lot", "serials"} & fact.data.keys()]

    assert {(data["operation"], "good" in data) for data in named} == {("20", True)}
    reports = [event for event in events if event["type"] == EventType.PRODUCTION_REPORTED]
    assert len(reports) == 2
    assert (books["good"], sum(books["received"]["GBX-100"].values())) == (20, 20)
    release = read_release(gearbox_release(quantity=20, tracking=tracking))
    assert books == keep_books([event for event in events if event not in reports], release)
    assert books["genealogy"] == told(ScenarioName.HAPPY, quantity=20, tracking=tracking)[2]["genealogy"]


def test_what_nobody_planned_is_used_and_in_the_pieces():
    _facts, _events, books = told(ScenarioName.UNPLANNED, quantity=20)

    assert books["consumed"]["GLUE"] == {"GLUE-A": 0.4}
    assert [made["consumed"]["GLUE"] for made in books["genealogy"]] == [{"GLUE-A": 0.2}] * 2


def test_between_increments_everything_happens_that_a_plant_can_say():
    facts, events, books = told(ScenarioName.EVENTFUL, quantity=28)
    (person,) = {one for fact in facts for one in fact.data.get("operators", ())}
    (helper,) = set(OPERATORS) - {person}

    said_of_work = {one for one in EventType if one.value.split(".")[1] in WORK}
    assert said_of_work - {fact.type for fact in facts} == set()
    assert (books["good"], books["scrap"], len(books["genealogy"])) == (26, 2, 7)
    assert sum(books["consumed"]["HSG-100"].values()) == 28
    assert books["scrapped"]["HSG-100"] == {"H2": 1}
    assert books["times"]["10"][helper] == books["times"]["20"][helper] == 10
    assert [stop["minutes"] for stop in keep_stops(events).values()] == [pytest.approx(10, abs=0.1)]


def test_minutes_are_counted_where_they_were_spent():
    books = told(ScenarioName.RETURNS, quantity=20)[2]

    assert set(books["minutes"]) == {"10", "20"}
    assert books["work_centers"] == {"ASM1": pytest.approx(sum(books["minutes"].values()))}
