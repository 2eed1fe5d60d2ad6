"""Transition log: each phase an order entered, when, from where, by whom or which message; append-only."""

from odoo import api, fields, models

from ..core import states
from ..core.order_machine import OrderEvent


class MesOrderTransition(models.Model):
    _name = "mes.order.transition"
    _description = "Order Phase Transition"
    _order = "id"
    _rec_name = "production_id"

    production_id = fields.Many2one("mrp.production", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one("res.company", required=True)
    plant_id = fields.Many2one("stock.warehouse")
    event = fields.Selection(states.selection(OrderEvent), required=True)
    from_phase = fields.Selection(states.selection(states.OrderPhase))
    to_phase = fields.Selection(states.selection(states.OrderPhase), required=True)
    at = fields.Datetime(required=True)
    user_id = fields.Many2one("res.users", "By user")
    inbox_id = fields.Many2one("mes.inbox.message", "By message", ondelete="set null", index="btree_not_null")
    note = fields.Char("Why")
    is_move = fields.Boolean("Moved the phase", compute="_compute_is_move", store=True)

    @api.depends("from_phase", "to_phase")
    def _compute_is_move(self):
        for transition in self:
            transition.is_move = transition.from_phase != transition.to_phase
