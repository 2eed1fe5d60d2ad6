"""Equipment as a kind of object that systems are told of."""

from odoo import fields, models


class MesPublication(models.Model):
    _inherit = "mes.publication"

    kind = fields.Selection(selection_add=[("equipment", "Equipment")], ondelete={"equipment": "cascade"})
