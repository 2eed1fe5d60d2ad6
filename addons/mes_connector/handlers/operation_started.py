"""Work on an operation began: the work order is in progress since the time of the event."""

from odoo import models

from ..core.messages import Effect, HandlerResult
from ..core.order_machine import OrderEvent
from ..core.states import OrderPhase, TimeMark

FINISHED = (OrderPhase.COMPLETED.value, OrderPhase.POSTED.value)


class MesHandlerOperationStarted(models.AbstractModel):
    _name = "mes.handler.operation.started"
    _description = "Handler: Operation Started"
    _inherit = "mes.handler"

    def _handle(self, command):
        order, data = self._load_order(command), command.data
        resolver = self.env["mes.resolver"]
        workorder = resolver._operation(order, data["operation"])
        center = resolver._work_center(order.company_id, data["work_center"])
        users = resolver._operators(order.company_id, [data["operator"]] if "operator" in data else [])
        self._advance(order, OrderEvent.START, command)
        if order.mes_phase in FINISHED or not self._note(workorder, command, users, center):
            return self._already()
        record = {"record": workorder.name, "res_model": workorder._name, "res_id": workorder.id}
        return HandlerResult(effects=(Effect(TimeMark.STARTED.value, **record),))

    def _note(self, workorder, command, users, center):
        """Book what is said; whether it is news."""
        was = workorder.state
        is_news = self.env["mes.time"]._mark(workorder, TimeMark.STARTED, command.at, users, command.message)
        if not workorder._mes_has_ended():
            workorder._mes_begin(command.at, center)
        return is_news or workorder.state != was
