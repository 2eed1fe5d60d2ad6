"""The plant puts an order on hold or lifts the hold; holds of lots belong to the quality bridge."""

from odoo import models

from ..core.messages import Effect, HandlerResult
from ..core.order_machine import OrderEvent


class MesHandlerHoldPlaced(models.AbstractModel):
    _name = "mes.handler.hold.placed"
    _description = "Handler: Hold Placed"
    _inherit = "mes.handler"

    EVENT = OrderEvent.HOLD

    def _handle(self, command):
        order, data = self._load_order(command), command.data
        reason = " ".join(filter(None, (data.get("reason"), data.get("text"))))
        if self._is_already(self._advance(order, self.EVENT, command, reason)):
            return self._already()
        return HandlerResult(
            effects=(Effect(self.EVENT.value, record=order.name, res_model=order._name, res_id=order.id),)
        )


class MesHandlerHoldReleased(models.AbstractModel):
    _name = "mes.handler.hold.released"
    _description = "Handler: Hold Released"
    _inherit = "mes.handler.hold.placed"

    EVENT = OrderEvent.RESUME
