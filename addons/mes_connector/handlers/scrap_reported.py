"""A finished piece or a component was scrapped."""

from odoo import models

from ..core.messages import HandlerResult
from ..core.order_machine import OrderEvent


class MesHandlerScrapReported(models.AbstractModel):
    _name = "mes.handler.scrap.reported"
    _description = "Handler: Scrap Reported"
    _inherit = "mes.handler"

    def _handle(self, command):
        order, data = self._load_order(command), command.data
        resolver, posting = self.env["mes.resolver"], self.env["mes.posting"]
        product = resolver._product(order.company_id, data["product"])
        quantity = resolver._quantity(data["quantity"], product.uom_id, product)
        if product == order.product_id:
            order._mes_check_output(order._mes_qty_received(product.uom_id), quantity, product.uom_id)
            lot = resolver._produced_lot(product, data.get("lot"), order.company_id)
        else:
            lot = resolver._component_lot(product, data.get("lot"), order.company_id)
        self._advance(order, OrderEvent.CONFIRM, command)
        line = posting.Line(product, quantity, lot)
        effects = ()
        if product == order.product_id:
            # Odoo would scrap a finished piece from where it is not yet: receive it first (ADR 0004, trap 16).
            effects = posting._receive(order, [line], at=command.at)
        return HandlerResult(effects=effects + posting._scrap(order, line, data.get("reason"), at=command.at))
