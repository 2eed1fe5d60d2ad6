"""A finished piece, a by-product or a component was scrapped."""

from odoo import models

from ..core.messages import HandlerResult
from ..core.order_machine import OrderEvent
from ..core.states import ReportKind


class MesHandlerScrapReported(models.AbstractModel):
    _name = "mes.handler.scrap.reported"
    _description = "Handler: Scrap Reported"
    _inherit = "mes.handler"

    def _handle(self, command):
        order, data = self._load_order(command), command.data
        resolver, posting = self.env["mes.resolver"], self.env["mes.posting"]
        product = resolver._product(order.company_id, data["product"])
        quantity = resolver._quantity(data["quantity"], product.uom_id, product)
        is_made = product in order.move_finished_ids.product_id
        find_lot = resolver._produced_lot if is_made else resolver._component_lot
        line = posting.Line(product, quantity, find_lot(product, data.get("lot"), order.company_id))
        if is_made:
            self.env["mes.conservation"]._check_output(order, [line])
        self._advance(order, OrderEvent.CONFIRM, command)
        report = posting.Report(ReportKind.SCRAPPED, (line,), reason=data.get("reason", ""))
        return HandlerResult(effects=posting._report(order, report, command.message, at=command.at))
