"""Doorway on stock moves: scrap that the good pieces pay for, and when a fact of a locked period happened."""

from odoo import fields, models


class StockMove(models.Model):
    _inherit = "stock.move"

    mes_happened_at = fields.Datetime(
        "Happened at",
        readonly=True,
        copy=False,
        help="When it happened in the plant, where its period was locked and it was posted on the next open day.",
    )

    def _mes_scrap_paid_by_order(self):
        """The scrap these moves make, or take back, that the order's good pieces pay for."""
        return (self.scrap_id | self.origin_returned_move_id.scrap_id).filtered("mes_paid_by_order")

    def _should_create_account_move(self):
        # What was received to be scrapped has to leave the stock account again, also without a scrap account.
        if super()._should_create_account_move():
            return True
        scrap = self._mes_scrap_paid_by_order()
        location = scrap.production_id.production_location_id
        return bool(scrap and location.valuation_account_id and self.product_id.valuation == "real_time")

    def _get_account_move_line_vals(self):
        lines = super()._get_account_move_line_vals()
        scrap = self._mes_scrap_paid_by_order()
        if scrap:
            # Its value returns to the order instead of going to the scrap account.
            loss = scrap.scrap_location_id.valuation_account_id
            for line in lines:
                if line["account_id"] == loss.id:
                    line["account_id"] = scrap.production_id.production_location_id.valuation_account_id.id
        return lines
