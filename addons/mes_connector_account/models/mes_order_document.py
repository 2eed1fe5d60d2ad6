"""Adds to what the plant is told of a closed order what it has cost; the connector builds the rest."""

from odoo import models


class MesOrderDocument(models.AbstractModel):
    _inherit = "mes.order.document"

    def _posted(self, order):
        currency = order.company_id.currency_id
        amounts = {
            "consumed": order.mes_value_consumed,
            "labor": order.mes_value_labor,
            "received": order.mes_value_received,
            "variance": order.mes_value_in_progress,
        }
        value = {name: currency.round(amount) for name, amount in amounts.items()}
        return dict(super()._posted(order), value=dict(value, currency=currency.name))
