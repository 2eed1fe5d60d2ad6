"""Doorway on scrap: whether the good pieces of the order pay for it."""

from odoo import fields, models


class StockScrap(models.Model):
    _inherit = "stock.scrap"

    mes_paid_by_order = fields.Boolean("Paid by the good pieces", readonly=True, copy=False)
