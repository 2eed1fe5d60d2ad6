"""Good pieces and by-products came out: received with their lots and linked to what was consumed for them.

Where the last operation's confirmation receives the finished pieces, what is said of them here is noted.
"""

from odoo import models

from ..core.messages import HandlerResult
from ..core.order_machine import OrderEvent
from ..core.states import ReceiptSource


class MesHandlerProductionReported(models.AbstractModel):
    _name = "mes.handler.production.reported"
    _description = "Handler: Production Reported"
    _inherit = "mes.handler"

    def _handle(self, command):
        order, data = self._load_order(command), command.data
        # Before the counters: those of reports that wait for the end of a hold are missing, and no gap.
        self._require_phase(order, OrderEvent.CONFIRM)
        receipt = self.env["mes.receipt"]
        lines = tuple(line for item in data["items"] for line in receipt._lines(order, item))
        by_products = tuple(line for line in lines if line.product != order.product_id)
        is_ours = order._mes_plant().mes_receipt_source == ReceiptSource.PRODUCTION_REPORTED.value
        if not is_ours:
            noted = tuple(line for line in lines if line.product == order.product_id)
            receipt._check_noted(order, noted)
            lines = by_products
        elif "cumulative" in data:
            receipt._follow(order, data, lines, command.message)
        self.env["mes.conservation"]._check_output(order, lines)
        self._advance(order, OrderEvent.CONFIRM, command)
        effects = receipt._report(order, lines, command) if lines else ()
        if not is_ours:
            effects += receipt._note(order, noted)
        return HandlerResult(effects=effects)
