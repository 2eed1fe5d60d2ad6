"""Doorway on stock moves: what a person changes of an order that the plant has, and what is posted is not edited."""

from odoo import api, models
from odoo.exceptions import UserError

from ..handlers.base import is_reported
from .mes_owned import filled_in

#: Fields of a move that say what the plant is to use or make.
INTENT = frozenset(
    (
        "product_id",
        "product_uom",
        "product_uom_qty",
        "operation_id",
        "workorder_id",
        "date_deadline",
        "raw_material_production_id",
        "production_id",
    )
)
#: Fields of a move that lead to its order.
LINKS = frozenset(("raw_material_production_id", "production_id"))
#: Fields of a line that say what was moved.
FACT = frozenset(
    ("quantity", "product_id", "product_uom_id", "lot_id", "lot_name", "location_id", "location_dest_id", "move_id")
)


class StockMove(models.Model):
    _inherit = "stock.move"

    @api.model_create_multi
    def create(self, vals_list):
        ids = {vals.get(name) for vals in filled_in(self, vals_list, LINKS) for name in LINKS}
        self.env["mes.order.change"]._watch(self.env["mrp.production"].browse(ids - {None, False}))
        return super().create(vals_list)

    def write(self, vals):
        if not INTENT.isdisjoint(vals):
            self._mes_watch()
        if linked := LINKS.intersection(vals):
            self.move_line_ids._mes_refuse_edit(self)
            if not is_reported(self.env):
                ids = [vals[name] for name in linked if vals[name]]
                self.env["mes.order.change"]._watch(self.env["mrp.production"].browse(ids))
        result = super().write(vals)
        if "date_deadline" in vals:
            # Odoo moves the deadline of what is made, and forgets the order's own.
            orders = self.production_id.filtered(lambda order: self.env["mes.order.change"]._is_told(order))
            orders.date_deadline = vals["date_deadline"]
        return result

    def unlink(self):
        self._mes_watch()
        return super().unlink()

    def _action_cancel(self):
        self._mes_watch()
        return super()._action_cancel()

    def _mes_watch(self):
        if is_reported(self.env):  # most moves of a plant's order: do not even look for the order
            return
        self.env["mes.order.change"]._watch(self.raw_material_production_id | self.production_id)


class StockMoveLine(models.Model):
    _inherit = "stock.move.line"

    @api.model_create_multi
    def create(self, vals_list):
        moves = self.env["stock.move"].browse([vals["move_id"] for vals in vals_list if vals.get("move_id")])
        self._mes_refuse_edit(moves)
        return super().create(vals_list)

    def write(self, vals):
        if not FACT.isdisjoint(vals):
            self._mes_refuse_edit(self.move_id)
        return super().write(vals)

    def _mes_refuse_edit(self, moves):
        """What is posted on an order in the plant is its report: corrected by a reversal, not by editing (trap 15)."""
        if is_reported(self.env):
            return
        done = moves.filtered(lambda move: move.state == "done")
        orders = done.raw_material_production_id | done.production_id
        for order in orders.filtered(lambda one: one._mes_is_with_plant()):
            raise UserError(
                self.env._(
                    "What is posted on %s was reported by the plant: have the plant reverse or return it.", order.name
                )
            )
