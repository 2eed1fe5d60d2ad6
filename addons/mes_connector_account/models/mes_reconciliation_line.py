"""What a difference of the books is about in money: the value of the posting that is proven."""

from odoo import fields, models


class MesReconciliationLine(models.Model):
    _inherit = "mes.reconciliation.line"

    currency_id = fields.Many2one(related="company_id.currency_id")
    # Stored, so that finance can add it up by order, day and product.
    value = fields.Monetary(
        related="effect_id.value", store=True, help="What the posting was worth that is proven, when it was posted."
    )
