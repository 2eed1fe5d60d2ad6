"""Reconciliation where periods are locked: a fact that was posted on a later day says when it happened."""

from odoo import api, models
from odoo.tools import SQL


class MesBooks(models.AbstractModel):
    _inherit = "mes.books"

    @api.model
    def _happened_at(self):
        return SQL("COALESCE(move.mes_happened_at, move.date)")
