"""Orders of other shapes: a kit among the components, by-products of a short close, a lot that came back."""

import json

from odoo import Command
from odoo.tests import tagged

from .common import MesCase


@tagged("post_install", "-at_install", "mes")
class TestPostingShapes(MesCase):
    def make_kit(self):
        """A kit of two gears and three screws; what is released of it are its parts."""
        kit = self.make_product("DRIVE-KIT", "none", self.env.ref("uom.product_uom_unit"))
        parts = ((self.gear, 2), (self.screw, 3))
        self.env["mrp.bom"].create(
            {
                "product_tmpl_id": kit.product_tmpl_id.id,
                "type": "phantom",
                "bom_line_ids": [Command.create({"product_id": one.id, "product_qty": each}) for one, each in parts],
            }
        )
        return kit

    def test_a_kit_is_released_consumed_and_backflushed_by_its_parts(self):
        kit = self.make_kit()
        self.bom.bom_line_ids.filtered(lambda line: line.product_id in self.gear | self.screw).unlink()
        self.bom.bom_line_ids = [Command.create({"product_id": kit.id, "product_qty": 1})]
        order = self.release(quantity=10)
        released = self.env["mes.outbox.message"].search(
            [("production_id", "=", order.id), ("event_type", "=", "mes.order.released.v1")]
        )
        told = {one["product"]: one["quantity"]["value"] for one in json.loads(released.payload)["data"]["components"]}
        self.assertEqual(told, {"HSG-100": 10, "OIL-5": 2.5, "GEAR-20": 20, "SCR-M6": 30})
        first, second = self.lots[self.gear]
        for lot, finished in ((first, "F1"), (second, "F2")):
            self.assertDone(self.consume(order, {(self.gear, lot): 8}), self.report(order, 4, finished))
        self.assertDone(self.complete(order, 8))
        self.assertEqual(self.genealogy(order), {"F1": {"GEAR-20-A": 8}, "F2": {"GEAR-20-B": 8}})
        self.assertEqual(self.on_hand(self.screw), 10000 - 3 * 8, "nobody named them: by their share of the kit")
        self.assertEqual((order.state, self.on_hand(self.gear)), ("done", 2000 - 16))

    def test_trap_5_by_products_of_the_rest_are_not_received(self):
        chips = self.make_product("CHIPS", "none", self.env.ref("uom.product_uom_unit"))
        self.bom.byproduct_ids = [Command.create({"product_id": chips.id, "product_qty": 1})]
        order = self.release(quantity=10)
        chip = {"product": "CHIPS", "quantity": self.quantity(3)}
        piece = {"product": "GBX-100", "quantity": self.quantity(4), "lot": "F1"}
        self.assertDone(self.send("production.reported", order, items=[piece, chip]), self.complete(order, 4))
        self.assertEqual((order.state, self.on_hand(self.gearbox), self.on_hand(chips)), ("done", 4, 3))
        rest = order.move_byproduct_ids.filtered(lambda move: move.state == "done")
        self.assertEqual(rest.mapped("quantity"), [3])

    def test_of_one_report_the_lot_that_came_back_is_in_no_piece(self):
        order = self.release(quantity=10)
        first, second = self.lots[self.gear]
        self.assertDone(self.consume(order, {(self.gear, first): 6, (self.gear, second): 8}))
        back = {"product": "GEAR-20", "quantity": self.quantity(6), "lot": first.name}
        self.assertDone(self.send("material.returned", order, items=[back]), self.report(order, 4, "F1"))
        self.assertEqual(self.genealogy(order), {"F1": {"GEAR-20-B": 8}})
