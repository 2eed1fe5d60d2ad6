"""What Odoo asks a plant: what it reported in a time, from its own ledger, and events that never came once more."""

from collections import defaultdict
from datetime import datetime, timezone
from decimal import Decimal

import pytest
import requests
from plant_world import from_odoo, gearbox_release, until
from test_plant_contract import faults

from simulator.inquiries import summarize, wanted
from simulator.ledger import keep_books
from simulator.messages import EnvelopeFault, EventType
from simulator.scenarios import ScenarioName

ALWAYS = {"from": "2000-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z"}
NOW = datetime(2026, 11, 22, tzinfo=timezone.utc)
KINDS = ("consumed", "received", "scrapped")


def question(**data):
    return from_odoo("mes.shift.summary.requested.v1", {"request": "REC/1", **ALWAYS, **data})


def asked(world, receiver, **data):
    """The data of the plant's answer."""
    world.play(question(**data))
    answers = [event for event in receiver.events if event["type"] == EventType.SHIFT_SUMMARIZED]
    return answers[-1]["data"]


def sums(totals):
    """``{kind: {product: {lot: quantity}}}`` of totals."""
    found = {kind: defaultdict(lambda: defaultdict(Decimal)) for kind in KINDS}
    for total in totals:
        sign = -1 if total["kind"] == "returned" else 1
        kind = "consumed" if total["kind"] == "returned" else total["kind"]
        found[kind][total["product"]][total.get("lot", "")] += sign * Decimal(str(total["quantity"]["value"]))
    return {kind: {product: dict(lots) for product, lots in some.items()} for kind, some in found.items()}


@pytest.mark.parametrize("name", [ScenarioName.PARTIAL_WITH_SCRAP, ScenarioName.CORRECTIONS, ScenarioName.EVENTFUL])
def test_a_summary_adds_up_to_the_ledger(world, receiver, name):
    world.put("/plan/A", {"scenario": name.value})
    world.play(gearbox_release(72, order="A"))
    told = asked(world, receiver)
    assert (told["request"], faults("mes.shift.summarized.v1", told)) == ("REC/1", [])
    books = world.get("/ledger")["orders"]["A"]
    # What is scrapped of what an order makes is in the ledger as received, too; nobody said so.
    for product, lots in books["scrapped"].items():
        for lot, quantity in lots.items():
            books["received"].get(product, {lot: quantity})[lot] -= quantity
    left = {product: {lot: one for lot, one in lots.items() if one} for product, lots in books["received"].items()}
    books["received"] = {product: lots for product, lots in left.items() if lots}
    assert sums(told["totals"]) == {kind: books[kind] for kind in KINDS}


def test_a_summary_lists_each_event_that_is_in_it(world, receiver):
    world.play(gearbox_release(order="A"))
    told = asked(world, receiver)
    listed = {event for total in told["totals"] for event in total["events"]}
    said = {EventType.MATERIAL_CONSUMED, EventType.PRODUCTION_REPORTED}
    assert listed == {event["id"] for event in receiver.events if event["type"] in said}
    assert {total.get("operation") for total in told["totals"] if total["kind"] == "consumed"} == {"10", "20"}


def test_only_what_is_asked_for(world, receiver):
    for order in "AB":
        world.play(gearbox_release(order=order))
    assert {total["order"] for total in asked(world, receiver, orders=["B"])["totals"]} == {"B"}
    assert asked(world, receiver, request="REC/2", to="2001-01-01T00:00:00Z")["totals"] == []
    elsewhere = dict(question(), plant="SP")
    assert summarize(elsewhere, "/x", receiver.unique_events(), NOW)["data"]["totals"] == []


def test_what_was_lost_is_told_when_it_is_asked_for(world, receiver):
    world.play(gearbox_release(order="A"))
    sent = next(event for event in receiver.events if event["type"] == EventType.MATERIAL_CONSUMED)
    lost = {**sent, "id": "lost-1"}
    assert requests.post(f"{world.server.url}/lose", json=lost, timeout=10).json() == {"status": "lost"}
    assert "lost-1" not in [event["id"] for event in receiver.events]
    assert any("lost-1" in total["events"] for total in asked(world, receiver)["totals"])
    request = {"request": "REC/1/1", "events": ["lost-1", "never-heard-of"], "order": "A", "source": lost["source"]}
    world.play(from_odoo("mes.resend.requested.v1", request))
    assert [event for event in receiver.events if event["id"] == "lost-1"] == [lost]


def test_events_are_sent_again_with_their_ids(world, receiver):
    world.play(gearbox_release(order="A"))
    first = receiver.unique_events()[:2]
    world.play(from_odoo("mes.resend.requested.v1", {"request": "R", "events": [event["id"] for event in first]}))
    assert receiver.events[-2:] == first


def test_a_question_that_cannot_be_read_is_noted(world):
    world.post(from_odoo("mes.shift.summary.requested.v1", {"request": "R", "from": "yesterday"}))
    world.post(from_odoo("mes.resend.requested.v1", {"request": "R"}))
    until(lambda: sum(entry["entry"] == "trouble" for entry in world.get("/log")["entries"]) == 2, "both are noted")
    with pytest.raises(EnvelopeFault):
        wanted(from_odoo("mes.resend.requested.v1", {}), [])


def test_the_ledger_counts_what_was_lost(world):
    world.play(gearbox_release(order="A"))
    books = world.get("/ledger")["orders"]["A"]
    item = {"product": "SCR-M6", "quantity": {"value": 3, "uom": "C62"}}
    event = from_odoo("mes.material.consumed.v1", {"order": "A", "operation": "10", "items": [item]})
    requests.post(f"{world.server.url}/lose", json=event, timeout=10)
    assert world.get("/ledger")["orders"]["A"]["consumed"] == {**books["consumed"], "SCR-M6": {"": 3}}
    assert keep_books([event], None)["consumed"] == {"SCR-M6": {"": 3}}
