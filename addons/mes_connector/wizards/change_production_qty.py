"""Odoo's wizard for another quantity: for an order that the plant has, the change of the order itself does it all."""

from odoo import models


class ChangeProductionQty(models.TransientModel):
    _inherit = "change.production.qty"

    def change_prod_qty(self):
        ours = self.filtered(lambda wizard: wizard.mo_id._mes_is_with_plant())
        for wizard in ours:
            wizard.mo_id.product_qty = wizard.product_qty
        return super(ChangeProductionQty, self - ours).change_prod_qty() if self - ours else {}
