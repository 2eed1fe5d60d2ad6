"""The plant of the scenarios in Odoo: for each case a product with components, stock and bill of materials of its own,
so that what its order did can be told from all others; plays and judges nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from simulator.messages import Tracking
from simulator.scenarios import ScenarioName
from simulator.stories import GLUE, GLUE_LOT
from tools.compare import Amounts, read_stock
from tools.demo_factory import Factory, PlantSpec, make_plant, register_system
from tools.stack.rpc import Rpc

#: What a minute costs at each work center.
CENTERS = {"SC-CUT": 1.0, "SC-WELD": 1.75, "SC-TEST": 0.5}
PLANT = PlantSpec("SC", "Scenario plant", "mes-scenarios", "http", tuple((one, one.title()) for one in CENTERS), "")
#: Receives what the last operation's confirmation names; of the same system and work centers.
CONFIRMING = PlantSpec("SD", "Confirming plant", "mes-scenarios", "http", (), "")
PLANTS = (PLANT, CONFIRMING)
UNITS = {"C62": "uom.product_uom_unit", "KGM": "uom.product_uom_kgm", "MTR": "uom.product_uom_meter"}
COST_OF_GLUE = 6.5
OVER_DELIVERY_PERCENT = 10
STOP_REASON = "jam"
TO_ORDER = ("stock.route_warehouse0_mto", "mrp.route_warehouse0_manufacture")
COUNTING = {"inventory_mode": True}
PLENTY = 1000.0


@dataclass(frozen=True)
class Part:
    """A component or by-product: `per_piece` in `uom`, at the operation of this place; `cost` of one unit.

    A component by lot lies in two lots; the first holds less than an order needs, so that both are used. Of what
    another case makes (`is_made`, `code` is its product) there is no other stock.
    """

    code: str
    tracking: Tracking
    per_piece: float
    operation: int = 0
    cost: float = 0.0
    uom: str = "C62"
    is_made: bool = False


@dataclass(frozen=True)
class Case:
    """One named scenario: what is made, how much of it, and what the plant plays; `minutes` per piece and operation.
    One that `is_sold` is made to order.
    """

    name: str
    scenario: ScenarioName
    quantity: float
    tracking: Tracking
    parts: tuple[Part, ...]
    by_products: tuple[Part, ...] = ()
    minutes: tuple[float, ...] = (2.0,)
    is_sold: bool = False
    plant: PlantSpec = PLANT

    def __str__(self) -> str:
        return self.name

    @property
    def product(self) -> str:
        return self.name.upper()

    def code(self, part: Part) -> str:
        """The product of a part: only what another case makes is shared between cases."""
        return part.code if part.is_made else f"{self.product}-{part.code.upper()}"

    def prices(self) -> dict[str, float]:
        return {GLUE.product: COST_OF_GLUE, **{self.code(part): part.cost for part in self.parts}}


class ScenarioWorld:
    """Makes the cases in Odoo, once per database, over the public API."""

    def __init__(self, factory: Factory):
        self._factory = factory
        self._rpc: Rpc = factory.rpc
        for plant in PLANTS:
            make_plant(factory, plant)
        self._units = {code: self._rpc.ref(name) for code, name in UNITS.items()}
        self._centers = [self._rpc.search("mrp.workcenter", [["code", "=", code]])[0] for code in CENTERS]
        for center, cost in zip(self._centers, CENTERS.values(), strict=True):
            self._rpc.write("mrp.workcenter", [center], {"costs_hour": 60 * cost})
        self._rule(PLANT, mes_over_delivery_percent=OVER_DELIVERY_PERCENT)
        self._rule(CONFIRMING, mes_receipt_source="last_operation")
        self._rpc.write(
            "mrp.workcenter.productivity.loss", [self._rpc.ref("mrp.block_reason0")], {"mes_code": STOP_REASON}
        )
        # Odoo keeps this route archived until somebody wants it.
        self._rpc.write("stock.route", [self._rpc.ref(TO_ORDER[0])], {"active": True})
        category = {"name": "Made by scenarios", "property_cost_method": "average"}
        self._category = self._rpc.create("product.category", category)
        self._make_product(GLUE.product, GLUE.tracking, GLUE.uom, standard_price=COST_OF_GLUE)
        self._count(PLANT, self._factory.products[GLUE.product], [(GLUE_LOT, PLENTY)])

    def register(self, endpoint_url: str) -> str:
        """Registers the system of both plants; its secret."""
        secret = register_system(self._factory, PLANT, endpoint_url)
        system = self._rpc.search("mes.system", [["code", "=", PLANT.system]])
        plants = [self._factory.warehouses[plant.warehouse] for plant in PLANTS]
        self._rpc.write("mes.system", system, {"plant_ids": [[6, 0, plants]]})
        return secret

    def stock(self) -> Amounts:
        """What lies in both plants, by product and lot."""
        total: Amounts = {}
        for plant in PLANTS:
            for key, quantity in read_stock(self._rpc, self._factory.stock_locations[plant.warehouse]).items():
                total[key] = total.get(key, 0.0) + quantity
        return total

    def make(self, case: Case) -> None:
        """Product, bill of materials and stock of a case; what an earlier case makes may be a part of it."""
        for part in (*case.parts, *case.by_products):
            if not part.is_made:
                self._make_product(case.code(part), part.tracking, part.uom, standard_price=part.cost)
        made = {"categ_id": self._category, "lot_valuated": case.tracking is not Tracking.NONE}
        if case.is_sold:
            made["route_ids"] = [[6, 0, [self._rpc.ref(name) for name in TO_ORDER]]]
        self._make_product(case.product, case.tracking, "C62", **made)
        self._make_bom(case)
        self._fill(case)

    def sell(self, case: Case) -> tuple[int, str]:
        """Sells the quantity of a case and confirms the sale; the order it is made by, reserved."""
        line = {"product_id": self._factory.products[case.product], "product_uom_qty": case.quantity}
        partner = self._rpc.create("res.partner", {"name": "Customer"})
        values = {"partner_id": partner, "warehouse_id": self._factory.warehouses[PLANT.warehouse]}
        sale = self._rpc.create("sale.order", {**values, "order_line": [[0, 0, line]]})
        self._rpc.call("sale.order", "action_confirm", [sale])
        made = [["product_id", "=", line["product_id"]]]
        (order,) = self._rpc.read("mrp.production", made, ["name"])
        self._rpc.call("mrp.production", "action_assign", [order["id"]])
        return order["id"], order["name"]

    def _rule(self, plant: PlantSpec, **rules) -> None:
        self._rpc.write("stock.warehouse", [self._factory.warehouses[plant.warehouse]], rules)

    def _make_product(self, code: str, tracking: Tracking, unit: str, **more) -> None:
        values = {"name": code.title(), "default_code": code, "type": "consu", "is_storable": True}
        values |= {"tracking": tracking.value, "uom_id": self._units[unit], **more}
        self._factory.products[code] = self._rpc.create("product.product", values)

    def _make_bom(self, case: Case) -> None:
        product = self._factory.products[case.product]
        template = self._rpc.read("product.product", [["id", "=", product]], ["product_tmpl_id"])[0]["product_tmpl_id"]
        bom = self._rpc.create("mrp.bom", {"product_tmpl_id": template[0], "product_id": product, "product_qty": 1})
        self._factory.boms[case.product] = bom
        steps = [
            {"bom_id": bom, "name": f"Step {place + 1}", "workcenter_id": self._centers[place], "sequence": place}
            | {"time_mode": "manual", "time_cycle_manual": minutes}
            for place, minutes in enumerate(case.minutes)
        ]
        operations = self._create("mrp.routing.workcenter", steps)
        for model, parts in (("mrp.bom.line", case.parts), ("mrp.bom.byproduct", case.by_products)):
            lines = [
                {
                    "bom_id": bom,
                    "product_id": self._factory.products[case.code(part)],
                    "product_qty": part.per_piece,
                    "operation_id": operations[part.operation],
                }
                for part in parts
            ]
            self._create(model, lines)

    def _fill(self, case: Case) -> None:
        for part in case.parts:
            self._count(case.plant, self._factory.products[case.code(part)], self._stock_of(case, part))

    def _count(self, plant: PlantSpec, product: int, stock: list[tuple[str, float]]) -> None:
        """Puts (lot, quantity) of a product into the stock of a plant."""
        location = self._factory.stock_locations[plant.warehouse]
        lots = self._create("stock.lot", [{"name": name, "product_id": product} for name, _quantity in stock if name])
        counted = [
            {"product_id": product, "location_id": location, "lot_id": lot, "inventory_quantity": quantity}
            for (_name, quantity), lot in zip(stock, lots or [False] * len(stock), strict=True)
        ]
        if counted:
            quants = self._rpc.call("stock.quant", "create", vals_list=counted, context=COUNTING)
            self._rpc.call("stock.quant", "action_apply_inventory", quants, context=COUNTING)

    def _stock_of(self, case: Case, part: Part) -> list[tuple[str, float]]:
        """(lot, quantity) of a component; nothing of what another case makes."""
        need = part.per_piece * case.quantity
        if part.is_made:
            return []
        if part.tracking is Tracking.SERIAL:
            return [(f"{case.code(part)}-{number:03}", 1) for number in range(1, int(need) * 2 + 1)]
        if part.tracking is Tracking.LOT:
            return [(f"{case.code(part)}-A", need / 2), (f"{case.code(part)}-B", PLENTY)]
        return [("", PLENTY)]

    def _create(self, model: str, values: list[dict]) -> list[int]:
        return self._rpc.call(model, "create", vals_list=values) if values else []
