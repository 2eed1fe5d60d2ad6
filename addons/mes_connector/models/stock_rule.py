"""Doorway on stock rules: new demand makes a new order instead of growing one that the plant has."""

from odoo import models

from .mrp_production_plant import WITH_PLANT


class StockRule(models.Model):
    _inherit = "stock.rule"

    def _make_mo_get_domain(self, procurement, bom):
        return (*super()._make_mo_get_domain(procurement, bom), ("mes_phase", "not in", list(WITH_PLANT)))
