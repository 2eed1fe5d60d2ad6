"""Asks for the reason of a hold, a discard, a pause or a drain before it is done."""

from odoo import fields, models

from ..core import states


class MesReason(models.TransientModel):
    _name = "mes.reason"
    _description = "Reason"

    reason = fields.Char(required=True)
    res_model = fields.Selection(
        [
            ("mrp.production", "Hold"),
            ("mes.inbox.message", "Discard"),
            ("mes.system", "Pause a system"),
            ("mes.route", "Pause a route"),
            ("mes.event.type", "Pause an event type"),
        ],
        required=True,
        readonly=True,
    )
    pause_kind = fields.Selection(states.selection(states.PauseKind), readonly=True)

    def action_confirm(self):
        """Do what the reason was asked for, on the records the wizard was opened from."""
        self.ensure_one()
        records = self.env[self.res_model].browse(self.env.context.get("active_ids", []))
        if self.pause_kind == states.PauseKind.PAUSE.value:
            records.action_pause(self.reason)
        elif self.pause_kind == states.PauseKind.DRAIN.value:
            records.action_drain(self.reason)
        elif self.res_model == "mrp.production":
            records.action_mes_hold(self.reason)
        else:
            records.action_discard(self.reason)
