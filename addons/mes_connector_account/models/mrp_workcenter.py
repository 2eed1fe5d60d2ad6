"""Doorway on the work center: what an hour of a person costs there, beside the hour of the work center itself."""

from odoo import fields, models


class MrpWorkcenter(models.Model):
    _inherit = "mrp.workcenter"

    mes_costs_hour_person = fields.Float(
        "Cost per hour of a person",
        tracking=True,
        help="Cost of an hour of each operator whom the plant names, beside the cost of the work center itself.",
    )
