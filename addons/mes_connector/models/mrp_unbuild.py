"""Doorway on unbuild orders: what the plant still makes is not taken apart, nor what was taken back already."""

from odoo import models


class MrpUnbuild(models.Model):
    _inherit = "mrp.unbuild"

    def action_unbuild(self):
        self.mo_id._mes_refuse_by_hand(self.env._("Taking an open order apart"))
        return super().action_unbuild()

    def _generate_move_from_existing_move(self, move, factor, location_id, location_dest_id):
        # Odoo takes a share of every posted move, and knows no counter-moves of an order (trap 15).
        if move._mes_counter_moves():
            product = move.product_id
            net = move._mes_net()
            if product.uom_id.is_zero(net):
                return move.browse()
            factor *= net / move.product_uom._compute_quantity(move.quantity, product.uom_id, round=False)
        return super()._generate_move_from_existing_move(move, factor, location_id, location_dest_id)
