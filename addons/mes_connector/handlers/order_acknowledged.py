"""The plant took or refused a revision of an order."""

from odoo import models

from ..core import errors
from ..core.messages import Effect, HandlerResult
from ..core.order_machine import OrderEvent


class MesHandlerOrderAcknowledged(models.AbstractModel):
    _name = "mes.handler.order.acknowledged"
    _description = "Handler: Order Acknowledged"
    _inherit = "mes.handler"

    def _handle(self, command):
        order, data = self._load_order(command), command.data
        if data["revision"] != order.mes_revision:
            raise errors.error("stale_revision", f"The current revision is {order.mes_revision}.")
        accepted = data["accepted"]
        reason = " ".join(filter(None, (data.get("reason"), data.get("text"))))
        self._advance(order, OrderEvent.ACKNOWLEDGE if accepted else OrderEvent.REFUSE, command, reason)
        self.env["mes.outbox.message"]._acknowledge(order, command.system, accepted)
        if accepted:
            if order.mes_acknowledged_at:
                # Said twice: the time is that of the first time it happened, whichever came first.
                order.mes_acknowledged_at = min(order.mes_acknowledged_at, command.at)
                return self._already()
            order.mes_acknowledged_at = command.at
        else:
            self.env["mes.case"]._raise_for_order(order, "release_refused", reason)
        kind = "acknowledged" if accepted else "refused"
        effect = Effect(kind, record=order.name, res_model=order._name, res_id=order.id)
        return HandlerResult(effects=(effect,))
