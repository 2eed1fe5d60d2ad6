"""Creates the demo factory in an empty database over the public API only; plays and compares nothing.

Two plants, each with a line and a test bench, two products with components by lot, and one person per role. The
plants' systems are
registered by `register_system`, the orders made by `create_order`, since both need to know what runs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from tools.stack.rpc import Rpc


class Scenario(str, Enum):
    """What the virtual plant plays for an order; the names are the simulator's."""

    HAPPY = "happy"
    PARTIAL_WITH_SCRAP = "partial_with_scrap"
    DUPLICATES = "duplicates"
    PERMUTED = "permuted"
    LATE_HOLD = "late_hold"


@dataclass(frozen=True)
class PlantSpec:
    """A plant: its warehouse, its system and the wire to it, its work centers (code, name), its product."""

    warehouse: str
    name: str
    system: str
    transport: str
    work_centers: tuple[tuple[str, str], tuple[str, str]]
    product: str


@dataclass(frozen=True)
class ComponentSpec:
    """A component: `lots` are (name suffix, quantity) of each plant's stock; without lots it is untracked."""

    code: str
    name: str
    uom: str
    lots: tuple[tuple[str, float], ...] = ()
    quantity: float = 0.0


@dataclass(frozen=True)
class BomLine:
    """Quantity of a component for one piece, used at operation 0 (assembly) or 1 (final test)."""

    component: str
    quantity: float
    operation: int


@dataclass(frozen=True)
class OrderSpec:
    """A demo order: plant (warehouse code), quantity in pieces, scenario."""

    plant: str
    quantity: float
    scenario: Scenario


NORTH = PlantSpec("WH", "", "mes-north", "http", (("ASM1", "Assembly line 1"), ("TST1", "Test bench 1")), "GBX-100")
SOUTH = PlantSpec(
    "SP", "South Plant", "mes-south", "mqtt", (("ASM2", "Assembly line 2"), ("TST2", "Test bench 2")), "PMP-200"
)
PLANTS = (NORTH, SOUTH)
OPERATIONS = (("Assembly", 4.0), ("Final test", 2.0))  # name, minutes per piece

# The first lot of each is small, so that some orders draw from both.
COMPONENTS = (
    ComponentSpec("HSG-100", "Housing", "uom.product_uom_unit", (("A", 50), ("B", 20_000))),
    ComponentSpec("GEAR-20", "Gear", "uom.product_uom_unit", (("A", 90), ("B", 40_000))),
    ComponentSpec("OIL-5", "Oil", "uom.product_uom_litre", (("A", 12.5), ("B", 8_000))),
    ComponentSpec("SCR-M6", "Screw M6", "uom.product_uom_unit", quantity=200_000),
)
PRODUCTS = {"GBX-100": "Gearbox 100", "PMP-200": "Pump 200"}
BOMS = {
    "GBX-100": (BomLine("HSG-100", 1, 0), BomLine("GEAR-20", 2, 0), BomLine("SCR-M6", 8, 0), BomLine("OIL-5", 0.25, 1)),
    "PMP-200": (BomLine("HSG-100", 1, 0), BomLine("SCR-M6", 4, 0), BomLine("OIL-5", 0.1, 1)),
}
ORDERS = (
    OrderSpec("WH", 20, Scenario.HAPPY),
    OrderSpec("WH", 72, Scenario.PARTIAL_WITH_SCRAP),
    OrderSpec("WH", 30, Scenario.DUPLICATES),
    OrderSpec("WH", 24, Scenario.PERMUTED),
    OrderSpec("WH", 16, Scenario.LATE_HOLD),
    OrderSpec("SP", 10, Scenario.HAPPY),
)
# Who stands at the machines; the plants know them by these codes and they never log in.
OPERATORS = {"operator-1": "Olga Operator", "operator-2": "Omar Operator"}
# Login (also the password) and the groups of each role, besides admin.
PEOPLE = {
    "planner": ("Paula Planner", ("mes_connector.group_mes_planner", "mrp.group_mrp_user", "stock.group_stock_user")),
    "supervisor": ("Sam Supervisor", ("mes_connector.group_mes_supervisor", "mrp.group_mrp_user")),
    "quality": ("Quinn Quality", ("mes_connector.group_mes_quality", "mrp.group_mrp_user")),
    "integrator": ("Iris Integrator", ("mes_connector.group_mes_integrator",)),
}


@dataclass
class Factory:
    """Ids of what was created: warehouses and BoMs by code, products by code, lots by (product, plant) are in Odoo."""

    rpc: Rpc
    warehouses: dict[str, int] = field(default_factory=dict)
    picking_types: dict[str, int] = field(default_factory=dict)
    stock_locations: dict[str, int] = field(default_factory=dict)
    products: dict[str, int] = field(default_factory=dict)
    boms: dict[str, int] = field(default_factory=dict)


def build(rpc: Rpc, *, has_operators: bool = True) -> Factory:
    """Creates plants, products, BoMs, stock and people as an administrator; once per database."""
    factory = Factory(rpc)
    _enable_features(rpc)
    for plant in PLANTS:
        make_plant(factory, plant)
    for component in COMPONENTS:
        factory.products[component.code] = _make_product(
            rpc, component.code, component.name, component.uom, bool(component.lots)
        )
    for plant in PLANTS:
        code = plant.product
        factory.products[code] = _make_product(rpc, code, PRODUCTS[code], "uom.product_uom_unit", True)
        factory.boms[code] = _make_bom(factory, plant)
        fill_stock(factory, plant)
    for login, (name, groups) in PEOPLE.items():
        _make_person(rpc, login, name, groups)
    if has_operators:
        make_operators(rpc)
    return factory


def make_operators(rpc: Rpc) -> None:
    """Creates those whom the plants name in their reports."""
    for code, name in OPERATORS.items():
        person = _make_person(rpc, code, name, ())
        rpc.write("res.users", [person], {"mes_operator_code": code})


def register_system(factory: Factory, plant: PlantSpec, endpoint_url: str) -> str:
    """Registers and activates the system of a plant; returns its secret, which Odoo shows this once."""
    rpc = factory.rpc
    values = {
        "name": f"MES {plant.system.partition('-')[2].title()}",
        "code": plant.system,
        "kind": "mes",
        "transport": plant.transport,
        "plant_ids": [[6, 0, [factory.warehouses[plant.warehouse]]]],
        "is_plant_network": True,
        "endpoint_url": endpoint_url if plant.transport == "http" else False,
    }
    system = rpc.create("mes.system", values)
    secret = rpc.call("mes.system", "issue_credential", [system], kind="signature")["secret"]
    rpc.call("mes.system", "action_activate", [system])
    return secret


def create_order(
    factory: Factory, planner: Rpc, plant: str, quantity: float, product: str | None = None
) -> tuple[int, str]:
    """Creates, confirms and reserves a manufacturing order as the planner, of the plant's own product unless another is
    named; returns its id and name.
    """
    product = product or next(spec.product for spec in PLANTS if spec.warehouse == plant)
    order = planner.create(
        "mrp.production",
        {
            "product_id": factory.products[product],
            "product_qty": quantity,
            "bom_id": factory.boms[product],
            "picking_type_id": factory.picking_types[plant],
        },
    )
    planner.call("mrp.production", "action_confirm", [order])
    planner.call("mrp.production", "action_assign", [order])
    return order, planner.read("mrp.production", [["id", "=", order]], ["name"])[0]["name"]


def release_order(planner: Rpc, order: int) -> None:
    """Presses *Release* on a confirmed order."""
    planner.call("mrp.production", "action_mes_release", [order])


def _enable_features(rpc: Rpc) -> None:
    """Operations, lots and several locations: options of Odoo that are off in a new database."""
    options = {
        "group_mrp_routings": True,
        "group_stock_production_lot": True,
        "group_stock_multi_locations": True,
        "group_uom": True,
    }
    settings = rpc.create("res.config.settings", options)
    rpc.call("res.config.settings", "execute", [settings])


def make_plant(factory: Factory, plant: PlantSpec) -> None:
    """Creates the warehouse of a plant, unless it exists, and its work centers."""
    rpc = factory.rpc
    found = rpc.search("stock.warehouse", [["code", "=", plant.warehouse]])
    warehouse = found[0] if found else rpc.create("stock.warehouse", {"name": plant.name, "code": plant.warehouse})
    row = rpc.read("stock.warehouse", [["id", "=", warehouse]], ["manu_type_id", "lot_stock_id"])[0]
    factory.warehouses[plant.warehouse] = warehouse
    factory.picking_types[plant.warehouse] = row["manu_type_id"][0]
    factory.stock_locations[plant.warehouse] = row["lot_stock_id"][0]
    for code, name in plant.work_centers:
        rpc.create("mrp.workcenter", {"name": name, "code": code})


def _make_product(rpc: Rpc, code: str, name: str, uom: str, by_lot: bool) -> int:
    return rpc.create(
        "product.product",
        {
            "name": name,
            "default_code": code,
            "type": "consu",
            "is_storable": True,
            "tracking": "lot" if by_lot else "none",
            "uom_id": rpc.ref(uom),
        },
    )


def _make_bom(factory: Factory, plant: PlantSpec) -> int:
    rpc = factory.rpc
    product = rpc.read("product.product", [["id", "=", factory.products[plant.product]]], ["product_tmpl_id"])[0]
    bom = rpc.create(
        "mrp.bom", {"product_tmpl_id": product["product_tmpl_id"][0], "product_id": product["id"], "product_qty": 1}
    )
    operations = []
    for (name, minutes), (code, _name) in zip(OPERATIONS, plant.work_centers, strict=True):
        center = rpc.search("mrp.workcenter", [["code", "=", code]])[0]
        operations.append(
            rpc.create(
                "mrp.routing.workcenter",
                {
                    "bom_id": bom,
                    "name": name,
                    "workcenter_id": center,
                    "time_mode": "manual",
                    "time_cycle_manual": minutes,
                },
            )
        )
    for line in BOMS[plant.product]:
        rpc.create(
            "mrp.bom.line",
            {
                "bom_id": bom,
                "product_id": factory.products[line.component],
                "product_qty": line.quantity,
                "operation_id": operations[line.operation],
            },
        )
    return bom


def fill_stock(factory: Factory, plant: PlantSpec) -> None:
    """Gives a plant its stock of all components."""
    rpc, location = factory.rpc, factory.stock_locations[plant.warehouse]
    counted = []
    for component in COMPONENTS:
        product = factory.products[component.code]
        for suffix, quantity in component.lots or (("", component.quantity),):
            lot = {}
            if suffix:
                lot = {
                    "lot_id": rpc.create(
                        "stock.lot", {"name": f"{component.code}-{plant.warehouse}-{suffix}", "product_id": product}
                    )
                }
            counted.append({"product_id": product, "location_id": location, "inventory_quantity": quantity, **lot})
    context = {"inventory_mode": True}
    quants = rpc.call("stock.quant", "create", vals_list=counted, context=context)
    rpc.call("stock.quant", "action_apply_inventory", quants, context=context)


def _make_person(rpc: Rpc, login: str, name: str, groups: tuple[str, ...]) -> int:
    members = [[4, rpc.ref(group)] for group in ("base.group_user", *groups)]
    return rpc.create("res.users", {"name": name, "login": login, "password": login, "group_ids": members})
