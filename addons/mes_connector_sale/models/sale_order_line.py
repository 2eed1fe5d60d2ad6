"""Doorway on the line of a sale: how far the plant is with it."""

from odoo import api, fields, models

from odoo.addons.mes_connector.core import states
from odoo.addons.mes_connector.core.states import OrderPhase

#: From the least to the most advanced; a hold is what a salesperson must see first.
PROGRESS = (
    OrderPhase.QUALITY_HOLD,
    OrderPhase.PLANNED,
    OrderPhase.RELEASED,
    OrderPhase.IN_PROGRESS,
    OrderPhase.PARTIALLY_CONFIRMED,
    OrderPhase.COMPLETED,
    OrderPhase.POSTED,
    OrderPhase.CANCELLED,
)


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    mes_production_ids = fields.One2many(
        "mrp.production", "sale_line_id", "Manufacturing orders", groups="mrp.group_mrp_user"
    )
    mes_phase = fields.Selection(
        states.selection(OrderPhase),
        "Plant phase",
        compute="_compute_mes_phase",
        compute_sudo=True,
        store=True,
        help="Where the plant stands with this line: its order that is least advanced, or on hold.",
    )

    @api.depends("mes_production_ids.mes_phase")
    def _compute_mes_phase(self):
        for line in self:
            phases = [OrderPhase(order.mes_phase) for order in line.mes_production_ids if order.mes_phase]
            line.mes_phase = min(phases, key=PROGRESS.index).value if phases else False
