"""Doorways on the stock: each change of a quantity or a reservation is noted; nothing is read or written here."""

from odoo import api, models


class StockQuant(models.Model):
    _inherit = "stock.quant"

    @api.model
    def _update_available_quantity(self, product_id, location_id, *args, **kwargs):
        result = super()._update_available_quantity(product_id, location_id, *args, **kwargs)
        self.env["mes.availability"]._note([(product_id.id, location_id.id)])
        return result


class StockMove(models.Model):
    _inherit = "stock.move"

    # Small: the components that orders still need, of all the moves there ever were.
    _mes_needed = models.Index(
        "(product_id) WHERE raw_material_production_id IS NOT NULL AND state NOT IN ('draft', 'done', 'cancel')"
    )
