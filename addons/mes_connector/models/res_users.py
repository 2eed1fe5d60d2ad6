"""Doorway: the plants a user works for and what they call the person; which records follow is said by record rules."""

from odoo import fields, models


class ResUsers(models.Model):
    _inherit = "res.users"

    mes_plant_ids = fields.Many2many(
        "stock.warehouse",
        string="Plants",
        help="Integration records of these plants only. Empty: all plants of the user's companies.",
    )
    mes_operator_code = fields.Char(
        "Operator code", copy=False, help="How the plants call this person in what they report."
    )

    _mes_operator_code_unique = models.UniqueIndex(
        "(company_id, mes_operator_code) WHERE mes_operator_code IS NOT NULL",
        "Another user of the company has this operator code.",
    )

    def write(self, vals):
        result = super().write(vals)
        if "mes_plant_ids" in vals:
            # Record rules are cached per user with the plants inside.
            self.env.registry.clear_cache()
        return result
