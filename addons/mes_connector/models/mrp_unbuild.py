"""Doorway on unbuild orders: what the plant still makes is not taken apart."""

from odoo import models


class MrpUnbuild(models.Model):
    _inherit = "mrp.unbuild"

    def action_unbuild(self):
        self.mo_id._mes_refuse_by_hand(self.env._("Taking an open order apart"))
        return super().action_unbuild()
