"""Components were used up: exactly the named quantities and lots leave the stock."""

from odoo import models

from ..core.messages import HandlerResult
from ..core.order_machine import OrderEvent
from ..core.states import ReportKind


class MesHandlerMaterialConsumed(models.AbstractModel):
    _name = "mes.handler.material.consumed"
    _description = "Handler: Material Consumed"
    _inherit = "mes.handler"

    def _handle(self, command):
        order, data = self._load_order(command), command.data
        posting, laws = self.env["mes.posting"], self.env["mes.conservation"]
        lines, workorder = self._lines(order, data["items"]), self._workorder(order, data)
        flags = laws._check_consumption(order, lines)
        self._advance(order, OrderEvent.CONSUME, command)
        report = posting.Report(ReportKind.CONSUMED, lines, workorder)
        effects = posting._report(order, report, command.message, at=command.at)
        laws._flag(order, "over_consumption", flags)
        return HandlerResult(effects=effects)

    def _workorder(self, order, data):
        if "operation" not in data:
            return order.workorder_ids[:0]
        return self.env["mes.resolver"]._operation(order, data["operation"])

    def _lines(self, order, items):
        resolver, lines = self.env["mes.resolver"], []
        for item in items:
            product = resolver._product(order.company_id, item["product"])
            quantity = resolver._quantity(item["quantity"], product.uom_id, product)
            lot = resolver._component_lot(product, item.get("lot"), order.company_id)
            lines.append(self.env["mes.posting"].Line(product, quantity, lot))
        return tuple(lines)
