"""Tells the sale when the plant moves one of its orders; the phase itself is moved by the connector."""

from odoo import models


class MesOrderLifecycle(models.AbstractModel):
    _inherit = "mes.order.lifecycle"

    def _enter(self, order, event, target, message, note):
        before = order.mes_phase
        result = super()._enter(order, event, target, message, note)
        if before != target.value:
            order._mes_tell_sale(note)
        return result
