"""What an effect was worth when it was posted: of stock what Odoo valued the move with, of time its rate."""

from odoo import api, fields, models

from odoo.addons.mes_connector.core.statements import LABOR, TIME
from odoo.addons.mes_connector.core.states import EffectKind, ReportKind

MOVED = frozenset({*(kind.value for kind in ReportKind), EffectKind.ESTIMATED.value})


class MesEffect(models.Model):
    _inherit = "mes.effect"

    currency_id = fields.Many2one(related="company_id.currency_id")
    value = fields.Monetary(
        readonly=True, help="When it was posted, in the company's currency; less than nothing where it undoes another."
    )

    @api.model
    def _prepare_values(self, message, effect):
        return dict(super()._prepare_values(message, effect), value=self._worth(effect))

    @api.model
    def _worth(self, effect):
        """The value of a core ``Effect``; 0 for one that moved neither stock nor time."""
        if effect.kind == EffectKind.REVERSED.value:
            return -self.browse(effect.reverses).value
        if effect.kind in MOVED and effect.res_model == "stock.move.line":
            return self._worth_of_line(self.env["stock.move.line"].browse(effect.res_id))
        if effect.kind in (TIME, LABOR):
            workorder = self.env["mrp.workorder"].browse(effect.res_id)
            center = workorder.workcenter_id
            rate = center.mes_costs_hour_person if effect.kind == LABOR else workorder._mes_rate(center)
            return effect.quantity / 60 * rate
        return 0.0

    def _worth_of_line(self, line):
        """The line's share of what its move is worth."""
        total = sum(line.move_id.move_line_ids.mapped("quantity_product_uom"))
        return line.move_id.value * line.quantity_product_uom / total if total else 0.0
