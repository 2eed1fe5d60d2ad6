"""Asks for the reason of a hold or a discard before it is done."""

from odoo import fields, models


class MesReason(models.TransientModel):
    _name = "mes.reason"
    _description = "Reason"

    reason = fields.Char(required=True)
    res_model = fields.Selection(
        [("mrp.production", "Hold"), ("mes.inbox.message", "Discard")], required=True, readonly=True
    )

    def action_confirm(self):
        """Do what the reason was asked for, on the records the wizard was opened from."""
        self.ensure_one()
        records = self.env[self.res_model].browse(self.env.context.get("active_ids", []))
        if self.res_model == "mrp.production":
            records.action_mes_hold(self.reason)
        else:
            records.action_discard(self.reason)
