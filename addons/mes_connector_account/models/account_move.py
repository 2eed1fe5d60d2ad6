"""Doorway on journal entries: which order a labor entry belongs to."""

from odoo import fields, models


class AccountMove(models.Model):
    _inherit = "account.move"

    mes_labor_production_id = fields.Many2one(
        "mrp.production", "Labor of", readonly=True, copy=False, index="btree_not_null"
    )
