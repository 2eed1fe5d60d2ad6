"""Doorway on the manufacturing order: what a person changes of an order that the plant has goes to the plant."""

from odoo import models
from odoo.exceptions import UserError

#: Fields of an order that say what the plant is to do.
INTENT = frozenset(
    (
        "product_qty",
        "date_start",
        "date_finished",
        "date_deadline",
        "priority",
        "bom_id",
        "move_raw_ids",
        "move_finished_ids",
        "move_byproduct_ids",
        "workorder_ids",
    )
)


class MrpProduction(models.Model):
    _inherit = "mrp.production"

    def write(self, vals):
        # Changing the operation type renames the order, and the plant would lose it (trap 13).
        if "picking_type_id" in vals and any(
            order._mes_is_with_plant() and order.picking_type_id.id != vals["picking_type_id"] for order in self
        ):
            raise UserError(self.env._("The operation type of an order cannot change once the plant has it."))
        if INTENT.isdisjoint(vals):
            return super().write(vals)
        change = self.env["mes.order.change"]
        change._refuse_when_fixed(self)
        change._watch(self)
        ratios = change._check_quantity(self, vals["product_qty"]) if "product_qty" in vals else {}
        result = super().write(vals)
        for order, ratio in ratios.items():
            change._follow_quantity(order, ratio)
        return result

    def _mes_qty_booked(self):
        """Pieces that are made already, good or scrapped, by receipts or by the operation that reported most."""
        received = self._mes_qty_received(self.product_uom_id)
        return max([received, *(one.qty_produced + one.mes_qty_scrapped for one in self.workorder_ids)])
