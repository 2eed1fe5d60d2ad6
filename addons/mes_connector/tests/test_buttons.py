"""Odoo's own buttons on an order that the plant has: each goes through the table or is refused with a way out."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..core.states import OrderPhase
from .common import MesCase


@tagged("post_install", "-at_install", "mes")
class TestButtons(MesCase):
    def assertRefused(self, press, way_out):
        with self.assertRaisesRegex(UserError, way_out), self.env.cr.savepoint():
            press()

    def started(self, quantity=10):
        order = self.release(quantity=quantity)
        self.send("operation.started", order, operation="10", work_center="ASM1")
        return order

    def made(self, quantity=10):
        order = self.started(quantity)
        self.consume(order, {(self.housing, self.lots[self.housing][0]): quantity})
        self.confirm(order, "10", quantity, minutes=5, final=True)
        self.report(order, quantity, "F1")
        return order

    def test_start_is_the_plants(self):
        order = self.release(quantity=10)
        first = order.workorder_ids[0]
        for press in (order.action_start, first.button_start, lambda: first.set_state("progress")):
            self.assertRefused(press, "wait for its report")
        self.assertPhase(order, OrderPhase.RELEASED)
        self.assertEqual((order.state, first.state), ("confirmed", "ready"))

    def test_pause_and_finish_are_the_plants(self):
        order = self.started()
        first = order.workorder_ids[0]
        for press in (first.button_pending, first.button_finish, first.action_mark_as_done):
            self.assertRefused(press, "for the plant to report")
        self.assertEqual(first.state, "progress")
        self.assertFalse(first.time_ids.date_end)

    def test_produce_and_mark_done(self):
        order = self.made()
        self.assertRefused(order.button_mark_done, "close it short")
        self.assertRefused(order.with_context(skip_backorder=True, mo_ids_to_backorder=order.ids).button_mark_done, "")
        self.assertPhase(order, OrderPhase.PARTIALLY_CONFIRMED)
        self.plant.mes_auto_post = False
        self.assertDone(self.complete(order, 10))
        order.button_mark_done()
        self.assertPhase(order, OrderPhase.POSTED)
        self.assertEqual(order.state, "done")

    def test_split_merge_and_backorder(self):
        order, other = self.release(quantity=10), self.release(quantity=10)
        self.assertRefused(order.action_split, "Change its quantity")
        self.assertRefused((order | other).action_merge, "cannot be split, merged or backordered")
        self.assertRefused(lambda: order._split_productions({order: [5, 5]}), "cannot be split")

    def test_split_before_the_release_plans_both_parts(self):
        order = self.make_order(10)
        parts = order._split_productions({order: [4, 6]})
        self.assertEqual(set(parts.mapped("mes_phase")), {OrderPhase.PLANNED.value})
        for part in parts:
            part.action_mes_release()
        self.assertEqual(len(set(parts.mapped("mes_reference"))), 2)

    def test_merge_before_the_release_cancels_the_parts(self):
        parts = self.make_order(4) | self.make_order(6)
        merged = self.env["mrp.production"].browse(parts.action_merge()["res_id"])
        self.assertPhase(merged, OrderPhase.PLANNED)
        self.assertEqual(parts.mapped("mes_phase"), [OrderPhase.CANCELLED.value] * 2)
        self.assertFalse(parts.mes_outbox_ids, "the plant never heard of them")

    def test_delete(self):
        order = self.release(quantity=10)
        self.assertRefused(order.unlink, "is kept, with its log")
        order.action_cancel()
        self.assertRefused(order.unlink, "is kept, with its log")
        self.assertTrue(self.make_order(1).unlink())

    def test_done_moves_are_not_edited(self):
        order = self.made()
        order.is_locked = False
        line = order.move_raw_ids.filtered(lambda one: one.state == "done").move_line_ids[:1]
        for press in (
            lambda: line.write({"quantity": 9}),
            lambda: line.write({"lot_id": self.lots[self.housing][1].id}),
            lambda: line.copy({"quantity": 1}),
        ):
            self.assertRefused(press, "have the plant reverse or return it")
        self.assertEqual(self.on_hand(self.housing), 990)

    def test_unbuild_waits_for_the_post(self):
        self.plant.mes_auto_post = False
        order = self.made()
        self.assertRefused(order.button_unbuild, "Taking an open order apart")
        values = {"mo_id": order.id, "product_id": self.gearbox.id, "product_qty": 10}
        lot = order.move_finished_ids.move_line_ids.lot_id
        unbuild = self.env["mrp.unbuild"].create(dict(values, lot_id=lot.id))
        self.assertRefused(unbuild.action_unbuild, "Taking an open order apart")
        self.complete(order, 10)
        order.action_mes_post()
        unbuild.action_unbuild()
        self.assertEqual(unbuild.state, "done")
        self.assertEqual((self.on_hand(self.gearbox), self.on_hand(self.housing)), (0, 1000))
        self.assertPhase(order, OrderPhase.POSTED)

    def test_demand_makes_a_new_order_instead_of_growing_a_released_one(self):
        # As a scheduler makes it: Odoo would grow just such an order.
        released = self.release(quantity=10, user_id=False)
        rule = self.env["stock.rule"].search(
            [("action", "=", "manufacture"), ("picking_type_id", "=", self.plant.manu_type_id.id)], limit=1
        )
        procurement = self.env["stock.rule"].Procurement(
            self.gearbox, 5, self.gearbox.uom_id, self.stock, "Need", "Need", self.env.company,
            {
                "date_planned": released.date_start,
                "date_deadline": released.date_start,
                "warehouse_id": self.plant,
                "reference_ids": released.reference_ids,
            },
        )  # fmt: skip
        rule._run_manufacture([(procurement, rule)])
        self.env.cr.flush()
        self.assertEqual((released.product_qty, released.mes_revision), (10, 1))
        self.assertTrue(self.env["mrp.production"].search([("product_qty", "=", 5), ("bom_id", "=", self.bom.id)]))
