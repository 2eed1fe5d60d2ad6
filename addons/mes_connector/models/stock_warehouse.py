"""Doorway: a plant is a warehouse; its integration rules live on it."""

from odoo import fields, models


class StockWarehouse(models.Model):
    _inherit = "stock.warehouse"

    mes_auto_release = fields.Boolean(
        "Release orders when confirmed",
        help="Confirming a manufacturing order of this plant also releases it to the plant's systems.",
    )
    mes_auto_post = fields.Boolean(
        "Post completed orders",
        default=True,
        help="A completed order is posted by itself as soon as nothing of it waits. Otherwise a person posts it.",
    )
    mes_case_owner_id = fields.Many2one(
        "res.users", "Owner of cases", help="Gets what could not be posted in this plant. Empty: the system's owner."
    )
