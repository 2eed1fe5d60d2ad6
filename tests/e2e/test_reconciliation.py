"""A supervisor asks a plant for its totals: the books agree; an event that was lost on its way is named, asked for once
more and posted, and its case is closed.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

import pytest

from simulator.messages import Event
from simulator.scenarios import ScenarioName as Play
from tools.compare import compare_orders
from tools.stack.process import wait_until
from tools.stack.rpc import Rpc

from .orders import Order, Orders

#: Ordered, made until the plant waits for another revision, and what the order is raised to.
ORDERED, HALF_WAY, RAISED = 20, 8, 24
DROPPED = 2


@dataclass
class Desk:
    """A supervisor's screen: reconciliations with one plant."""

    rpc: Rpc
    system: int

    def compare(self, since: datetime) -> dict:
        """Asks the plant for all from a time on, and waits until its answer is compared."""
        until = datetime.now(timezone.utc) + timedelta(seconds=1)
        period = {name: f"{at:%Y-%m-%d %H:%M:%S}" for name, at in (("since", since), ("until", until))}
        run = self.rpc.create("mes.reconciliation", {"system_id": self.system, **period})
        self.rpc.call("mes.reconciliation", "action_ask", [run])
        wait_until(lambda: self.read(run)["compared_at"], "the plant's answer to be compared", timeout=60)
        return self.read(run)

    def read(self, run: int) -> dict:
        fields = ["state", "shift", "compared_at", "order_count", "posting_count", "line_ids"]
        return self.rpc.read("mes.reconciliation", [["id", "=", run]], fields)[0]

    def lines(self, run: dict) -> list[dict]:
        """What differs."""
        fields = ["kind", "event_id", "repair", "production_id", "product", "quantity", "settled_as"]
        return self.rpc.read("mes.reconciliation.line", [["id", "in", run["line_ids"]]], fields)

    def cases(self, order: Order) -> list[tuple[str, str]]:
        """State and text of the cases of an order's books."""
        domain = [["code", "=", "books_differ"], ["production_id", "=", order.id]]
        return [(case["state"], case["text"]) for case in self.rpc.read("mes.case", domain, ["state", "text"])]


@pytest.fixture
def desk(stack, admin, north) -> Desk:
    (system,) = admin.search("mes.system", [["code", "=", north.name]])
    return Desk(stack.rpc("supervisor", "supervisor"), system)


def begin(orders: Orders, north) -> Order:
    """An order that the plant has made in part, and whose next revision it waits for."""
    order = orders.create(ORDERED)
    north.plan(order.name, Play.CHANGE.value)
    orders.release(order)
    wait_until(lambda: orders.read(order, "mes_qty_good")["mes_qty_good"] == HALF_WAY, "a part to be made", timeout=90)
    return order


def drop(north, order: Order) -> Event:
    """Two housings fall to the floor, and what tells of it is lost on its way; the event."""
    sent = [entry["payload"] for entry in north.log()["entries"] if entry["entry"] == "sent"]
    used = next(event for event in sent if isinstance(event, dict) and is_use_of(event, order))
    item = used["data"]["items"][0]
    data = {"order": order.name, "product": item["product"], "lot": item["lot"], "reason": "dropped"}
    event = {
        **{name: used[name] for name in ("specversion", "plant", "datacontenttype")},
        "id": str(uuid.uuid4()),
        "source": f"/mes/{north.name}/scale",
        "type": "mes.scrap.reported.v1",
        "time": datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
        "data": {**data, "quantity": {"value": DROPPED, "uom": "C62"}},
    }
    north.lose(event)
    return event


def is_use_of(event: Event, order: Order) -> bool:
    is_consumption = event["type"] == "mes.material.consumed.v1" and event["data"]["order"] == order.name
    return is_consumption and "lot" in event["data"]["items"][0]


def test_the_books_of_plant_and_odoo_agree(orders, north, desk):
    since = datetime.now(timezone.utc)
    for quantity, scenario in ((20, Play.PARTIAL_WITH_SCRAP), (30, Play.CORRECTIONS), (12, Play.RETURNS)):
        orders.play(north, quantity, scenario.value)
    run = desk.compare(since)
    assert desk.lines(run) == []
    assert (run["state"], run["order_count"]) == ("agrees", 3)
    assert run["posting_count"] > 30


def test_a_lost_event_is_named_asked_for_and_posted(orders, north, desk, admin):
    since = datetime.now(timezone.utc)
    order = begin(orders, north)
    lost = drop(north, order)
    run = desk.compare(since)
    (line,) = desk.lines(run)
    assert (line["kind"], line["event_id"], line["repair"]) == ("event_missing", lost["id"], "request_resend")
    assert (line["production_id"][0], line["product"]) == (order.id, lost["data"]["product"])
    ((state, text),) = desk.cases(order)
    assert state == "open"
    assert lost["id"] in text

    desk.rpc.call("mes.reconciliation.line", "action_request_resend", [line["id"]])
    come = [["event_id", "=", lost["id"]], ["state", "=", "done"]]
    wait_until(lambda: admin.search("mes.inbox.message", come), "the lost event to be applied", timeout=60)
    scrapped = [["inbox_id.event_id", "=", lost["id"]], ["kind", "=", "scrapped"]]
    assert [one["quantity"] for one in admin.read("mes.effect", scrapped, ["quantity"])] == [DROPPED]

    desk.rpc.call("mes.reconciliation", "action_compare", [run["id"]])
    assert [one["settled_as"] for one in desk.lines(run)] == ["resent"]
    assert (desk.read(run["id"])["state"], [state for state, _text in desk.cases(order)]) == ("agrees", ["closed"])

    orders.change_quantity(order, RAISED)
    orders.wait_for_phase(order, "posted", timeout=90)
    assert compare_orders(admin, north.ledger(), [order.name]) == []
