"""The echo endpoint stores nothing and says what will happen; the status address tells a message's fate from its first
wait to its answer.
"""

from __future__ import annotations

import pytest

from tools.compare import read_stock
from tools.stack.process import wait_until

from .client import MesClient
from .workshop import BENCH, SOURCE, release_on_bench

QUEUES = ("mes.inbox.message", "mes.outbox.message")
TRACES = ("mes.attempt", "mes.effect", "mes.counter", "mes.case", "mes.order.transition")
BOOKS = ("stock.move", "stock.move.line", "stock.lot", "stock.scrap", "mrp.workcenter.productivity")
CONSUMED, REPORTED, COMPLETED = "mes.material.consumed.v1", "mes.production.reported.v1", "mes.order.completed.v1"


@pytest.fixture(scope="module")
def order(admin, orders, mes):
    """A released order nothing has been reported for; nothing else is under way, but for what waits for the night."""
    released = release_on_bench(orders)
    under_way = [["state", "in", ["pending", "waiting"]], ["collect_until", "=", False]]
    wait_until(lambda: not any(admin.search(queue, under_way) for queue in QUEUES), "empty queues", timeout=60)
    return released


def consumption(mes: MesClient, order: str, quantity: float, uom: str = "C62", **item: str) -> dict:
    """Housings used for an order."""
    housing = {"product": "HSG-100", "quantity": {"value": quantity, "uom": uom}, "lot": "HSG-100-TB-A", **item}
    return mes.event(CONSUMED, {"order": order, "items": [housing]})


def receipt(mes: MesClient, order: str, quantity: float) -> dict:
    """Gearboxes made for an order."""
    made = {"product": "GBX-100", "quantity": {"value": quantity, "uom": "C62"}, "lot": f"{order.replace('/', '-')}-1"}
    return mes.event(REPORTED, {"order": order, "items": [made]})


PREDICTIONS = {
    "fits": (lambda mes, name: consumption(mes, name, 2), "accept", "accepted"),
    "holds already": (lambda mes, name: mes.event("mes.hold.released.v1", {"order": name}), "accept", "already"),
    "unknown order": (lambda mes, name: consumption(mes, "TB/MO/99999", 2), "park", "unknown_order"),
    "unknown product": (lambda mes, name: consumption(mes, name, 2, product="HSG-999"), "park", "unmapped_code"),
    "unknown lot": (lambda mes, name: consumption(mes, name, 2, lot="HSG-100-TB-Z"), "park", "unknown_lot"),
    "wrong unit": (lambda mes, name: consumption(mes, name, 2, "KGM"), "reject", "uom_mismatch"),
    "too much": (lambda mes, name: receipt(mes, name, 400), "reject", "over_delivery"),
    "too early": (
        lambda mes, name: mes.event(COMPLETED, {"order": name, "totals": {"good": {"value": 4, "uom": "C62"}}}),
        "park",
        "too_early",
    ),
    "broken": (lambda mes, name: {**consumption(mes, name, 2), "data": {}}, "reject", "schema_invalid"),
}


@pytest.mark.parametrize("name", PREDICTIONS)
def test_echo_tells_the_end_and_stores_nothing(admin, mes, factory, order, name):
    make, would, code = PREDICTIONS[name]

    def everything() -> tuple:
        counts = {model: admin.call(model, "search_count", domain=[]) for model in (*QUEUES, *TRACES, *BOOKS)}
        row = admin.read("mrp.production", [["id", "=", order.id]], ["mes_phase", "state", "qty_producing"])[0]
        return counts, row, read_stock(admin, factory.stock_locations[BENCH.warehouse])

    before, event = everything(), make(mes, order.name)
    (told,) = mes.echo(event)
    assert (told["id"], told["would"], told["code"]) == (event["id"], would, code)
    if code == "accepted":
        effects = [(one["kind"], one["product"], one["lot"], one["quantity"]) for one in told["effects"]]
        assert effects == [("consumed", "HSG-100", "HSG-100-TB-A", {"value": 2, "uom": "C62"})]
    else:
        assert told["text"] or code == "already"
        assert told["effects"] == []
    assert everything() == before


def test_echo_of_a_batch_plays_it_in_order(mes, orders):
    order = release_on_bench(orders)
    events = order.events()
    told = mes.echo(events)
    assert [one["would"] for one in told] == ["accept"] * len(events)
    assert orders.phase(order) == "released"
    mes.take(events)
    orders.wait_for_phase(order, "posted")
    assert [one["would"] for one in mes.echo(events)] == ["duplicate"] * len(events)


def settled(mes: MesClient, message: str) -> dict:
    """The status of a message once it has an answer."""

    def found() -> dict | None:
        status = mes.status(message).json()
        return status if "answer" in status else None

    return wait_until(found, f"the answer to {message}", timeout=30)


def parked(mes: MesClient, message: str, code: str) -> dict:
    """The status of a message once it is parked for this reason."""

    def found() -> dict | None:
        status = mes.status(message).json()
        return status if status.get("parked", {}).get("code") == code else None

    return wait_until(found, f"{message} to be parked for {code}", timeout=30)


def test_status_of_an_accepted_event_lists_what_it_posted(admin, mes, order):
    made = receipt(mes, order.name, 1)
    (result,) = mes.take(made)
    status = settled(mes, result["message"])
    assert (status["state"], status["order"], status["source"]) == ("done", order.name, SOURCE)
    assert (status["answer"]["outcome"], status["answer"]["code"]) == ("accepted", "accepted")
    (effect,) = status["effects"]
    (item,) = made["data"]["items"]
    assert (effect["product"], effect["lot"], effect["quantity"]["value"]) == ("GBX-100", item["lot"], 1)


def test_status_of_a_rejected_event_says_why(mes, order):
    (result,) = mes.take(receipt(mes, order.name, 400))
    status = settled(mes, result["message"])
    assert (status["state"], status["effects"]) == ("rejected", [])
    assert (status["answer"]["outcome"], status["answer"]["code"]) == ("rejected", "over_delivery")
    assert "400" in status["answer"]["text"]


def test_status_of_a_gap_changes_when_the_gap_closes(mes, orders):
    order = release_on_bench(orders)
    acknowledged, started = order.events()[:2]
    (second,) = mes.take(started)
    waiting = parked(mes, second["message"], "sequence_gap")
    assert (waiting["state"], waiting["parked"]["waiting_for"]) == ("parked", "sequence:1")
    assert waiting["parked"]["since"]
    (first,) = mes.take(acknowledged)
    assert [settled(mes, one["message"])["state"] for one in (first, second)] == ["done", "done"]


def test_status_of_an_event_before_its_order_changes_with_the_release(admin, mes, orders):
    order = orders.create(4, BENCH.warehouse, BENCH.product)
    (result,) = mes.take(receipt(mes, order.name, 1))
    assert parked(mes, result["message"], "unknown_order")["parked"]["waiting_for"] == f"order:{order.name}"
    (owner,) = admin.read("mes.inbox.message", [["uuid", "=", result["message"]]], ["owner_id", "case_id"])
    assert owner["owner_id"], "whatever is parked has an owner"
    assert owner["case_id"], "whatever is parked has a case"
    orders.release(order)
    assert settled(mes, result["message"])["answer"]["outcome"] == "accepted"


def test_status_of_an_event_past_its_deadline(mes, order):
    late = {**receipt(mes, order.name, 1), "expirytime": "2020-01-01T00:00:00Z"}
    (result,) = mes.take(late)
    status = settled(mes, result["message"])
    assert (status["state"], status["answer"]["outcome"]) == ("expired", "expired")


def test_status_is_for_the_sender_only(stack, admin, factory, mes, order):
    (result,) = mes.take(consumption(mes, order.name, 1))
    plants = [[6, 0, [factory.warehouses[BENCH.warehouse]]]]
    system = admin.create("mes.system", {"name": "Neighbour", "code": "mes-neighbour", "kind": "other"})
    admin.write("mes.system", [system], {"plant_ids": plants})
    secret = admin.call("mes.system", "issue_credential", [system], kind="signature")["secret"]
    admin.call("mes.system", "action_activate", [system])
    neighbour = MesClient(stack.url, stack.database, "mes-neighbour", secret)
    assert neighbour.status(result["message"]).status_code == 404
    assert mes.status(result["message"]).status_code == 200
