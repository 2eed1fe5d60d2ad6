"""Named orders as plants know them, each played by the virtual plant (seed 4) and then judged by its ledger alone:
stock, lots, cost, times and reservations must be what the plant says it did.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import pytest

from simulator import trace
from simulator.messages import Tracking
from simulator.scenarios import ScenarioName as Play
from tools.compare import (
    Amounts,
    Booking,
    compare_orders,
    compare_stock,
    compare_stops,
    ledger_booking,
    odoo_booking,
)
from tools.stack.process import wait_until
from tools.stack.simulator import Simulator

from .orders import Order, Orders
from .scenario_world import CENTERS, CONFIRMING, PLANT, Case, Part, ScenarioWorld

SEED = 4
LOT, SERIAL, UNTRACKED = Tracking.LOT, Tracking.SERIAL, Tracking.NONE
PLATE = Part("plate", LOT, 2, cost=3.1)
NUT = Part("nut", UNTRACKED, 4, cost=0.05)
CABLE = Part("cable", LOT, 1.5, operation=1, cost=0.8, uom="MTR")
THREE = (2.0, 3.0, 1.0)

DISCRETE = Case("discrete", Play.SERIAL, 6, SERIAL, (Part("motor", SERIAL, 1, cost=41), CABLE, NUT), minutes=THREE)
MIX = Case("mix", Play.BATCH, 40, LOT, (Part("powder", LOT, 0.5, cost=1.2, uom="KGM"), Part("salt", LOT, 1, cost=0.3)))
PAINT = Case("paint", Play.HAPPY, 20, LOT, (Part("MIX", LOT, 2, is_made=True), Part("can", UNTRACKED, 1, cost=0.11)))
TO_STOCK = Case("to_stock", Play.PARTIAL_WITH_SCRAP, 72, LOT, (PLATE, CABLE, NUT), minutes=THREE[:2])
TO_ORDER = Case("to_order", Play.HAPPY, 12, LOT, (PLATE, NUT), is_sold=True)
WASTE = Case(
    "waste",
    Play.WASTE,
    20,
    LOT,
    (PLATE, NUT),
    by_products=(Part("slag", LOT, 0.25, uom="KGM"), Part("chips", UNTRACKED, 0.1, uom="KGM")),
)
TEN_LOTS = Case("ten_lots", Play.TEN_INCREMENTS, 30, LOT, (PLATE, CABLE, NUT), minutes=THREE)
TEN_SERIALS = Case("ten_serials", Play.TEN_INCREMENTS, 10, SERIAL, (PLATE, CABLE, NUT), minutes=THREE)
OVER = Case("over", Play.OVER_DELIVERY, 20, LOT, (PLATE, NUT))
RETURNS = Case("returns", Play.RETURNS, 20, LOT, (PLATE, CABLE, NUT), minutes=THREE[:2])
CORRECTIONS = Case("corrections", Play.CORRECTIONS, 20, LOT, (PLATE, NUT))
CREW = Case("crew", Play.CREW, 10, LOT, (PLATE, NUT), minutes=THREE[:2])
CHANGED = Case("changed", Play.CHANGE, 20, LOT, (PLATE, NUT))
UNCHANGED = Case("unchanged", Play.REFUSE_CHANGE, 20, LOT, (PLATE, NUT))
CONFIRMED = Case("confirmed", Play.BY_CONFIRMATION, 20, LOT, (PLATE, CABLE, NUT), minutes=THREE, plant=CONFIRMING)
CONFIRMED_SERIALS = Case("confirmed_serials", Play.BY_CONFIRMATION, 6, SERIAL, (PLATE, NUT), plant=CONFIRMING)
UNPLANNED = Case("unplanned", Play.UNPLANNED, 20, LOT, (PLATE, CABLE, NUT), minutes=THREE[:2])
EVENTFUL = Case("eventful", Play.EVENTFUL, 28, LOT, (PLATE, CABLE, NUT), minutes=THREE)
#: In the order of their making: what a case uses of another's product is made before.
CASES = [DISCRETE, MIX, PAINT, TO_STOCK, TO_ORDER, WASTE, TEN_LOTS, TEN_SERIALS, OVER, RETURNS, CORRECTIONS, CREW]
CASES += [CHANGED, UNCHANGED, CONFIRMED, CONFIRMED_SERIALS, UNPLANNED, EVENTFUL]
#: For each of the things waited for, on a busy machine; on a quiet one the whole day takes two minutes.
WAIT_SECONDS = 400
#: What the planner orders in the middle of the work.
NEW_QUANTITY = 30

each_case = pytest.mark.parametrize("case", CASES, ids=str)


@dataclass
class Played:
    """The orders by case after all were posted, the plant's books, and what was reserved while two of them waited."""

    orders: dict[Case, Order] = field(default_factory=dict)
    before: Amounts = field(default_factory=dict)
    after: Amounts = field(default_factory=dict)
    ledger: dict[str, dict] = field(default_factory=dict)
    half_way: dict[str, dict] = field(default_factory=dict)
    reserved: dict[Case, dict[str, float]] = field(default_factory=dict)

    def entry(self, case: Case) -> dict:
        return self.ledger[self.orders[case].name]

    def prices(self, case: Case) -> dict[str, float]:
        """What one of each of its parts costs, by the plant's books."""
        made = {one.product: self.price(one) / self.entry(one)["good"] for one in CASES if one.product in case.prices()}
        return case.prices() | made

    def price(self, case: Case) -> float:
        """What a whole order cost, by the plant's books: its components, and the time at its work centers."""
        entry = self.entry(case)
        return trace.material_value(entry, self.prices(case)) + _work_value(entry["work_centers"])

    def price_of_increment(self, case: Case, made: dict) -> float:
        """The same of one report, and its share of what nobody named."""
        prices, entry = self.prices(case), self.entry(case)
        named = trace.material_value({**made, "backflushed": {}}, prices)
        unnamed = trace.material_value({"consumed": {}, "backflushed": entry["backflushed"]}, prices)
        return named + unnamed * made["quantity"] / entry["good"] + _work_value(made["work_centers"])


class Day:
    """A busy day of the scenario plant."""

    def __init__(self, world: ScenarioWorld, orders: Orders, plant: Simulator):
        self._world, self._orders, self._plant = world, orders, plant
        self._admin = orders.admin
        self.played = Played()

    def play(self) -> Played:
        """All cases side by side; the paint waits for its mix, two orders for the planner."""
        self.played.before = self._world.stock()
        for case in CASES:
            if case is not PAINT:
                self._release(case)
        self._change(CHANGED, UNCHANGED)
        self._orders.wait_for_phase(self.played.orders[MIX], "posted", timeout=WAIT_SECONDS)
        self._release(PAINT)
        wait_until(self._is_over, "all scenarios to be posted", timeout=WAIT_SECONDS)
        self.played.after = self._world.stock()
        self.played.ledger = self._plant.ledger()
        return self.played

    def _release(self, case: Case) -> None:
        if case.is_sold:
            order = Order(*self._world.sell(case))
        else:
            order = self._orders.create(case.quantity, case.plant.warehouse, case.product)
        self.played.orders[case] = order
        self._plant.plan(order.name, case.scenario.value)
        self._orders.release(order)

    def _change(self, *cases: Case) -> None:
        for case in cases:
            order = self.played.orders[case]
            part = 0.4 * case.quantity
            wait_until(
                lambda order=order, part=part: self._orders.read(order, "mes_qty_good")["mes_qty_good"] == part,
                f"{order.name} to be made in part",
                timeout=WAIT_SECONDS,
            )
            self.played.reserved[case] = self._reserved_of(order)
        self.played.half_way = self._plant.ledger()
        for case in cases:
            self._orders.change_quantity(self.played.orders[case], NEW_QUANTITY)

    def _reserved_of(self, order: Order) -> dict[str, float]:
        domain = [["raw_material_production_id", "=", order.id], ["state", "not in", ["done", "cancel"]]]
        moves = self._admin.read("stock.move", domain, ["product_id", "quantity"])
        codes = {one["id"]: one["default_code"] for one in self._admin.read("product.product", [], ["default_code"])}
        return {codes[move["product_id"][0]]: move["quantity"] for move in moves}

    def _is_over(self) -> bool:
        mine = [order.id for order in self.played.orders.values()]
        summary = self._plant.summary()
        return (
            not self._admin.search("mrp.production", [["id", "in", mine], ["mes_phase", "!=", "posted"]])
            and summary["idle"]
            and not summary["messages"]["unanswered"]
        )


@pytest.fixture(scope="module")
def played(stack, factory, orders):
    world = ScenarioWorld(factory)
    for case in CASES:
        world.make(case)
    plant = stack.add_simulator(PLANT.system)
    plant.start(stack.odoo, stack.database, world.register(plant.events_url), seed=SEED)
    return Day(world, orders, plant).play()


@each_case
def test_quantities_lots_and_times_are_the_plants(played, admin, case):
    assert compare_orders(admin, played.ledger, [played.orders[case].name]) == []


def test_the_stock_is_what_the_plants_ledger_leaves(played):
    assert compare_stock("both plants", played.before, played.after, played.ledger.values()) == []


@each_case
def test_every_lot_is_traced_both_ways(played, admin, case):
    """Through all levels: a lot of paint goes back to the powder in its mix."""
    mine = [order.name for order in played.orders.values()]
    told = [played.ledger[name] for name in mine]
    booked = [_as_entry(odoo_booking(admin, name)) for name in mine]
    for made in ledger_booking(played.entry(case)).genealogy:
        found = trace.upstream(told, made)
        assert found, made
        assert trace.upstream(booked, made) == found
        for part in found:
            assert trace.downstream(booked, part) == trace.downstream(told, part)


@each_case
def test_pieces_cost_what_the_plant_put_into_them(played, admin, case):
    # Odoo counts the scrap of a piece among the moves of its order, too.
    domain = [["production_id", "=", played.orders[case].id], ["state", "=", "done"], ["scrap_id", "=", False]]
    received = admin.read("stock.move", domain, ["value"])
    back = admin.read("stock.move", [["origin_returned_move_id", "in", [one["id"] for one in received]]], ["value"])
    value = sum(one["value"] for one in received) - sum(one["value"] for one in back)
    assert value == pytest.approx(played.price(case), abs=0.05)


@pytest.mark.parametrize("case", [TEN_LOTS, TEN_SERIALS, CONFIRMED], ids=str)
def test_each_increment_has_its_own_cost(played, admin, case):
    made = played.entry(case)["genealogy"]
    domain = [["production_id", "=", played.orders[case].id], ["state", "=", "done"]]
    values = [move["value"] for move in admin.read("stock.move", domain, ["value"], order="id")]
    assert values == pytest.approx([played.price_of_increment(case, one) for one in made], abs=0.02)


@each_case
def test_time_is_booked_where_it_was_spent(played, admin, case):
    domain = [["workorder_id.production_id", "=", played.orders[case].id]]
    logs = admin.read("mrp.workcenter.productivity", domain, ["workcenter_id"])
    centers = {one["id"]: one["code"] for one in admin.read("mrp.workcenter", [], ["code"])}
    assert {centers[log["workcenter_id"][0]] for log in logs} == set(played.entry(case)["work_centers"])


@each_case
def test_nothing_stays_open_or_reserved(played, admin, case):
    order = played.orders[case].id
    for field_name in ("raw_material_production_id", "production_id"):
        domain = [[field_name, "=", order], ["state", "not in", ["done", "cancel"]]]
        assert admin.search("stock.move", domain) == []
    # Of its own parts; the pieces themselves may be kept for a sale.
    mine = [["product_id.default_code", "=like", f"{case.product}-%"], ["reserved_quantity", "!=", 0]]
    assert admin.search("stock.quant", mine) == []


@pytest.mark.parametrize("case", [CHANGED, UNCHANGED], ids=str)
def test_while_an_order_waits_its_rest_is_reserved(played, case):
    entry = played.half_way[played.orders[case].name]
    assert played.reserved[case] == pytest.approx(entry["reserved"])


@pytest.mark.parametrize(
    ("case", "good"), [(OVER, 22), (RETURNS, 12), (EVENTFUL, 26), (CHANGED, NEW_QUANTITY), (UNCHANGED, 20)], ids=str
)
def test_as_much_as_the_plant_makes(played, orders, case, good):
    assert orders.read(played.orders[case], "mes_qty_good")["mes_qty_good"] == good == played.entry(case)["good"]


def test_what_is_made_to_order_is_kept_for_the_sale_which_is_told(played, admin):
    order = played.orders[TO_ORDER].id
    (line,) = admin.read("sale.order.line", [["mes_production_ids", "in", [order]]], ["mes_phase", "move_ids"])
    assert line["mes_phase"] == "posted"
    delivery = [["id", "in", line["move_ids"]], ["picking_id", "!=", False]]
    kept = admin.read("stock.move", delivery, ["state", "quantity"])
    assert [(move["state"], move["quantity"]) for move in kept] == [("assigned", TO_ORDER.quantity)]


def test_ten_increments_alternate_the_lots_they_begin_with(played):
    made = played.entry(TEN_LOTS)["genealogy"]
    firsts = [next(iter(one["consumed"]["TEN_LOTS-PLATE"])) for one in made]
    assert len(made) == 10
    assert len(set(firsts)) == 2
    assert len({one["lot"] for one in played.entry(TEN_SERIALS)["genealogy"]}) == 10


def test_paint_goes_back_two_levels(played):
    (first, *_more) = played.entry(PAINT)["genealogy"]
    found = trace.upstream(played.ledger.values(), (first["product"], first["lot"]))
    assert {product for product, _lot in found} == {"MIX", "MIX-POWDER", "MIX-SALT"}


def test_what_nobody_planned_is_in_the_pieces(played):
    made = played.entry(UNPLANNED)["genealogy"]
    assert [one["consumed"]["GLUE"] for one in made] == [{"GLUE-A": 0.2}] * 2


def test_stops_are_booked_by_their_names(played, admin, stack):
    stops = stack.simulators[PLANT.system].stops()
    assert len(stops) == 4
    assert compare_stops(admin, stops) == []
    blocked = admin.read("mrp.workcenter", [["code", "=", "SC-WELD"]], ["working_state"])
    assert [one["working_state"] for one in blocked] == ["blocked"], "one stop has no end"


def _work_value(minutes: dict[str, float]) -> float:
    return sum(CENTERS[center] * spent for center, spent in minutes.items())


def _as_entry(booking: Booking) -> dict:
    """What the trace of Odoo's links is, as the plant's books write it; what has no lot is not traced."""
    made = []
    for (product, lot), parts in booking.genealogy.items():
        consumed: dict[str, dict[str, float]] = defaultdict(dict)
        for (component, component_lot), quantity in parts.items():
            if component_lot:
                consumed[component][component_lot] = quantity
        made.append({"product": product, "lot": lot, "consumed": consumed})
    return {"genealogy": made}
