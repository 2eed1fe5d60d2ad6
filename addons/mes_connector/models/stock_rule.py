"""Doorway on stock rules: the orders a need makes, and that it never grows one that the plant has."""

from odoo import api, models

from .mrp_production_plant import WITH_PLANT


class StockRule(models.Model):
    _inherit = "stock.rule"

    @api.model
    def _run_manufacture(self, procurements):
        # Released when all is known of the orders it makes, see `_post_run_manufacture`.
        return super(StockRule, self.with_context(mes_release_later=True))._run_manufacture(procurements)

    def _make_mo_get_domain(self, procurement, bom):
        return (*super()._make_mo_get_domain(procurement, bom), ("mes_phase", "not in", list(WITH_PLANT)))
