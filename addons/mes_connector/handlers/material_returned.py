"""Components came back unused: exactly the named quantities and lots are in stock again."""

from odoo import models

from ..core.messages import HandlerResult
from ..core.order_machine import OrderEvent
from ..core.states import ReportKind


class MesHandlerMaterialReturned(models.AbstractModel):
    _name = "mes.handler.material.returned"
    _description = "Handler: Material Returned"
    _inherit = "mes.handler.material.consumed"

    def _handle(self, command):
        order, data = self._load_order(command), command.data
        self._require_phase(order, OrderEvent.RETURN)
        lines, workorder = self._lines(order, data["items"]), self._workorder(order, data)
        self.env["mes.conservation"]._check_return(order, lines)
        self._advance(order, OrderEvent.RETURN, command)
        posting = self.env["mes.posting"]
        report = posting.Report(ReportKind.RETURNED, lines, workorder, data.get("reason", ""))
        return HandlerResult(effects=posting._report(order, report, command.message, at=command.at))
