"""Good pieces and by-products came out: received with their lots and linked to what was consumed for them."""

from odoo import models

from ..core import errors
from ..core.messages import HandlerResult
from ..core.order_machine import OrderEvent


class MesHandlerProductionReported(models.AbstractModel):
    _name = "mes.handler.production.reported"
    _description = "Handler: Production Reported"
    _inherit = "mes.handler"

    def _handle(self, command):
        order, data = self._load_order(command), command.data
        lines = [line for item in data["items"] for line in self._lines(order, item)]
        output = sum(line.quantity for line in lines if line.product == order.product_id)
        order._mes_check_output(order._mes_qty_received(order.product_id.uom_id), output, order.product_id.uom_id)
        self._advance(order, OrderEvent.CONFIRM, command)
        return HandlerResult(effects=self.env["mes.posting"]._receive(order, lines, at=command.at))

    def _lines(self, order, item):
        resolver, posting = self.env["mes.resolver"], self.env["mes.posting"]
        product = resolver._product(order.company_id, item["product"])
        quantity = resolver._quantity(item["quantity"], product.uom_id, product)
        serials = item.get("serials", [])
        if product.tracking != "serial":
            lot = resolver._produced_lot(product, item.get("lot"), order.company_id)
            return [posting.Line(product, quantity, lot)]
        if len(serials) != quantity:
            raise errors.error("lot_required", f"{quantity:g} pieces need as many serial numbers, not {len(serials)}.")
        lots = [resolver._produced_lot(product, serial, order.company_id) for serial in serials]
        posting._check_new_serials(product, lots)
        return [posting.Line(product, 1.0, lot) for lot in lots]
