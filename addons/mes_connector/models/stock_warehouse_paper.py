"""Doorway on the plant: whether it is booked by hand now, and by whom."""

from odoo import fields, models


class StockWarehouse(models.Model):
    _inherit = "stock.warehouse"

    mes_paper_user_ids = fields.Many2many(
        "res.users",
        "mes_paper_user_rel",
        string="May book by hand",
        help="Who books orders by hand in paper mode. Empty: every plant operator.",
    )
    mes_paper_period_ids = fields.One2many("mes.paper.period", "plant_id", "Periods of paper mode")
    mes_is_paper = fields.Boolean("Paper mode", compute="_compute_mes_is_paper")

    def _compute_mes_is_paper(self):
        for plant in self:
            plant.mes_is_paper = any(not period.ended_at for period in plant.sudo().mes_paper_period_ids)

    def action_mes_paper_start(self, reason=""):
        """Let the plants be booked by hand while their systems are down."""
        periods = self.env["mes.paper.period"]
        periods._require_supervisor()
        for plant in self:
            # sudo: a supervisor starts paper mode; rows of it are not written by hand.
            periods.sudo()._start(plant, reason or self.env._("No reason given"))

    def action_mes_paper_end(self):
        """The plants' systems report again."""
        for plant in self:
            period = self.env["mes.paper.period"]._current(plant)
            period.with_user(self.env.user)._require_supervisor()
            period.action_end()
