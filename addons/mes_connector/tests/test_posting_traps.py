"""Each trap of Odoo's own posting that this issue meets, by its number in the design; all on real moves."""

from odoo.tests import tagged

from ..core.states import InboxState, OrderPhase
from .common import MesCase


@tagged("post_install", "-at_install", "mes")
class TestPostingTraps(MesCase):
    def work(self, order, pieces, lot, component_lots=(0, 0, 0)):
        """One increment: consume for ``pieces`` from the chosen lots, confirm both operations, report."""
        housing, gear, oil = (
            self.lots[product][index]
            for product, index in zip((self.housing, self.gear, self.oil), component_lots, strict=True)
        )
        self.assertDone(
            self.consume(order, {(self.housing, housing): pieces, (self.gear, gear): 2 * pieces}),
            self.confirm(order, "10", pieces, minutes=pieces),
            self.consume(order, {(self.oil, oil): pieces * 0.25}, operation="20"),
            self.confirm(order, "20", pieces, minutes=pieces / 2),
            self.report(order, pieces, lot),
        )

    def open_moves(self, order, product):
        return order.move_raw_ids.filtered(
            lambda move: move.product_id == product and move.state not in ("done", "cancel")
        )

    def test_trap_1_components_of_operations_are_consumed_not_cancelled(self):
        order = self.release()
        self.work(order, 40, "F1")
        self.assertEqual(self.on_hand(self.gearbox), 40)
        self.assertEqual(self.on_hand(self.housing), 1000 - 40)
        self.assertEqual(self.on_hand(self.gear), 2000 - 80)
        self.assertFalse(order.move_raw_ids.filtered(lambda move: move.state == "cancel"))
        self.assertEqual(self.open_moves(order, self.gear).product_uom_qty, 120)

    def test_trap_2_start_picks_nothing(self):
        order = self.release()
        self.assertDone(self.send("operation.started", order, operation="10", work_center="ASM1"))
        self.assertPhase(order, OrderPhase.IN_PROGRESS)
        self.assertEqual(order.qty_producing, 0)
        self.assertFalse(any(order.move_raw_ids.mapped("picked")))
        self.consume(order, {(self.housing, self.lots[self.housing][0]): 30})
        self.assertEqual(self.on_hand(self.housing), 970, "the next posting posts what was reported, not everything")
        self.assertEqual(self.on_hand(self.gear), 2000)

    def test_trap_3_state_waits_for_the_post(self):
        self.plant.mes_auto_post = False
        order = self.release(quantity=10)
        self.work(order, 10, "F1")
        self.assertDone(self.complete(order, 10))
        self.assertPhase(order, OrderPhase.COMPLETED)
        self.assertEqual(order.state, "to_close")
        order.action_mes_post()
        self.assertPhase(order, OrderPhase.POSTED)
        self.assertEqual(order.state, "done")
        self.assertEqual(self.on_hand(self.gearbox), 10)

    def test_trap_4_genealogy_survives_the_close(self):
        order = self.release(quantity=70)
        self.work(order, 40, "F1", (0, 0, 0))
        self.work(order, 30, "F2", (1, 0, 1))
        expected = {
            "F1": {"HSG-100-A": 40, "GEAR-20-A": 80, "OIL-5-A": 10},
            "F2": {"HSG-100-B": 30, "GEAR-20-A": 60, "OIL-5-B": 7.5},
        }
        self.assertEqual(self.genealogy(order), expected)
        self.assertDone(self.complete(order, 70))
        self.assertEqual(order.state, "done")
        self.assertEqual(self.genealogy(order), expected)

    def test_trap_4_genealogy_survives_odoos_own_button(self):
        self.plant.mes_auto_post = False
        order = self.release(quantity=10)
        self.work(order, 10, "F1")
        self.complete(order, 10)
        before = self.genealogy(order)
        self.assertIs(order.button_mark_done(), True)
        self.assertEqual((order.state, self.genealogy(order)), ("done", before))

    def test_trap_5_close_short_receives_and_consumes_nothing_more(self):
        order = self.release()
        self.work(order, 40, "F1")
        self.assertDone(self.complete(order, 40))
        self.assertEqual(order.state, "done")
        self.assertEqual(self.on_hand(self.gearbox), 40)
        self.assertEqual(self.on_hand(self.housing), 960)
        self.assertEqual(self.on_hand(self.screw), 10000 - 8 * 40, "untracked and never named: backflushed by share")
        reserved = self.env["stock.quant"].search(
            [("product_id", "in", (self.housing | self.gear | self.oil | self.screw).ids)]
        )
        self.assertEqual(sum(reserved.mapped("reserved_quantity")), 0, "what was reserved for the rest is free again")
        self.assertFalse(self.env["mrp.production"].search_count([("origin", "=", order.name)]), "no backorder")

    def test_trap_6_the_rest_stays_reserved(self):
        # Odoo reserves by itself at confirmation only; with a receipt behind it, it makes what remains "picked".
        self.plant.manu_type_id.reservation_method = "manual"
        order = self.release()
        self.work(order, 40, "F1")
        self.consume(order, {(self.housing, self.lots[self.housing][1]): 10})
        rest = self.open_moves(order, self.housing)
        self.assertFalse(rest.picked)
        self.assertEqual((rest.state, rest.quantity), ("assigned", 50))
        self.assertEqual(self.open_moves(order, self.gear).quantity, 120)

    def test_trap_11_each_increment_has_its_own_lot(self):
        order = self.release()
        self.work(order, 40, "F1")
        self.work(order, 30, "F2")
        lots = {
            lot.name: lot.product_qty for lot in self.env["stock.lot"].search([("product_id", "=", self.gearbox.id)])
        }
        self.assertEqual(lots, {"F1": 40, "F2": 30})

    def test_trap_13_the_order_keeps_its_number(self):
        order = self.release()
        with self.assertRaisesRegex(Exception, "cannot be split"):
            order._split_productions()
        other = self.plant.manu_type_id.copy()
        with self.assertRaisesRegex(Exception, "operation type"):
            order.picking_type_id = other

    def test_trap_14_an_order_with_postings_is_not_cancelled(self):
        order = self.release()
        self.consume(order, {(self.housing, self.lots[self.housing][0]): 1})
        with self.assertRaisesRegex(Exception, "has postings"):
            order.action_cancel()

    def test_trap_16_a_finished_piece_is_received_then_scrapped(self):
        order = self.release(quantity=72)
        self.work(order, 70, "F1")
        self.assertDone(
            self.send("scrap.reported", order, product="GBX-100", quantity=self.quantity(2), lot="F1", reason="dented")
        )
        self.assertEqual(self.on_hand(self.gearbox), 70)
        self.assertEqual((order.mes_qty_good, order.mes_qty_scrapped), (70, 2))
        self.assertEqual(order.scrap_ids.scrap_reason_tag_ids.name, "dented")
        self.assertDone(self.complete(order, 70, 2))
        self.assertEqual(order.state, "done")

    def test_trap_17_a_finished_operation_takes_another_confirmation(self):
        order = self.release()
        self.assertDone(self.confirm(order, "10", 40, minutes=10, final=True), self.confirm(order, "10", 5, minutes=2))
        self.assertEqual(order.workorder_ids[0].qty_produced, 45)
        self.assertEqual(order.workorder_ids[0].duration, 12)

    def test_trap_20_no_time_is_invented(self):
        order = self.release(quantity=10)
        self.consume(order, {(self.housing, self.lots[self.housing][0]): 10})
        self.confirm(order, "10", 10, minutes=7.5)
        self.report(order, 10, "F1")
        self.assertDone(self.complete(order, 10))
        self.assertEqual(order.workorder_ids.mapped("duration"), [7.5, 0.0])
        self.assertEqual(len(order.workorder_ids.time_ids), 1)

    def test_reported_minutes_replace_the_running_timer(self):
        order = self.release(quantity=10)
        self.send("operation.started", order, operation="10", work_center="ASM1")
        self.assertEqual(len(order.workorder_ids[0].time_ids), 1)
        self.confirm(order, "10", 10, minutes=30, final=True)
        self.assertEqual(order.workorder_ids[0].duration, 30)
        self.assertTrue(all(order.workorder_ids[0].time_ids.mapped("date_end")))

    def test_serials_are_received_once(self):
        product = self.make_product("PUMP-SN", "serial", self.env.ref("uom.product_uom_unit"))
        self.make_bom(product)
        order = self.release(quantity=3, product=product)
        item = {"product": "PUMP-SN", "quantity": self.quantity(2), "serials": ["S1", "S2"]}
        self.assertDone(self.send("production.reported", order, items=[item]))
        again = self.send("production.reported", order, items=[dict(item, quantity=self.quantity(1), serials=["S2"])])
        self.assertStopped(again, InboxState.REJECTED, "serial_duplicate")
        unnamed = {"product": "PUMP-SN", "quantity": self.quantity(1)}
        short = self.send("production.reported", order, items=[unnamed])
        self.assertStopped(short, InboxState.REJECTED, "lot_required")
        self.assertEqual(self.on_hand(product), 2)

    def test_over_delivery_is_rejected(self):
        order = self.release(quantity=10)
        self.report(order, 8, "F1")
        self.assertStopped(self.report(order, 3, "F2"), InboxState.REJECTED, "over_delivery")
        self.assertEqual(self.on_hand(self.gearbox), 8)

    def test_a_shortage_is_parked_not_driven_negative(self):
        order = self.release()
        lot = self.lots[self.oil][0]
        message = self.consume(order, {(self.oil, lot): 501}, operation="20")
        self.assertStopped(message, InboxState.PARKED, "component_shortage")
        self.assertEqual(message.waiting_for, "stock:OIL-5/OIL-5-A")
        self.env["stock.quant"]._update_available_quantity(self.oil, self.stock, 1, lot_id=lot)
        message.action_retry()
        self.drain()
        self.assertDone(message)
        self.assertEqual(self.on_hand(self.oil, lot), 0)

    def test_an_unplanned_component_is_posted_without_demand(self):
        order = self.release()
        glue = self.make_product("GLUE", "none", self.env.ref("uom.product_uom_unit"))
        self.add_stock(glue, 50)
        self.assertDone(self.consume(order, {(glue, None): 5}))
        move = order.move_raw_ids.filtered(lambda one: one.product_id == glue)
        self.assertEqual((self.on_hand(glue), move.product_uom_qty, move.quantity, move.state), (45, 0, 5, "done"))
