"""Doorway on equipment: what the plant calls it, its work center, and which of its fields systems are told of."""

from odoo import fields, models


class MaintenanceEquipment(models.Model):
    _name = "maintenance.equipment"
    _inherit = ["maintenance.equipment", "mes.master.mixin", "mes.published.mixin"]

    MES_WATCHED = frozenset(
        {"active", "category_id", "company_id", "mes_code", "mes_workcenter_id", "model", "name", "serial_no"}
    )
    MES_KINDS = ("equipment",)

    mes_code = fields.Char(
        "Plant code", copy=False, help="What the plant calls it. Only equipment that has one is told of."
    )
    mes_workcenter_id = fields.Many2one("mrp.workcenter", "Work center", check_company=True, index="btree_not_null")

    _mes_code_unique = models.UniqueIndex(
        "(mes_code, COALESCE(company_id, 0)) WHERE mes_code IS NOT NULL", "Other equipment has this plant code."
    )
