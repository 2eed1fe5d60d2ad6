"""What the tests need besides the demo factory: a plant that only the test plays, a serial product, events made by
hand; nothing is sent or judged here.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone

from simulator.messages import Event, Stamp, Tracking, seal
from simulator.production import facts_of
from simulator.release import SCALE, Line, LotStock, Release, read_release
from simulator.scenarios import SCENARIOS, ScenarioName
from tools.demo_factory import NORTH, Factory, PlantSpec, fill_stock, make_plant
from tools.stack.rpc import Rpc

from .orders import Order, Orders

#: Its MES gets releases over MQTT, where nobody listens: what happens in this plant is up to each test.
BENCH = PlantSpec("TB", "Bench plant", "mes-bench", "mqtt", (), NORTH.product)
SERIAL_PRODUCT = "VLV-300"
SOURCE = f"/mes/{BENCH.system}"


def equip(factory: Factory) -> None:
    """Adds the bench plant with its stock, and a valve with serial numbers that the plant WH makes."""
    make_plant(factory, BENCH)
    fill_stock(factory, BENCH)
    rpc = factory.rpc
    _enlarge_first_lots(factory)
    values = {"name": "Valve 300", "default_code": SERIAL_PRODUCT, "type": "consu", "is_storable": True}
    product = rpc.create("product.product", {**values, "tracking": "serial"})
    template = rpc.read("product.product", [["id", "=", product]], ["product_tmpl_id"])[0]["product_tmpl_id"][0]
    center = rpc.search("mrp.workcenter", [["code", "=", "TST1"]])[0]
    operation = {"name": "Assembly and test", "workcenter_id": center, "time_mode": "manual", "time_cycle_manual": 3}
    lines = [{"product_id": factory.products[code], "product_qty": 1} for code in ("HSG-100", "SCR-M6")]
    factory.products[SERIAL_PRODUCT] = product
    factory.boms[SERIAL_PRODUCT] = rpc.create(
        "mrp.bom",
        {
            "product_tmpl_id": template,
            "operation_ids": [[0, 0, operation]],
            "bom_line_ids": [[0, 0, line] for line in lines],
        },
    )


def hear_of_orders_only(rpc: Rpc, system: int) -> None:
    """Closes a system's routes for stock and master data, which are told by themselves and spoil counting."""
    told = [["event_type", "=like", f"mes.{name}"] for name in ("inventory.%", "material.shortage.%", "%.published.%")]
    routes = rpc.search("mes.route", [["system_id", "=", system], ["direction", "=", "out"], "|", "|", *told])
    rpc.write("mes.route", routes, {"active": False})


def _enlarge_first_lots(factory: Factory) -> None:
    """Gives the bench plant enough of both lots of each component for all tests, in whichever order they run."""
    rpc, context = factory.rpc, {"inventory_mode": True}
    domain = [["location_id", "=", factory.stock_locations[BENCH.warehouse]], ["lot_id.name", "=like", "%-A"]]
    quants = rpc.search("stock.quant", domain)
    rpc.call("stock.quant", "write", quants, vals={"inventory_quantity": 10_000}, context=context)
    rpc.call("stock.quant", "action_apply_inventory", quants, context=context)


@dataclass(frozen=True)
class BenchOrder:
    """A released order of the bench plant, as its MES would know it."""

    id: int
    name: str
    release: Release

    def events(self, scenario: ScenarioName = ScenarioName.HAPPY, seed: int = 1) -> list[Event]:
        """All events of the order in the order in which they happen; equal seeds give equal facts."""
        facts = facts_of(self.release, SCENARIOS[scenario], random.Random(seed))
        now = datetime.now(timezone.utc) - timedelta(minutes=1)
        stamp = Stamp(SOURCE, BENCH.warehouse, self.name, self.release.event_id, 1, now, timedelta(seconds=1))
        return seal(facts, stamp, random.Random(f"{self.name}/{seed}"))


def release_on_bench(orders: Orders, quantity: float = 4) -> BenchOrder:
    """Creates and releases an order of the bench plant, whose MES stays silent."""
    order = orders.create(quantity, BENCH.warehouse, BENCH.product)
    orders.release(order)
    return bench_order(orders.admin, order)


def bench_order(admin: Rpc, order: Order) -> BenchOrder:
    """The order as the release event in the outbox tells it."""
    domain = [["production_id", "=", order.id], ["event_type", "=", "mes.order.released.v1"]]
    (row,) = admin.read("mes.outbox.message", domain, ["payload"])
    release = read_release(json.loads(row["payload"]))
    return BenchOrder(order.id, order.name, replace(release, components=tuple(map(_in_two_lots, release.components))))


def _in_two_lots(line: Line) -> Line:
    """The component as the plant has it at hand: a third of it in its first lot, whatever Odoo reserved."""
    if line.tracking is Tracking.NONE:
        return line
    first, second = (f"{line.product}-{BENCH.warehouse}-{suffix}" for suffix in "AB")
    third = (line.quantity / 3).quantize(SCALE)
    return replace(line, lots=(LotStock(first, third), LotStock(second, line.quantity)))
