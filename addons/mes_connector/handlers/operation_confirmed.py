"""An operation made progress: the work order's quantity and minutes; stock moves only by the other events."""

from odoo import models

from ..core.messages import Effect, HandlerResult
from ..core.order_machine import OrderEvent


class MesHandlerOperationConfirmed(models.AbstractModel):
    _name = "mes.handler.operation.confirmed"
    _description = "Handler: Operation Confirmed"
    _inherit = "mes.handler"

    def _handle(self, command):
        order, data = self._load_order(command), command.data
        resolver = self.env["mes.resolver"]
        workorder = resolver._operation(order, data["operation"])
        good, scrap = (
            resolver._quantity(data[name], order.product_uom_id, order.product_id) if name in data else 0.0
            for name in ("good", "scrap")
        )
        order._mes_check_output(workorder.qty_produced + workorder.mes_qty_scrapped, good + scrap)
        self._advance(order, OrderEvent.CONFIRM, command)
        minutes = data["minutes"]
        booked = minutes.get("setup", 0) + minutes.get("machine", 0) or minutes.get("labor", 0)
        workorder._mes_confirm(good, scrap, booked, command.at)
        if data["final"]:
            workorder._mes_finish(command.at)
        record = {"record": workorder.name, "res_model": workorder._name, "res_id": workorder.id}
        unit = order.product_uom_id.unece_code or ""
        return HandlerResult(
            effects=(
                Effect("confirmed", order.product_id.default_code or "", "", good, unit, **record),
                Effect("time", quantity=booked, uom="MIN", **record),
            )
        )
