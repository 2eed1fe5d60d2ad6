"""What is used up before it was received has the value known then; a later receipt changes no piece (trap 22)."""

from odoo.tests import tagged

from odoo.addons.mes_connector.core.states import ShortageMode

from .common import MoneyCase


@tagged("post_install", "-at_install", "mes")
class TestLateReceipt(MoneyCase):
    def buy(self, product, quantity, price):
        move = self.env["stock.move"].create(
            {
                "product_id": product.id,
                "product_uom_qty": quantity,
                "location_id": self.env.ref("stock.stock_location_suppliers").id,
                "location_dest_id": self.stock.id,
                "price_unit": price,
            }
        )
        move._action_confirm()
        move.write({"quantity": quantity, "picked": True})
        move._action_done()

    def test_trap_22_a_late_receipt_revalues_no_piece(self):
        seal = self.make_product("SEAL", "none", self.env.ref("uom.product_uom_unit"))
        self.prices[seal] = 2.0
        self.value_by("fifo")
        seal.write({"categ_id": self.gearbox.categ_id.id, "standard_price": 2.0})
        self.price_long_ago(seal)
        self.plant.mes_shortage_mode = ShortageMode.FLAG.value
        order = self.release(10)
        self.assertDone(self.consume(order, {(seal, None): 10}))
        self.work(order, 10, "F1")
        self.assertDone(self.complete(order, 10))
        value, consumed = self.gearbox.total_value, order.mes_value_consumed
        self.buy(seal, 10, 5.0)
        self.assertEqual(self.on_hand(seal), 0)
        self.assertMoney(self.gearbox.total_value, value)
        self.assertMoney(order.mes_value_consumed, consumed)
        self.assertMoney(order.mes_value_in_progress, 0)
