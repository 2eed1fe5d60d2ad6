"""Doorway: the plants a user works for; which records follow from that is said by the record rules."""

from odoo import fields, models


class ResUsers(models.Model):
    _inherit = "res.users"

    mes_plant_ids = fields.Many2many(
        "stock.warehouse",
        string="Plants",
        help="Integration records of these plants only. Empty: all plants of the user's companies.",
    )

    def write(self, vals):
        result = super().write(vals)
        if "mes_plant_ids" in vals:
            # Record rules are cached per user with the plants inside.
            self.env.registry.clear_cache()
        return result
