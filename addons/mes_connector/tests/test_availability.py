"""Availability and shortages of components: noted with each change of stock, told when changed, ended when covered."""

from odoo.tests import tagged

from ..core.states import MarkTopic, ShortageNotice, SystemState
from .test_master_data import MasterCase

AVAILABILITY, SHORTAGE = "mes.inventory.availability.changed.v1", "mes.material.shortage.detected.v1"


class StockCase(MasterCase):
    def look(self):
        """End the transaction as a commit would, and look at all that is marked."""
        self.env.cr.flush()
        while self.env["mes.availability"]._look_at_marked():
            self.env.cr.flush()

    def last(self, product):
        """What the system was last told of a product."""
        return self.told(AVAILABILITY, f"{self.plant.code}/{product.default_code}")[-1]

    def count(self, product):
        return len(self.messages(AVAILABILITY, f"{self.plant.code}/{product.default_code}"))


@tagged("post_install", "-at_install", "mes")
class TestAvailability(StockCase):
    def setUp(self):
        super().setUp()
        self.look()
        self.order = self.release(100)
        self.look()

    def test_a_release_tells_what_is_there_for_it(self):
        data = self.last(self.housing)
        self.assertEqual((data["plant"], data["uom"], data["on_hand"], data["available"]), ("WH", "C62", 1000, 900))
        [order] = data["orders"]
        self.assertEqual(
            {name: order[name] for name in ("order", "operation", "required", "reserved", "missing")},
            {"order": self.order.name, "operation": "10", "required": 100, "reserved": 100, "missing": 0},
        )
        self.assertEqual(sum(lot["quantity"] for lot in order["lots"]), 100)
        self.assertEqual({lot["lot"]: lot["on_hand"] for lot in data["lots"]}, {"HSG-100-A": 500, "HSG-100-B": 500})
        self.assertNotIn("lots", self.last(self.screw))

    def test_the_same_content_is_not_told_again(self):
        before = self.count(self.housing)
        self.order.move_raw_ids._do_unreserve()
        self.order.move_raw_ids._action_assign()
        self.look()
        self.assertEqual(self.count(self.housing), before)

    def test_a_reservation_of_another_and_a_receipt_are_told(self):
        other = self.make_order(50)
        other.action_assign()
        self.look()
        self.assertEqual((self.last(self.housing)["available"], self.last(self.housing)["on_hand"]), (850, 1000))
        self.add_stock(self.housing, 7, "HSG-100-C")
        self.look()
        self.assertEqual(self.last(self.housing)["on_hand"], 1007)

    def test_consumption_lowers_what_the_order_needs_and_its_end_ends_it(self):
        self.consume(self.order, {(self.housing, self.lots[self.housing][0]): 40})
        self.look()
        data = self.last(self.housing)
        self.assertEqual((data["on_hand"], data["orders"][0]["required"], data["orders"][0]["reserved"]), (960, 60, 60))
        self.consume(self.order, {(self.housing, self.lots[self.housing][0]): 60})
        self.look()
        self.assertEqual(self.last(self.housing)["orders"], [])
        told = self.count(self.housing)
        self.add_stock(self.housing, 1, "HSG-100-D")
        self.look()
        self.assertEqual(self.count(self.housing), told, "Nobody there needs it any more.")

    def test_stock_nobody_was_told_of_leaves_no_mark(self):
        self.add_stock(self.make_product("LOOSE", "none", self.gearbox.uom_id), 5)
        self.env.cr.flush()
        self.assertFalse(self.env["mes.mark"].search([("topic", "=", MarkTopic.AVAILABILITY.value)]))

    def test_a_cancelled_order_is_not_in_the_list_any_more(self):
        self.order.action_cancel()
        self.look()
        self.assertEqual((self.last(self.housing)["orders"], self.last(self.housing)["available"]), ([], 1000))

    def test_each_plant_is_told_of_its_own_stock(self):
        south = self.env["stock.warehouse"].create({"name": "South", "code": "STH"})
        system = self.system.copy(
            {"code": "mes-south", "plant_ids": south.ids, "endpoint_url": "https://s.example.com"}
        )
        system.state = SystemState.ACTIVE.value
        self.env["stock.quant"]._update_available_quantity(self.screw, south.lot_stock_id, 30)
        order = self.env["mrp.production"].create(
            {"product_id": self.gearbox.id, "product_qty": 2, "picking_type_id": south.manu_type_id.id}
        )
        order.action_confirm()
        order.action_mes_release()
        self.look()
        [data] = self.told(AVAILABILITY, "STH/SCR-M6", system)
        self.assertEqual((data["on_hand"], data["orders"][0]["required"]), (30, 16))
        self.assertFalse(self.messages(AVAILABILITY, "STH/SCR-M6"))
        self.assertEqual(self.last(self.screw)["on_hand"], 10000)

    def test_the_night_finds_what_left_no_mark(self):
        self.env.cr.execute(
            "UPDATE stock_quant SET quantity = quantity + 1 WHERE product_id = %s AND location_id = %s",
            [self.screw.id, self.stock.id],
        )
        self.env.invalidate_all()
        self.env["mes.availability"]._cron_compare()
        self.look()
        self.assertEqual(self.last(self.screw)["on_hand"], 10001)

    def test_a_change_of_stock_costs_one_statement_per_transaction(self):
        def statements(is_noted):
            self.system.state = (SystemState.ACTIVE if is_noted else SystemState.DRAFT).value
            self.env.cr.flush()
            before = self.env.cr.sql_log_count
            for lot in self.lots[self.oil]:
                self.env["stock.quant"]._update_available_quantity(self.oil, self.stock, -1, lot_id=lot)
            self.env["stock.quant"]._update_available_quantity(loose, self.stock, 1)
            self.env.cr.flush()
            return self.env.cr.sql_log_count - before

        loose = self.make_product("LOOSE", "none", self.gearbox.uom_id)
        self.order.action_cancel()
        self.look()
        statements(True)
        self.assertLessEqual(statements(True) - statements(False), 1)


@tagged("post_install", "-at_install", "mes")
class TestShortage(StockCase):
    def open_shortages(self, order):
        return order.mes_shortage_ids.filtered(lambda row: not row.covered_at)

    def test_nothing_is_said_while_all_is_there(self):
        order = self.release(100)
        self.look()
        self.assertFalse(self.messages(SHORTAGE, order.name))
        self.assertFalse(order.activity_ids)

    def test_at_release_the_plant_and_the_buyer_are_told(self):
        self.plant.mes_buyer_id = self.env.ref("base.user_admin")
        order = self.release(1200)
        self.look()
        [data] = self.told(SHORTAGE, order.name)
        items = {item["product"]: item for item in data["items"]}
        self.assertEqual(set(items), {"HSG-100", "GEAR-20"})
        amounts = [items["HSG-100"][name]["value"] for name in ("required", "reserved", "missing")]
        self.assertEqual(amounts, [1200, 1000, 200])
        self.assertEqual(order.activity_ids.user_id, self.plant.mes_buyer_id)
        self.assertEqual(len(order.activity_ids), 2)
        self.assertEqual(order.mes_shortage_count, 2)
        self.look()
        self.assertEqual(len(self.messages(SHORTAGE, order.name)), 1)

    def test_covered_it_ends_by_itself(self):
        order = self.release(1200)
        self.look()
        self.add_stock(self.housing, 300, "HSG-100-C")
        self.look()
        self.assertEqual(self.open_shortages(order).product_id, self.gear)
        self.assertEqual(len(order.activity_ids), 1)
        self.assertEqual(self.last(self.housing)["available"], 300)
        self.add_stock(self.gear, 400, "GEAR-20-C")
        order.action_assign()
        self.look()
        self.assertFalse(self.open_shortages(order))
        self.assertFalse(order.activity_ids)
        self.assertEqual(len(self.messages(SHORTAGE, order.name)), 1)

    def test_later_it_is_detected_too_and_growth_is_told_again(self):
        order = self.release(1000)
        self.look()
        self.assertFalse(self.messages(SHORTAGE, order.name))
        for lost in (5, 3):
            # As a count that finds less: what was reserved is not there any more.
            order.move_raw_ids._do_unreserve()
            self.env["stock.quant"]._update_available_quantity(
                self.housing, self.stock, -lost, lot_id=self.lots[self.housing][0]
            )
            order.move_raw_ids._action_assign()
            self.look()
        told = self.told(SHORTAGE, order.name)
        self.assertEqual([data["items"][0]["missing"]["value"] for data in told], [5, 8])
        self.assertEqual(len(order.activity_ids), 1)

    def test_a_cancelled_order_lacks_nothing(self):
        order = self.release(1200)
        self.look()
        order.action_cancel()
        self.look()
        self.assertFalse(self.open_shortages(order))
        self.assertFalse(order.activity_ids)

    def test_free_stock_goes_to_the_order_that_begins_first(self):
        later = self.release(600, date_start="2026-12-02 06:00:00")
        first = self.release(600, date_start="2026-12-01 06:00:00")
        (later | first).move_raw_ids._do_unreserve()
        self.look()
        self.assertFalse(self.open_shortages(first).filtered(lambda row: row.product_id == self.housing))
        [row] = self.open_shortages(later).filtered(lambda row: row.product_id == self.housing)
        self.assertEqual(row.missing, 200)

    def test_the_next_delivery_is_named(self):
        receipt = self.env["stock.move"].create(
            {
                "product_id": self.housing.id,
                "product_uom_qty": 500,
                "location_id": self.env.ref("stock.stock_location_suppliers").id,
                "location_dest_id": self.stock.id,
                "date": "2026-12-05 08:00:00",
            }
        )
        receipt._action_confirm()
        order = self.release(1200)
        self.look()
        [data] = self.told(SHORTAGE, order.name)
        items = {item["product"]: item for item in data["items"]}
        self.assertEqual(items["HSG-100"]["expected_at"], "2026-12-05T08:00:00Z")
        self.assertNotIn("expected_at", items["GEAR-20"])

    def test_a_plant_may_have_it_ordered_instead(self):
        self.plant.mes_shortage_notice = ShortageNotice.REPLENISH.value
        manufacture = self.plant.manufacture_pull_id.route_id
        self.housing.route_ids = [(4, manufacture.id)]
        self.env["mrp.bom"].create({"product_tmpl_id": self.housing.product_tmpl_id.id})
        order = self.release(1200)
        self.look()
        made = self.env["mrp.production"].search([("product_id", "=", self.housing.id)])
        self.assertEqual(made.mapped("product_qty"), [200])
        self.assertFalse(order.activity_ids)
        self.look()
        self.assertEqual(len(self.env["mrp.production"].search([("product_id", "=", self.housing.id)])), 1)

    def test_nobody_but_the_plant_is_told_where_the_rule_says_so(self):
        self.plant.mes_shortage_notice = ShortageNotice.NOBODY.value
        order = self.release(1200)
        self.look()
        self.assertEqual(len(self.messages(SHORTAGE, order.name)), 1)
        self.assertFalse(order.activity_ids)
