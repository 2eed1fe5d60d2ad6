"""Doorway: the UN/ECE Recommendation 20 code of a unit, and what systems call it; conversion stays Odoo's."""

from odoo import fields, models


class UomUom(models.Model):
    _inherit = "uom.uom"

    unece_code = fields.Char("UN/ECE code", help="Code of the unit in UN/ECE Recommendation 20, such as KGM or C62.")
    mes_code_map_ids = fields.One2many(
        "mes.code.map",
        "res_id",
        "Codes of systems",
        domain=[("res_model", "=", "uom.uom")],
        groups="mes_connector.group_mes_user",
    )
