"""Doorways to shortages: the plant's rule for its buyer, and what an order lacks."""

from odoo import fields, models

from ..core import states
from ..core.states import ShortageNotice


class StockWarehouse(models.Model):
    _inherit = "stock.warehouse"

    mes_shortage_notice = fields.Selection(
        states.selection(ShortageNotice),
        "Missing components reach the buyer",
        required=True,
        default=ShortageNotice.ACTIVITY.value,
        help="Activity: on the order, for the buyer. Replenish: ordered by the routes of the product, as far as "
        "nothing is on its way. Nobody: only the plant is told.",
    )
    mes_buyer_id = fields.Many2one(
        "res.users", "Buyer", help="Gets the activities. Empty: the responsible of the product, else of the order."
    )


class MrpProduction(models.Model):
    _inherit = "mrp.production"

    mes_shortage_ids = fields.One2many(
        "mes.shortage", "production_id", "Shortages", groups="mes_connector.group_mes_user"
    )
    mes_shortage_count = fields.Integer(
        "Components missing", compute="_compute_mes_shortage_count", groups="mes_connector.group_mes_user"
    )

    def _compute_mes_shortage_count(self):
        domain = [("production_id", "in", self.ids), ("covered_at", "=", False)]
        counts = dict(self.env["mes.shortage"]._read_group(domain, ["production_id"], ["__count"]))
        for order in self:
            order.mes_shortage_count = counts.get(order, 0)

    def action_mes_open_shortages(self):
        """Show what the order lacks, and lacked."""
        action = self.env["ir.actions.act_window"]._for_xml_id("mes_connector.mes_shortage_action")
        return dict(action, domain=[("production_id", "in", self.ids)], context={})
