"""The plant is finished with an order: totals are checked, the rest is closed, the order can be posted."""

from odoo import models

from ..core import errors
from ..core.messages import Effect, HandlerResult
from ..core.order_machine import OrderEvent, Verdict, decide
from ..core.states import OrderPhase


class MesHandlerOrderCompleted(models.AbstractModel):
    _name = "mes.handler.order.completed"
    _description = "Handler: Order Completed"
    _inherit = "mes.handler"

    def _handle(self, command):
        order, data = self._load_order(command), command.data
        if decide(OrderPhase(order.mes_phase), OrderEvent.COMPLETE).verdict is Verdict.MOVE:
            self._check_totals(order, data["totals"])
        effects = self.env["mes.order.lifecycle"]._complete(order, command)
        if effects is None:
            return self._already()
        # sudo: nobody writes reconciliations by hand, whoever has the message applied.
        self.env["mes.reconciliation"].sudo()._on_completion(command.message)
        closed = Effect("completed", record=order.name, res_model=order._name, res_id=order.id)
        return HandlerResult(effects=(*effects, closed))

    def _check_totals(self, order, totals):
        """The totals must be what is booked; while they are not, something is still to come."""
        resolver, unit = self.env["mes.resolver"], order.product_uom_id
        booked = {"good": order.mes_qty_good, "scrap": order.mes_qty_scrapped}
        for name, quantity in booked.items():
            told = resolver._quantity(totals[name], unit, order.product_id) if name in totals else 0.0
            if not unit.is_zero(told - quantity):
                raise errors.error("too_early", f"Total {name} is {told:g}, booked is {quantity:g}.")
        if unit.is_zero(booked["good"] + booked["scrap"]):
            raise errors.error("transition_refused", "Nothing was produced: cancel the order instead.")
