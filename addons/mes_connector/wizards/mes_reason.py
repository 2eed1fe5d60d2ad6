"""Asks for the reason of a hold, a short close, a reopening, a discard, a pause or a drain before it is done."""

from odoo import fields, models

from ..core import states
from ..core.order_machine import OrderEvent

#: What is done to an order with a reason, and its button.
ORDER_ACTIONS = {
    OrderEvent.HOLD.value: "action_mes_hold",
    OrderEvent.CLOSE.value: "action_mes_close",
    OrderEvent.REOPEN.value: "action_mes_reopen",
}


class MesReason(models.TransientModel):
    _name = "mes.reason"
    _description = "Reason"

    reason = fields.Char(required=True)
    res_model = fields.Selection(
        [
            ("mrp.production", "Hold, close or reopen"),
            ("stock.warehouse", "Start paper mode"),
            ("mes.inbox.message", "Discard"),
            ("mes.system", "Pause a system"),
            ("mes.route", "Pause a route"),
            ("mes.event.type", "Pause an event type"),
            ("mes.reconciliation.line", "Settle a difference"),
            ("mes.change.request", "Refuse a change"),
        ],
        required=True,
        readonly=True,
    )
    order_event = fields.Selection(
        [(event, event.capitalize()) for event in ORDER_ACTIONS], readonly=True, default=OrderEvent.HOLD.value
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
            getattr(records, ORDER_ACTIONS[self.order_event])(self.reason)
        elif self.res_model == "stock.warehouse":
            records.action_mes_paper_start(self.reason)
        elif self.res_model == "mes.reconciliation.line":
            records.action_adjust(self.reason)
        elif self.res_model == "mes.change.request":
            records.action_refuse(self.reason)
        else:
            records.action_discard(self.reason)
