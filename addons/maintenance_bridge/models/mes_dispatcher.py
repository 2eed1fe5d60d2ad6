"""The event types and schemas this bridge adds to the connector's; it handles none yet."""

from pathlib import Path

from odoo import api, models

from odoo.addons.mes_connector.core.event_types import EventType
from odoo.addons.mes_connector.core.states import Direction, FlowClass, SystemKind

EQUIPMENT_PUBLISHED = EventType(
    "mes.equipment.published",
    1,
    (Direction.OUT,),
    "equipment",
    FlowClass.BATCH,
    (SystemKind.MES, SystemKind.SCADA, SystemKind.CMMS),
    "A piece of equipment as the ERP knows it now.",
    is_snapshot=True,
)


class MesDispatcher(models.AbstractModel):
    _inherit = "mes.dispatcher"

    @api.model
    def _event_types(self):
        return {**super()._event_types(), EQUIPMENT_PUBLISHED.wire_type: EQUIPMENT_PUBLISHED}

    @api.model
    def _schema_directories(self):
        return [*super()._schema_directories(), Path(__file__).parent.parent / "schemas"]
