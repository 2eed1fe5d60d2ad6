"""An operation made progress: the work order's pieces and minutes.

Stock moves only by the other events, unless the plant receives its finished pieces by the last operation.
"""

from odoo import models

from ..core.messages import Effect, HandlerResult
from ..core.order_machine import OrderEvent


class MesHandlerOperationConfirmed(models.AbstractModel):
    _name = "mes.handler.operation.confirmed"
    _description = "Handler: Operation Confirmed"
    _inherit = "mes.handler"

    def _handle(self, command):
        order, data = self._load_order(command), command.data
        # Before the counters: those of reports that wait for the end of a hold are missing, and no gap.
        self._require_phase(order, OrderEvent.CONFIRM)
        resolver = self.env["mes.resolver"]
        workorder = resolver._operation(order, data["operation"])
        center = resolver._work_center(order.company_id, data["work_center"])
        users = resolver._operators(order.company_id, data.get("operators", []))
        pieces = self._pieces(order, data)
        laws, receipt = self.env["mes.conservation"], self.env["mes.receipt"]
        receipt._follow_operation(order, workorder, data, pieces, command.message)
        rework = laws._check_operation(order, workorder, pieces)
        # Pieces that came out of rework are said with a quantity of their own: an effect is never less than nothing.
        pieces["confirmed_rework"], pieces["reworked"] = max(0.0, rework), max(0.0, -rework)
        pieces = {kind: quantity for kind, quantity in pieces.items() if quantity or kind == "confirmed"}
        lines = receipt._confirmed_lines(order, workorder, data)
        laws._check_output(order, lines)
        self._advance(order, OrderEvent.CONFIRM, command)
        time = self.env["mes.time"]
        spent = time._own_minutes(data["minutes"])
        workorder._mes_begin(time._begin(command.at, spent), center)
        time._confirm(workorder, data["minutes"], command, users)
        workorder._mes_add(pieces)
        if data["final"]:
            workorder._mes_finish(command.at, command.message)
        effects = self._effects(order, workorder, pieces, spent)
        if lines:
            effects += receipt._report(order, lines, command)
        return HandlerResult(effects=effects)

    def _pieces(self, order, data):
        """``{kind of effect: quantity in the order's unit}``."""
        names = {"good": "confirmed", "scrap": "confirmed_scrap", "rework": "confirmed_rework"}
        resolver, unit = self.env["mes.resolver"], order.product_uom_id
        return {
            kind: resolver._quantity(data[name], unit, order.product_id) for name, kind in names.items() if name in data
        }

    def _effects(self, order, workorder, pieces, spent):
        record = {"record": workorder.name, "res_model": workorder._name, "res_id": workorder.id}
        product, unit = order.product_id.default_code or "", order.product_uom_id.unece_code or ""
        counted = tuple(Effect(kind, product, "", quantity, unit, **record) for kind, quantity in pieces.items())
        return (*counted, Effect("time", quantity=spent, uom="MIN", **record))
