"""The convergence plant in Odoo: its products and stock, and one order with a stock of its own for each run; no event.

A run draws from a location that no other run uses, so that what its order left there can be compared.
"""

from __future__ import annotations

from dataclasses import dataclass

from simulator.messages import Tracking
from tools.demo_factory import Factory, PlantSpec, make_plant, register_system
from tools.stack.rpc import Rpc
from tools.stack.template import Template, suite_template

from .arrivals import Manner
from .recipes import LOTS, MATERIALS, RECIPES, WORK_CENTERS, Material, Recipe
from .streams import OPERATOR, SERIALS_PER_PIECE, Stream, serial_in_stock

# Nobody listens to its releases and answers: what happens in this plant is up to the test.
PLANT = PlantSpec("CV", "Convergence plant", "mes-convergence", "mqtt", tuple((one, one) for one in WORK_CENTERS), "")
UNITS = {
    "C62": "uom.product_uom_unit",
    "LTR": "uom.product_uom_litre",
    "KGM": "uom.product_uom_kgm",
    "MTR": "uom.product_uom_meter",
}
PLENTY = 10_000
COST_OF_AN_HOUR = 36.0
COUNTING = {"inventory_mode": True}


def valued_template() -> Template:
    """The suite's template with Odoo's stock valuation, which the suite itself does not need."""
    suite = suite_template()
    return Template(f"plant_template_valued_{suite.name.rpartition('_')[2]}", ("mrp_account",), suite)


@dataclass(frozen=True)
class Run:
    """One way of delivering a stream, with the order it is about; `name` is unique, `location` holds its stock."""

    stream: Stream
    manner: Manner
    name: str
    location: int
    order_id: int
    order: str


class World:
    """The plant, made once per database over the public API."""

    def __init__(self, rpc: Rpc):
        self.rpc = rpc
        self._factory = Factory(rpc)
        options = ("group_mrp_routings", "group_stock_production_lot", "group_stock_multi_locations", "group_uom")
        settings = rpc.create("res.config.settings", dict.fromkeys(options, True))
        rpc.call("res.config.settings", "execute", [settings])
        make_plant(self._factory, PLANT)
        person = rpc.create("res.users", {"name": "Operator", "login": OPERATOR})
        rpc.write("res.users", [person], {"mes_operator_code": OPERATOR})
        self._units = {code: rpc.ref(name) for code, name in UNITS.items()}
        self._products: dict[str, int] = {}
        self._lots: dict[tuple[str, str], int] = {}
        self._boms: dict[str, int] = {}
        self._make_products()
        self._centers = {one["code"]: one["id"] for one in rpc.read("mrp.workcenter", [], ["code"])}
        rpc.write("mrp.workcenter", list(self._centers.values()), {"costs_hour": COST_OF_AN_HOUR})
        for recipe in RECIPES:
            self._make_bom(recipe)

    def register_system(self) -> str:
        """Registers the plant's MES and returns its secret.

        How much its streams report is drawn at random: no quantity of them is usual. What looks told twice is held as
        anywhere, and nothing of them does.
        """
        secret = register_system(self._factory, PLANT, "")
        rpc = self._factory.rpc
        rpc.write("mes.system", rpc.search("mes.system", [["code", "=", PLANT.system]]), {"holds_unit_shifts": False})
        return secret

    def open_runs(self, runs: list[tuple[Stream, Manner]]) -> list[Run]:
        """A confirmed order with stock for each run."""
        names = [f"S{stream.seed}-{manner.name}" for stream, manner in runs]
        stock = self._factory.stock_locations[PLANT.warehouse]
        locations = self._create("stock.location", [{"name": name, "location_id": stock} for name in names])
        self._fill([(stream, name, place) for (stream, _), name, place in zip(runs, names, locations, strict=True)])
        orders = self._create(
            "mrp.production",
            [self._order(stream, place) for (stream, _manner), place in zip(runs, locations, strict=True)],
        )
        self.rpc.call("mrp.production", "action_confirm", orders)
        self.rpc.call("mrp.production", "action_assign", orders)
        called = {one["id"]: one["name"] for one in self.rpc.read("mrp.production", [["id", "in", orders]], ["name"])}
        return [
            Run(stream, manner, name, place, order, called[order])
            for (stream, manner), name, place, order in zip(runs, names, locations, orders, strict=True)
        ]

    def release(self, runs: list[Run]) -> None:
        """Presses *Release* on the orders."""
        self.rpc.call("mrp.production", "action_mes_release", [run.order_id for run in runs])

    def _order(self, stream: Stream, location: int) -> dict:
        return {
            "product_id": self._products[stream.recipe.product],
            "product_qty": stream.quantity,
            "bom_id": self._boms[stream.recipe.product],
            "picking_type_id": self._factory.picking_types[PLANT.warehouse],
            "location_src_id": location,
            "location_dest_id": location,
        }

    def _make_products(self) -> None:
        values = [self._product(one.code, one.tracking, one.uom) | {"standard_price": one.cost} for one in MATERIALS]
        average = self.rpc.create("product.category", {"name": "Made", "property_cost_method": "average"})
        for recipe in RECIPES:
            # What pieces cost is what went into them; without lots that would be an average over all orders.
            by_lot = {"categ_id": average, "lot_valuated": True} if recipe.tracking is not Tracking.NONE else {}
            values.append(self._product(recipe.product, recipe.tracking, "C62") | by_lot)
        ids = self._create("product.product", values)
        self._products = {one["default_code"]: made for one, made in zip(values, ids, strict=True)}
        lots = [(one.code, lot) for one in MATERIALS if one.tracking is Tracking.LOT for lot in LOTS]
        self._lots = dict(zip(lots, self._create_lots(lots), strict=True))

    def _product(self, code: str, tracking: Tracking, unit: str) -> dict:
        tracked = {"is_storable": True, "tracking": tracking.value, "uom_id": self._units[unit]}
        return {"name": code.title(), "default_code": code, "type": "consu", **tracked}

    def _make_bom(self, recipe: Recipe) -> None:
        product = self._products[recipe.product]
        template = self.rpc.read("product.product", [["id", "=", product]], ["product_tmpl_id"])[0]["product_tmpl_id"]
        values = {"product_tmpl_id": template[0], "product_id": product, "product_qty": 1}
        bom = self._boms[recipe.product] = self.rpc.create("mrp.bom", values)
        operations = self._create(
            "mrp.routing.workcenter",
            [
                {
                    "bom_id": bom,
                    "name": f"{one.work_center.title()} {recipe.product}",
                    "workcenter_id": self._centers[one.work_center],
                    "time_mode": "manual",
                    "time_cycle_manual": one.minutes,
                }
                for one in recipe.operations
            ],
        )
        place = {one.code: made for one, made in zip(recipe.operations, operations, strict=True)}
        for model, materials in (("mrp.bom.line", recipe.components), ("mrp.bom.byproduct", recipe.by_products)):
            self._create(model, [self._bom_line(bom, one, place[one.operation]) for one in materials])

    def _bom_line(self, bom: int, material: Material, operation: int) -> dict:
        line = {"bom_id": bom, "product_id": self._products[material.code], "product_qty": float(material.per_piece)}
        return {**line, "operation_id": operation}

    def _fill(self, runs: list[tuple[Stream, str, int]]) -> None:
        """Gives each run its stock: plenty of every lot, and the serial numbers it may need."""
        serials = [
            (material.code, serial_in_stock(material.code, name, number + 1))
            for stream, name, _place in runs
            for material in stream.recipe.components
            if material.tracking is Tracking.SERIAL
            for number in range(SERIALS_PER_PIECE * stream.quantity)
        ]
        made = dict(zip(serials, self._create_lots(serials), strict=True))
        counted = [
            {"product_id": self._products[code], "location_id": place, "lot_id": lot, "inventory_quantity": quantity}
            for stream, name, place in runs
            for code, lot, quantity in self._stock_of(stream, name, made)
        ]
        quants = self.rpc.call("stock.quant", "create", vals_list=counted, context=COUNTING)
        self.rpc.call("stock.quant", "action_apply_inventory", quants, context=COUNTING)

    def _stock_of(self, stream: Stream, name: str, serials: dict[tuple[str, str], int]) -> list[tuple]:
        stock: list[tuple] = []
        for one in stream.recipe.components:
            if one.tracking is Tracking.NONE:
                stock.append((one.code, False, PLENTY))
            elif one.tracking is Tracking.LOT:
                stock += [(one.code, self._lots[one.code, lot], PLENTY) for lot in LOTS]
            else:
                numbers = range(1, SERIALS_PER_PIECE * stream.quantity + 1)
                names = (serial_in_stock(one.code, name, number) for number in numbers)
                stock += [(one.code, serials[one.code, serial], 1) for serial in names]
        return stock

    def _create_lots(self, lots: list[tuple[str, str]]) -> list[int]:
        return self._create("stock.lot", [{"product_id": self._products[code], "name": lot} for code, lot in lots])

    def _create(self, model: str, values: list[dict]) -> list[int]:
        return self.rpc.call(model, "create", vals_list=values) if values else []
