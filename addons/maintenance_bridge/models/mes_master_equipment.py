"""Source of equipment: which concerns a system, and what is said of it."""

from odoo import api, models
from odoo.fields import Domain

from odoo.addons.mes_connector.core.master_data import Snapshot

from .mes_dispatcher import EQUIPMENT_PUBLISHED


class MesMaster(models.AbstractModel):
    _inherit = "mes.master"

    @api.model
    def _source_names(self):
        return [*super()._source_names(), "mes.master.equipment"]


class MesMasterEquipment(models.AbstractModel):
    _name = "mes.master.equipment"
    _description = "Equipment for Systems"
    _inherit = ["mes.master.source"]

    KIND = "equipment"
    EVENT_TYPE = EQUIPMENT_PUBLISHED.wire_type
    MODEL = "maintenance.equipment"
    KEY = "equipment"

    def _scope(self, system):
        return super()._scope(system) & Domain("mes_code", "not in", [False, ""])

    def _touched_by(self, touched):
        centers = list(touched.get("mrp.workcenter", ()))
        at_centers = self.env[self.MODEL].search([("mes_workcenter_id", "in", centers)]) if centers else ()
        return super()._touched_by(touched) | {equipment.id for equipment in at_centers}

    def _snapshots(self, records):
        return {equipment.id: [self._snapshot(equipment)] for equipment in records}

    def _snapshot(self, equipment):
        said = {
            "equipment": equipment.mes_code,
            "name": equipment.name,
            "category": equipment.category_id.name,
            "model": equipment.model,
            "serial_number": equipment.serial_no,
            "work_center": equipment.mes_workcenter_id.code,
        }
        return Snapshot(equipment.mes_code, {name: value for name, value in said.items() if value})
