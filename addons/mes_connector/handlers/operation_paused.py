"""Work on an operation stopped for a while: the running interval of its work order ends."""

from odoo import models

from ..core.messages import Effect, HandlerResult
from ..core.order_machine import OrderEvent
from ..core.states import TimeMark


class MesHandlerOperationPaused(models.AbstractModel):
    _name = "mes.handler.operation.paused"
    _description = "Handler: Operation Paused"
    _inherit = "mes.handler"

    MARK = TimeMark.PAUSED

    def _handle(self, command):
        order, data = self._load_order(command), command.data
        resolver = self.env["mes.resolver"]
        workorder = resolver._operation(order, data["operation"])
        users = resolver._operators(order.company_id, data.get("operators", []))
        reason = data.get("reason", "")
        if self._is_already(self._advance(order, OrderEvent.PAUSE, command, reason)):
            return self._already()
        self.env["mes.time"]._mark(workorder, self.MARK, command.at, users, command.message)
        record = {"record": workorder.name, "res_model": workorder._name, "res_id": workorder.id}
        return HandlerResult(effects=(Effect(self.MARK.value, **record),))


class MesHandlerOperationResumed(models.AbstractModel):
    _name = "mes.handler.operation.resumed"
    _description = "Handler: Operation Resumed"
    _inherit = "mes.handler.operation.paused"

    MARK = TimeMark.RESUMED
