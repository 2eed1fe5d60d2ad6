"""The main job over real sockets and a real broker: orders are released, played by the virtual plants and posted; both
sides' books, answers and proofs must agree.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

import pytest

from simulator.scenarios import ScenarioName as Play
from tools.compare import Amounts, compare_orders, compare_stock, odoo_booking, read_stock
from tools.stack.process import wait_until

from .orders import Order
from .workshop import SERIAL_PRODUCT

ANSWERS = {f"mes.message.{outcome}.v1" for outcome in ("accepted", "rejected", "expired")}
PHASES = ["released", "in_progress", "partially_confirmed", "completed", "posted"]


@dataclass(frozen=True)
class Case:
    """One order: where, what and how much, and how the plant plays it; `phases` are those it goes through."""

    plant: str
    scenario: Play
    quantity: float
    product: str | None = None
    phases: tuple[str, ...] = tuple(PHASES)

    def __str__(self) -> str:
        return f"{self.scenario.value}-{self.plant}"


CASES = [
    Case("WH", Play.HAPPY, 20),
    Case("WH", Play.PARTIAL_WITH_SCRAP, 72),
    Case("WH", Play.DUPLICATES, 30),
    Case("WH", Play.PERMUTED, 24),
    Case("WH", Play.LATE_HOLD, 16, phases=(*PHASES[:3], "quality_hold", *PHASES[2:])),
    Case("WH", Play.SHORT_CLOSE, 25),
    Case("WH", Play.SERIAL, 6, SERIAL_PRODUCT),
    Case("WH", Play.REFUSE, 8, phases=("released", "planned", *PHASES)),
    Case("SP", Play.HAPPY, 10),
    Case("SP", Play.DUPLICATES, 12),
]


@dataclass
class Played:
    """The orders by case, after all were posted, with each plant's stock before and after and its ledger and log."""

    orders: dict[Case, Order] = field(default_factory=dict)
    before: dict[str, Amounts] = field(default_factory=dict)
    after: dict[str, Amounts] = field(default_factory=dict)
    ledgers: dict[str, dict] = field(default_factory=dict)
    logs: dict[str, list[dict]] = field(default_factory=dict)

    def heard(self, case: Case) -> list[dict]:
        """Events the plant received about the order, each once."""
        received = (entry["event"] for entry in self.logs[case.plant] if entry["entry"] == "received")
        return [event for event in received if event.get("subject") == self.orders[case].name]

    def said(self, case: Case) -> set[tuple[str, str]]:
        """Identities of the events the plant sent about the order."""
        payloads = [entry["payload"] for entry in self.logs[case.plant] if entry["entry"] == "sent"]
        events = [event for sent in payloads for event in (sent if isinstance(sent, list) else [sent])]
        return {(event["source"], event["id"]) for event in events if event.get("subject") == self.orders[case].name}


@pytest.fixture(scope="module")
def played(admin, factory, plants, orders):
    """All cases at once, as on a busy day."""
    run = Played(before=_stocks(admin, factory, plants))
    for case in CASES:
        run.orders[case] = order = orders.create(case.quantity, case.plant, case.product)
        plants[case.plant].plan(order.name, case.scenario.value)
        orders.release(order)
    refused = next(order for case, order in run.orders.items() if case.scenario is Play.REFUSE)
    orders.wait_for_phase(refused, "planned")
    orders.release(refused)
    mine = [order.id for order in run.orders.values()]
    wait_until(lambda: _is_over(admin, plants, mine), "all orders to be posted", timeout=150)
    run.after = _stocks(admin, factory, plants)
    run.ledgers = {code: plant.ledger() for code, plant in plants.items()}
    run.logs = {code: plant.log()["entries"] for code, plant in plants.items()}
    return run


def _stocks(admin, factory, plants) -> dict[str, Amounts]:
    return {code: read_stock(admin, factory.stock_locations[code]) for code in plants}


def _is_over(admin, plants, orders: list[int]) -> bool:
    """Everything is posted, nothing is under way in Odoo, and the plants have all their answers."""
    mine = ["production_id", "in", orders]
    return (
        not admin.search("mrp.production", [["id", "in", orders], ["mes_phase", "!=", "posted"]])
        and not admin.search("mes.inbox.message", [mine, ["state", "in", ["pending", "waiting", "parked"]]])
        and not admin.search("mes.outbox.message", [mine, ["state", "in", ["pending", "waiting"]]])
        and all(plant.summary()["idle"] and not plant.summary()["messages"]["unanswered"] for plant in plants.values())
    )


each_case = pytest.mark.parametrize("case", CASES, ids=str)


@each_case
def test_odoo_booked_what_the_plant_did(played, admin, case):
    assert played.ledgers[case.plant][played.orders[case].name]["completed"]
    assert compare_orders(admin, played.ledgers[case.plant], [played.orders[case].name]) == []


@pytest.mark.parametrize("code", ["WH", "SP"])
def test_stock_is_what_the_plant_left(played, code):
    mine = {order.name for case, order in played.orders.items() if case.plant == code}
    entries = [entry for name, entry in played.ledgers[code].items() if name in mine]
    assert played.before[code] != played.after[code]
    assert compare_stock(code, played.before[code], played.after[code], entries) == []


@each_case
def test_nothing_stays_open_or_reserved(played, admin, case):
    order = played.orders[case].id
    either = ["|", ["raw_material_production_id", "=", order], ["production_id", "=", order]]
    assert {row["state"] for row in admin.read("stock.move", either, ["state"])} <= {"done", "cancel"}
    lines = ["|", ["move_id.raw_material_production_id", "=", order], ["move_id.production_id", "=", order]]
    assert {row["state"] for row in admin.read("stock.move.line", lines, ["state"])} == {"done"}
    works = admin.read("mrp.workorder", [["production_id", "=", order]], ["state"])
    assert works
    assert {row["state"] for row in works} == {"done"}


@each_case
def test_phases_follow_the_life_cycle(played, admin, case):
    log = admin.read(
        "mes.order.transition", [["production_id", "=", played.orders[case].id]], ["from_phase", "to_phase"], order="id"
    )
    # Several events may keep the phase; the log must hang together and pass each phase in turn.
    assert all(one["to_phase"] == two["from_phase"] for one, two in zip(log, log[1:], strict=False))
    entered = [row["to_phase"] for row in log if row["from_phase"] != row["to_phase"]]
    assert entered == list(case.phases)


@each_case
def test_the_release_reached_the_plant_signed_and_was_acknowledged(played, admin, case):
    domain = [["production_id", "=", played.orders[case].id], ["event_type", "=", "mes.order.released.v1"]]
    rows = admin.read("mes.outbox.message", domain, ["event_id", "state", "revision", "http_status"], order="revision")
    refused_first = case.scenario is Play.REFUSE
    assert [row["state"] for row in rows] == (["refused"] if refused_first else []) + ["confirmed"]
    assert [row["revision"] for row in rows] == list(range(1, len(rows) + 1))
    # The plant answers 401 to a signature it cannot verify, so 2xx is the proof of it.
    assert {row["http_status"] for row in rows} == ({200} if case.plant == "WH" else {0})
    heard = [event for event in played.heard(case) if event["type"] == "mes.order.released.v1"]
    assert [event["id"] for event in heard] == [row["event_id"] for row in rows]
    assert all(event["data"]["quantity"]["value"] == case.quantity for event in heard)


@each_case
def test_every_event_is_stored_once_and_answered_once(played, admin, case):
    fields = ["source", "event_id", "state", "answer_outcome", "code"]
    rows = admin.read("mes.inbox.message", [["ordering_key", "=", played.orders[case].name]], fields)
    assert {(row["source"], row["event_id"]) for row in rows} == played.said(case)
    assert len(rows) == len(played.said(case))
    ends = {(row["state"], row["answer_outcome"], row["code"]) for row in rows}
    assert ends <= {("done", "accepted", "accepted"), ("done", "accepted", "already")}
    answers = admin.read(
        "mes.outbox.message", [["answers_id", "in", [row["id"] for row in rows]]], ["answers_id", "event_id", "state"]
    )
    assert Counter(answer["answers_id"][0] for answer in answers) == Counter(row["id"] for row in rows)
    assert {answer["state"] for answer in answers} == {"sent"}
    heard = [event for event in played.heard(case) if event["type"] in ANSWERS]
    assert Counter(event["causationid"] for event in heard) == Counter(row["event_id"] for row in rows)
    assert {event["id"] for event in heard} == {answer["event_id"] for answer in answers}


@each_case
def test_effects_prove_each_posting(played, admin, case):
    effects = admin.read(
        "mes.effect",
        [["production_id", "=", played.orders[case].id]],
        ["kind", "product", "lot", "quantity", "res_model", "res_id"],
    )
    sums: dict[str, Counter] = defaultdict(Counter)
    for effect in effects:
        sums[effect["kind"]][effect["product"], effect["lot"] or ""] += effect["quantity"]
    # What nobody reported was consumed as well.
    sums["consumed"].update(sums.pop("estimated", Counter()))
    booked = odoo_booking(admin, played.orders[case].name)
    for kind in ("consumed", "received", "scrapped"):
        assert dict(sums[kind]) == pytest.approx(getattr(booked, kind)), kind
    proofs = [effect for effect in effects if effect["res_model"] == "stock.move.line"]
    lines = admin.read(
        "stock.move.line", [["id", "in", [one["res_id"] for one in proofs]]], ["quantity_product_uom", "state"]
    )
    assert {line["id"]: (line["quantity_product_uom"], line["state"]) for line in lines} == {
        one["res_id"]: (pytest.approx(one["quantity"]), "done") for one in proofs
    }


@each_case
def test_the_plant_learns_that_its_order_is_posted(played, case):
    (posted,) = [event for event in played.heard(case) if event["type"] == "mes.order.posted.v1"]
    entry = played.ledgers[case.plant][played.orders[case].name]
    assert posted["data"]["good"]["value"] == entry["good"]
    assert posted["data"]["scrap"]["value"] == entry["scrap"]
    assert posted["data"]["yield_variance"] == entry["good"] - case.quantity
