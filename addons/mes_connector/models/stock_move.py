"""Doorway on stock moves: what is left of a posted move after its counter-moves, and the date of what a plant reported.

A counter-move carries the quantity of a posted move back, by lot; it names that move as the one it returns.
"""

from odoo import api, fields, models

#: In the context of a write by which we date a posting ourselves.
DATING = "mes_dating"


class StockMove(models.Model):
    _inherit = "stock.move"

    mes_is_estimated = fields.Boolean(
        "Estimated", readonly=True, copy=False, help="Consumed by its share of the bill of materials; nobody reported."
    )
    mes_is_scrap = fields.Boolean("For scrap", readonly=True, copy=False, help="Received only to be scrapped.")

    @api.depends("origin_returned_move_id")
    def _compute_reference(self):
        result = super()._compute_reference()
        for move in self.filtered(lambda one: not one.reference and one.origin_returned_move_id._mes_order().mes_phase):
            move.reference = move.origin_returned_move_id.reference
        return result

    def _mes_order(self):
        """The order whose component or product this is."""
        return self.raw_material_production_id or self.production_id

    def _mes_counter_moves(self):
        """What has taken these moves back; an unbuild is a posting of its own, not a correction."""
        return self.returned_move_ids.filtered(lambda move: move.state == "done" and not move.unbuild_id)

    def _mes_net_by_lot(self):
        """``{lot: quantity}`` of the move in the product's unit, less what was taken back; empty lot when untracked."""
        self.ensure_one()
        net = {}
        for line in self.move_line_ids:
            net[line.lot_id] = net.get(line.lot_id, 0.0) + line.quantity_product_uom
        for counter in self._mes_counter_moves():
            for lot, quantity in counter._mes_net_by_lot().items():
                net[lot] = net.get(lot, 0.0) - quantity
        return net

    def _mes_net(self):
        """The quantity of done moves in their product's unit, less what was taken back."""
        return sum(sum(move._mes_net_by_lot().values()) for move in self if move.state == "done")

    def write(self, vals):
        # Odoo dates all moves of an order anew with its start or end; what a plant reported keeps its own day.
        if "date" in vals and not self.env.context.get(DATING):
            posted = self.filtered(lambda move: move.state == "done" and move._mes_order().mes_phase)
            if posted:
                super(StockMove, posted).write({name: value for name, value in vals.items() if name != "date"})
            return super(StockMove, self - posted).write(vals)
        return super().write(vals)
