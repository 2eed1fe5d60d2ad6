"""Doorway: the UN/ECE Recommendation 20 code of a unit; conversion stays Odoo's."""

from odoo import fields, models


class UomUom(models.Model):
    _inherit = "uom.uom"

    unece_code = fields.Char("UN/ECE code", help="Code of the unit in UN/ECE Recommendation 20, such as KGM or C62.")
