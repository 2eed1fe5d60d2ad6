"""Components were used up: exactly the named quantities and lots leave the stock."""

from odoo import models

from ..core.messages import HandlerResult
from ..core.order_machine import OrderEvent


class MesHandlerMaterialConsumed(models.AbstractModel):
    _name = "mes.handler.material.consumed"
    _description = "Handler: Material Consumed"
    _inherit = "mes.handler"

    def _handle(self, command):
        order, data = self._load_order(command), command.data
        resolver, posting = self.env["mes.resolver"], self.env["mes.posting"]
        workorder = resolver._operation(order, data["operation"]) if "operation" in data else order.workorder_ids[:0]
        lines = []
        for item in data["items"]:
            product = resolver._product(order.company_id, item["product"])
            quantity = resolver._quantity(item["quantity"], product.uom_id, product)
            lot = resolver._component_lot(product, item.get("lot"), order.company_id)
            lines.append(posting.Line(product, quantity, lot))
        self._advance(order, OrderEvent.CONSUME, command)
        return HandlerResult(effects=posting._consume(order, lines, workorder, at=command.at))
