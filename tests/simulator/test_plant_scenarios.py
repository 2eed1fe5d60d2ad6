"""What each scenario says: determinism and the conservation laws of its facts; nothing is sent."""

import random
from collections import Counter, defaultdict

import pytest
from plant_world import component, gearbox_release

from simulator.ledger import keep_books
from simulator.messages import EventType
from simulator.production import facts_of
from simulator.release import read_release
from simulator.scenarios import SCENARIOS, ScenarioName, Story

# What is told fact by fact has tests of its own.
ACCEPTING = [name for name, scenario in SCENARIOS.items() if scenario.accepts and scenario.story is Story.INCREMENTS]
QUANTITIES = [1, 2, 3, 7, 20, 72]


def facts(name, seed=1, **release):
    return facts_of(read_release(gearbox_release(**release)), SCENARIOS[name], random.Random(seed))


def of_type(all_facts, type_):
    return [fact.data for fact in all_facts if fact.type is type_]


def consumed(all_facts):
    totals = Counter()
    for data in of_type(all_facts, EventType.MATERIAL_CONSUMED):
        for item in data["items"]:
            totals[item["product"]] += item["quantity"]["value"]
    return totals


def made(all_facts, product="GBX-100"):
    """(good, scrapped) pieces of a product, as the facts report them."""
    reports = of_type(all_facts, EventType.PRODUCTION_REPORTED)
    items = [item for data in reports for item in data["items"] if item["product"] == product]
    good = sum(item["quantity"]["value"] for item in items)
    scrapped = sum(data["quantity"]["value"] for data in of_type(all_facts, EventType.SCRAP_REPORTED))
    return good, scrapped


@pytest.mark.parametrize("name", list(ScenarioName))
def test_same_seed_says_the_same(name):
    assert facts(name, seed=3) == facts(name, seed=3)


def test_other_seed_differs():
    assert facts(ScenarioName.HAPPY, seed=3) != facts(ScenarioName.HAPPY, seed=4)


@pytest.mark.parametrize("quantity", QUANTITIES)
@pytest.mark.parametrize("name", ACCEPTING)
def test_named_components_are_consumed_by_the_bill_of_materials(name, quantity):
    said = facts(name, quantity=quantity)

    pieces = sum(made(said))

    used = consumed(said)
    assert used["HSG-100"] == pieces
    assert used["GEAR-20"] == 2 * pieces
    assert used["OIL-5"] == pytest.approx(pieces / 4, abs=0.005)
    assert "SCR-M6" not in used, "an untracked component is left to backflush"


@pytest.mark.parametrize("quantity", QUANTITIES)
@pytest.mark.parametrize("name", ACCEPTING)
def test_totals_equal_what_was_reported(name, quantity):
    said = facts(name, quantity=quantity)

    good, scrapped = made(said)

    (completed,) = of_type(said, EventType.ORDER_COMPLETED)
    assert completed["totals"]["good"]["value"] == good
    assert completed["totals"].get("scrap", {"value": 0})["value"] == scrapped
    assert good + scrapped == quantity or (good + scrapped < quantity) == (name is ScenarioName.SHORT_CLOSE)
    assert good + scrapped <= quantity or name is ScenarioName.OVER_DELIVERY


@pytest.mark.parametrize("quantity", QUANTITIES)
@pytest.mark.parametrize("name", ACCEPTING)
def test_every_operation_confirms_all_pieces_and_ends_final(name, quantity):
    said = facts(name, quantity=quantity)
    pieces, finals, cumulative = Counter(), Counter(), {}

    for data in of_type(said, EventType.OPERATION_CONFIRMED):
        scrap = data.get("scrap", {"value": 0})["value"]
        pieces[data["operation"]] += data["good"]["value"] + scrap
        finals[data["operation"]] += data["final"]
        cumulative[data["operation"]] = sum(data["cumulative"].values())

    assert set(pieces.values()) == {sum(made(said))}
    assert finals == {"10": 1, "20": 1}
    assert cumulative == pieces


@pytest.mark.parametrize("name", ACCEPTING)
def test_an_operation_starts_once_before_its_other_facts(name):
    started = set()
    for fact in facts(name):
        if fact.type is EventType.OPERATION_STARTED:
            assert fact.data["operation"] not in started
            started.add(fact.data["operation"])
        elif "operation" in fact.data:
            assert fact.data["operation"] in started


def test_partial_with_scrap_of_72_is_40_then_30_and_2():
    said = facts(ScenarioName.PARTIAL_WITH_SCRAP, quantity=72)

    confirmed = [data for data in of_type(said, EventType.OPERATION_CONFIRMED) if data["operation"] == "20"]
    reported = of_type(said, EventType.PRODUCTION_REPORTED)
    (scrapped,) = of_type(said, EventType.SCRAP_REPORTED)

    assert [data["good"]["value"] for data in confirmed] == [40, 30]
    assert confirmed[1]["scrap"]["value"] == 2
    assert [data["items"][0]["quantity"]["value"] for data in reported] == [40, 30]
    assert (scrapped["product"], scrapped["quantity"]["value"]) == ("GBX-100", 2)
    assert scrapped["lot"] == reported[1]["items"][0]["lot"] != reported[0]["items"][0]["lot"]


def test_increments_take_turns_in_the_lots_and_stay_within_them():
    taken, firsts = defaultdict(Counter), defaultdict(list)
    for data in of_type(facts(ScenarioName.PARTIAL_WITH_SCRAP, quantity=72), EventType.MATERIAL_CONSUMED):
        for item in data["items"]:
            taken[item["product"]][item["lot"]] += item["quantity"]["value"]
        firsts[data["operation"]].append(data["items"][0]["lot"])

    assert taken["HSG-100"] == {"H1": 36, "H2": 36}
    assert taken["GEAR-20"] == {"G1": 72, "G2": 72}
    assert firsts == {"10": ["H1", "H2"], "20": ["O1", "O2"]}


def test_material_beyond_the_lots_set_aside_is_still_named():
    short = [component("HSG-100", 20, "10", lots=[("H1", 3)])]
    said = facts(ScenarioName.HAPPY, components=short)

    items = [item for data in of_type(said, EventType.MATERIAL_CONSUMED) for item in data["items"]]

    assert [(item["lot"], item["quantity"]["value"]) for item in items] == [("H1", 10), ("H1", 10)]


def test_a_hold_surrounds_facts_and_ends_before_completion():
    types = [fact.type for fact in facts(ScenarioName.LATE_HOLD)]

    placed, released = types.index(EventType.HOLD_PLACED), types.index(EventType.HOLD_RELEASED)

    assert {EventType.OPERATION_CONFIRMED, EventType.PRODUCTION_REPORTED} <= set(types[placed:released])
    assert EventType.PRODUCTION_REPORTED in types[:placed]
    assert types[released + 1 :] == [EventType.ORDER_COMPLETED]


def test_a_refusal_says_why_and_nothing_else():
    (said,) = facts(ScenarioName.REFUSE)

    assert said.type is EventType.ORDER_ACKNOWLEDGED
    assert said.data["accepted"] is False
    assert said.data["reason"]


@pytest.mark.parametrize("name", ACCEPTING)
def test_serials_are_unique_and_one_per_piece(name):
    said = facts(name, quantity=20, tracking="serial")
    items = [item for data in of_type(said, EventType.PRODUCTION_REPORTED) for item in data["items"]]

    serials = [serial for item in items for serial in item["serials"]]
    serials += [data["lot"] for data in of_type(said, EventType.SCRAP_REPORTED)]

    assert len(serials) == len(set(serials)) == sum(made(said))
    assert all("lot" not in item for item in items)


def test_by_products_follow_the_pieces_in_the_same_lot():
    said = facts(ScenarioName.HAPPY, quantity=20, by_products=[component("SWARF", 5, "10", uom="KGM")])

    assert made(said, "SWARF")[0] == 5
    for data in of_type(said, EventType.PRODUCTION_REPORTED):
        assert {item["lot"] for item in data["items"]} == {data["items"][0]["lot"]}


@pytest.mark.parametrize("name", [ScenarioName.HAPPY, ScenarioName.LATE_HOLD])
def test_an_order_without_operations_is_produced_too(name):
    said = facts(name, operations=[])

    assert consumed(said)["HSG-100"] == sum(made(said)) == 20
    assert not of_type(said, EventType.OPERATION_CONFIRMED)
    assert all("operation" not in data for data in of_type(said, EventType.MATERIAL_CONSUMED))


def test_manual_work_reports_labour_only():
    minutes = [data["minutes"] for data in of_type(facts(ScenarioName.SERIAL), EventType.OPERATION_CONFIRMED)]

    assert len(minutes) == 6
    assert all(set(one) == {"labor"} and one["labor"] > 0 for one in minutes)


@pytest.mark.parametrize("name", ACCEPTING)
def test_booked_minutes_are_near_the_expected_ones_in_whole_seconds(name):
    said = facts(name, quantity=20)
    minutes = [value for data in of_type(said, EventType.OPERATION_CONFIRMED) for value in data["minutes"].values()]
    booked = sum(keep_books_minutes(said).values())

    assert all((60 * value) == pytest.approx(round(60 * value)) for value in minutes)
    assert booked == pytest.approx(90 * sum(made(said)) / 20, rel=0.15)


def keep_books_minutes(said):
    events = [{"id": str(turn), "type": fact.type, "data": fact.data} for turn, fact in enumerate(said)]
    return keep_books(events, None)["minutes"]
