"""Work on an operation began: the work order starts at the time of the event."""

from odoo import models

from ..core.messages import Effect, HandlerResult
from ..core.order_machine import OrderEvent


class MesHandlerOperationStarted(models.AbstractModel):
    _name = "mes.handler.operation.started"
    _description = "Handler: Operation Started"
    _inherit = "mes.handler"

    def _handle(self, command):
        order = self._load_order(command)
        workorder = self.env["mes.resolver"]._operation(order, command.data["operation"])
        self._advance(order, OrderEvent.START, command)
        if not workorder._mes_start(command.at):
            return self._already()
        return HandlerResult(
            effects=(Effect("started", record=workorder.name, res_model=workorder._name, res_id=workorder.id),)
        )
