"""The three overrides by which a bridge plugs in, and a handler that changes nothing but says what it did."""

from pathlib import Path

from odoo import api, models

from odoo.addons.mes_connector.core.event_types import EventType
from odoo.addons.mes_connector.core.messages import Effect, HandlerResult
from odoo.addons.mes_connector.core.states import Direction, FlowClass, SystemKind

PALLET = EventType(
    "mes.pallet.moved", 1, (Direction.IN,), "order", FlowClass.REAL_TIME, (SystemKind.MES,), "A pallet was moved."
)


class MesDispatcher(models.AbstractModel):
    _inherit = "mes.dispatcher"

    @api.model
    def _event_types(self):
        return {**super()._event_types(), PALLET.wire_type: PALLET}

    @api.model
    def _schema_directories(self):
        return [*super()._schema_directories(), Path(__file__).parent / "schemas"]

    @api.model
    def _handlers(self):
        return {**super()._handlers(), PALLET.wire_type: "mes.handler.pallet.moved"}


class MesHandlerPalletMoved(models.AbstractModel):
    _name = "mes.handler.pallet.moved"
    _description = "Handler: Pallet Moved"
    _inherit = "mes.handler"

    def _handle(self, command):
        order = self._load_order(command)
        return HandlerResult(
            effects=(Effect("moved", record=order.name, res_model=order._name, res_id=order.id),),
        )
