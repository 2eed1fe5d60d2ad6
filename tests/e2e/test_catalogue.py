"""What a plant is told besides its orders, over a real broker: master data whole, when it changed, when it is gone, and
again on demand; what its orders have and lack. Judged by what the virtual plant then knows.
"""

from __future__ import annotations

import pytest

from tools.demo_factory import Factory, PlantSpec, make_plant, register_system
from tools.stack.process import wait_until
from tools.stack.rpc import Rpc, RpcError
from tools.stack.simulator import Simulator

from .orders import Order

DOCK = PlantSpec("DK", "Dock plant", "mes-dock", "mqtt", (("DK-1", "Dock line"),), "HATCH")
PRODUCT, BOM, ROUTING = "mes.product.published.v1", "mes.bom.published.v1", "mes.routing.published.v1"
CENTER, LOT = "mes.work_center.published.v1", "mes.lot.published.v1"
AVAILABILITY, SHORTAGE = "mes.inventory.availability.changed.v1", "mes.material.shortage.detected.v1"
#: Told at night, and whatever the hour of this test, at once.
NIGHTLY = [PRODUCT, BOM, ROUTING, CENTER, LOT, "mes.reason_code.published.v1"]
COUNTING = {"inventory_mode": True}
#: Of the hatches of an order so many are made before the plant waits for the planner.
IN_STOCK, ORDERED, MADE = 6, 10, 4
WAIT_SECONDS = 180


class Dock:
    """The dock's system in Odoo, and the virtual plant that plays it."""

    def __init__(self, factory: Factory, plant: Simulator):
        self.rpc, self.plant, self._factory = factory.rpc, plant, factory
        make_plant(factory, DOCK)
        self.hatch, self.hinge = self._make("HATCH"), self._make("HINGE", tracking="lot")
        center = self.rpc.search("mrp.workcenter", [["code", "=", "DK-1"]])[0]
        operation = {"name": "Assembly", "workcenter_id": center, "time_mode": "manual", "time_cycle_manual": 1}
        template = self.rpc.read("product.product", [["id", "=", self.hatch]], ["product_tmpl_id"])[0]
        bom = {"product_tmpl_id": template["product_tmpl_id"][0], "operation_ids": [[0, 0, operation]]}
        lines = [[0, 0, {"product_id": self.hinge, "product_qty": 1}]]
        factory.boms["HATCH"] = self.rpc.create("mrp.bom", {**bom, "bom_line_ids": lines})
        self.bom = f"BOM-{factory.boms['HATCH']}-{self.hatch}"
        self.lot = self.rpc.create("stock.lot", {"name": "H-1", "product_id": self.hinge})
        self.put(IN_STOCK)

    def _make(self, code: str, **more) -> int:
        values = {"name": code.title(), "default_code": code, "type": "consu", "is_storable": True, **more}
        self._factory.products[code] = self.rpc.create("product.product", values)
        return self._factory.products[code]

    def put(self, quantity: float) -> None:
        """Counts so many hinges in the stock."""
        place = {
            "product_id": self.hinge,
            "location_id": self._factory.stock_locations[DOCK.warehouse],
            "lot_id": self.lot,
        }
        values = [{**place, "inventory_quantity": quantity}]
        quants = self.rpc.call("stock.quant", "create", vals_list=values, context=COUNTING)
        self.rpc.call("stock.quant", "action_apply_inventory", quants, context=COUNTING)

    def register(self) -> str:
        """Its system, which is told of master data at once; its secret."""
        secret = register_system(self._factory, DOCK, "")
        routes = [["system_id.code", "=", DOCK.system], ["event_type", "in", NIGHTLY]]
        at_once = {"flow_class_id": self.rpc.ref("mes_connector.flow_class_real_time")}
        self.rpc.write("mes.route", self.rpc.search("mes.route", routes), at_once)
        self.system = self.rpc.search("mes.system", [["code", "=", DOCK.system]])[0]
        return secret

    def send_all(self, **values) -> dict:
        """Has all master data sent again, and waits for the end of that."""
        run = self.rpc.create("mes.publication.run", {"system_id": self.system, **values})
        self.rpc.call("mes.publication.run", "action_start", [run])
        fields = ["state", "total", "done_count", "failed_count", "sent_count", "progress"]
        wait_until(
            lambda: self.rpc.search("mes.publication.run", [["id", "=", run], ["state", "!=", "running"]]),
            "all master data to be sent",
            timeout=WAIT_SECONDS,
        )
        return self.rpc.read("mes.publication.run", [["id", "=", run]], fields)[0]

    def work(self, action: str) -> None:
        """Runs a scheduled action now."""
        cron = self.rpc.ref(f"mes_connector.{action}")
        wait_until(lambda: _is_run(self.rpc, cron), f"{action} to be free", timeout=WAIT_SECONDS)

    def sent(self, *domain: list) -> int:
        """How many messages about master data and stock the system was sent, or will be."""
        mine = [["system_id", "=", self.system], ["event_type", "in", [*NIGHTLY, AVAILABILITY, SHORTAGE]]]
        return len(self.rpc.search("mes.outbox.message", [*mine, *domain]))

    def told(self, *domain: list) -> int:
        """Of how many things the system was told that they are there."""
        there = [["system_id", "=", self.system], ["revision", ">", 0], ["is_deleted", "=", False]]
        return len(self.rpc.search("mes.publication", [*there, *domain]))

    def known(self, event_type: str) -> dict[str, dict]:
        """What the plant knows of a kind, by key."""
        return self.plant.catalogue()[event_type]

    def wait_until_known(self, event_type: str, key: str, **content) -> dict:
        """Waits until the plant knows a thing with this content; all it knows of it."""

        def known() -> dict | None:
            found = self.known(event_type).get(key)
            return found if found and content.items() <= found.items() else None

        return wait_until(known, f"{key} with {content}", timeout=WAIT_SECONDS)

    def unanswered(self) -> int:
        """How many events of the plant wait for their answers."""
        return self.plant.summary()["messages"]["unanswered"]

    def received(self, event_type: str) -> list[dict]:
        """Everything the plant was told by events of a type, in order."""
        events = [entry["event"] for entry in self.plant.log()["entries"] if entry["entry"] == "received"]
        return [event["data"] for event in events if event["type"] == event_type]


def _is_run(rpc: Rpc, cron: int) -> bool:
    """Runs a scheduled action; an OSError, as long as somebody else does."""
    try:
        return rpc.call("ir.cron", "method_direct_trigger", [cron]) is not False
    except RpcError as error:
        raise OSError from error


@pytest.fixture(scope="module")
def dock(stack, factory) -> Dock:
    plant = stack.add_simulator(DOCK.system)
    dock = Dock(factory, plant)
    plant.start(stack.odoo, stack.database, dock.register(), broker=stack.broker)
    return dock


@pytest.fixture(scope="module")
def first_run(dock) -> dict:
    """Everything was sent, and nothing is left to be told."""
    run = dock.send_all()
    dock.work("ir_cron_mes_publish")
    return run


def test_all_master_data_is_sent_with_progress_and_arrives(dock, first_run):
    assert (first_run["state"], first_run["progress"], first_run["failed_count"]) == ("done", 100, 0)
    assert first_run["total"] == first_run["done_count"] > 0
    assert first_run["sent_count"] > 0
    told = dock.rpc.read("mes.publication", [["system_id", "=", dock.system]], ["object_key", "revision"])
    wait_until(
        lambda: sum(map(len, dock.plant.catalogue().values())) >= len(told), "all to arrive", timeout=WAIT_SECONDS
    )
    hatch, hinges = dock.known(PRODUCT)["HATCH"], dock.known(BOM)[dock.bom]["components"]
    assert (hatch["name"], hatch["uom"], hatch["tracking"]) == ("Hatch", "C62", "none")
    assert [(one["product"], one["quantity"]["value"]) for one in hinges] == [("HINGE", 1)]
    (routing,) = (one for one in dock.known(ROUTING).values() if one["bom"] == dock.bom)
    assert [one["work_center"] for one in routing["operations"]] == ["DK-1"]
    assert dock.known(CENTER)["DK-1"]["name"] == "Dock line"
    assert dock.known(LOT)["HINGE/H-1"]["lot"] == "H-1"


@pytest.mark.usefixtures("first_run")
def test_what_did_not_change_is_not_sent_again(dock):
    before = dock.sent()
    dock.rpc.write("product.product", [dock.hatch], {"name": "Hatch", "description_sale": "Opens"})
    dock.work("ir_cron_mes_publish")
    assert dock.send_all(is_forced=False)["sent_count"] == 0
    assert dock.sent() == before


@pytest.mark.usefixtures("first_run")
def test_a_change_is_sent_alone_with_its_revision(dock):
    first, before = dock.wait_until_known(PRODUCT, "HATCH"), dock.sent()
    dock.rpc.write("product.product", [dock.hatch], {"name": "Hatch II"})
    dock.work("ir_cron_mes_publish")
    second = dock.wait_until_known(PRODUCT, "HATCH", name="Hatch II")
    assert second["revision"] == first["revision"] + 1
    assert second["content_hash"] != first["content_hash"]
    assert dock.sent() == before + 1
    assert dock.send_all(kind="product")["sent_count"] == dock.told(["kind", "=", "product"])
    dock.wait_until_known(PRODUCT, "HATCH", revision=second["revision"])


@pytest.mark.usefixtures("first_run")
def test_what_is_gone_is_a_tombstone(dock):
    dock.rpc.create("product.product", {"name": "Old", "default_code": "OLD-HATCH", "is_storable": True})
    dock.work("ir_cron_mes_publish")
    dock.wait_until_known(PRODUCT, "OLD-HATCH")
    old = dock.rpc.search("product.product", [["default_code", "=", "OLD-HATCH"]])
    dock.rpc.call("product.product", "unlink", old)
    dock.work("ir_cron_mes_publish")
    wait_until(lambda: "OLD-HATCH" not in dock.known(PRODUCT), "the product to be gone", timeout=WAIT_SECONDS)
    last = [data for data in dock.received(PRODUCT) if data["product"] == "OLD-HATCH"][-1]
    assert last["is_deleted"]
    assert set(last) == {"product", "content_hash", "revision", "is_deleted"}


@pytest.fixture(scope="module")
def order(dock, orders, first_run) -> Order:
    """An order of more hatches than there are hinges, of which the plant has made some, and waits."""
    order = orders.create(ORDERED, DOCK.warehouse, "HATCH")
    dock.plant.plan(order.name, "change")
    orders.release(order)
    wait_until(
        lambda: orders.read(order, "mes_qty_good")["mes_qty_good"] == MADE and not dock.unanswered(),
        "some hatches to be made",
        timeout=WAIT_SECONDS,
    )
    return order


def test_a_plant_knows_what_its_orders_have_and_lack(dock, order):
    left, missing = IN_STOCK - MADE, ORDERED - IN_STOCK
    (need,) = dock.wait_until_known(AVAILABILITY, "DK/HINGE", on_hand=left, available=0)["orders"]
    assert (need["order"], need["required"], need["reserved"]) == (order.name, ORDERED - MADE, left)
    assert need["missing"] == missing
    lacking = dock.wait_until_known(SHORTAGE, order.name)
    assert [(one["product"], one["missing"]["value"]) for one in lacking["items"]] == [("HINGE", missing)]


@pytest.mark.usefixtures("order")
def test_stock_that_did_not_change_is_not_told_again(stack, dock):
    marks = "SELECT count(*) FROM mes_mark WHERE topic = 'availability'"

    def all_is_looked_at() -> bool:
        return stack.server.query(marks, (), stack.database) == [(0,)]

    wait_until(all_is_looked_at, "the last change of stock to be looked at", timeout=WAIT_SECONDS)
    before = dock.sent()
    dock.work("ir_cron_mes_availability_compare")
    wait_until(all_is_looked_at, "all stock to be looked at", timeout=WAIT_SECONDS)
    assert dock.sent() == before


def test_a_shortage_ends_with_the_stock(dock, order):
    dock.put(ORDERED)
    dock.wait_until_known(AVAILABILITY, "DK/HINGE", on_hand=ORDERED)
    open_ones = [["production_id", "=", order.id], ["covered_at", "=", False]]
    wait_until(lambda: not dock.rpc.search("mes.shortage", open_ones), "the shortage to end", timeout=WAIT_SECONDS)
