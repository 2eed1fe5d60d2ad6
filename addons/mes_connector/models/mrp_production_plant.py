"""Doorway on the manufacturing order, second half: what the rooms ask about an order."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ..core.states import InboxState, OrderPhase

#: Phases in which the plant, not Odoo's buttons, moves the order.
WITH_PLANT = frozenset(
    phase.value
    for phase in (
        OrderPhase.RELEASED,
        OrderPhase.IN_PROGRESS,
        OrderPhase.PARTIALLY_CONFIRMED,
        OrderPhase.QUALITY_HOLD,
        OrderPhase.COMPLETED,
    )
)


class MrpProduction(models.Model):
    _inherit = "mrp.production"

    # sudo: a number about an order one may read; the messages behind it keep their own rules.
    mes_message_count = fields.Integer("Messages from the plant", compute="_compute_mes_messages", compute_sudo=True)
    mes_parked_count = fields.Integer("Parked messages", compute="_compute_mes_messages", compute_sudo=True)
    # sudo: as above. The number of the last move, by which a screen tells news from what it shows already.
    mes_last_transition = fields.Integer(compute="_compute_mes_last_transition", compute_sudo=True)
    mes_child_ids = fields.Many2many("mrp.production", string="Orders it waits for", compute="_compute_mes_child_ids")
    mes_has_route = fields.Boolean("Its plant takes orders", compute="_compute_mes_has_route", compute_sudo=True)

    @api.depends("mes_inbox_ids.state")
    def _compute_mes_messages(self):
        inbox, domain = self.env["mes.inbox.message"], [("production_id", "in", self.ids)]
        counts = dict(inbox._read_group(domain, ["production_id"], ["__count"]))
        domain = [*domain, ("state", "=", InboxState.PARKED.value)]
        parked = dict(inbox._read_group(domain, ["production_id"], ["__count"]))
        for order in self:
            order.mes_message_count = counts.get(order, 0)
            order.mes_parked_count = parked.get(order, 0)

    @api.depends("mes_transition_ids")
    def _compute_mes_last_transition(self):
        domain = [("production_id", "in", self.ids)]
        last = dict(self.env["mes.order.transition"]._read_group(domain, ["production_id"], ["id:max"]))
        for order in self:
            order.mes_last_transition = last.get(order, 0)

    @api.depends("production_group_id.child_ids.production_ids")
    def _compute_mes_child_ids(self):
        for order in self:
            order.mes_child_ids = order._get_children().filtered("mes_phase")

    @api.depends("picking_type_id")
    def _compute_mes_has_route(self):
        for plant, orders in self.grouped(lambda order: order._mes_plant()).items():
            orders.mes_has_route = bool(self.env["mes.route"]._targets("mes.order.released.v1", plant))

    def _mes_plant(self):
        """The plant that makes the order: the warehouse of its operation type."""
        return self.picking_type_id.warehouse_id

    def _mes_is_with_plant(self):
        return self.mes_phase in WITH_PLANT

    def _mes_phase_label(self):
        return dict(self._fields["mes_phase"]._description_selection(self.env)).get(self.mes_phase, "")

    def action_mes_open_inbox(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("mes_connector.mes_inbox_message_action")
        return dict(action, domain=[("production_id", "=", self.id)], context={})

    def _mes_operations(self):
        return self.workorder_ids.sorted(lambda workorder: int(workorder.mes_operation or 0))

    def _mes_workorder_of(self, move):
        """The work order a component or by-product belongs to, if any."""
        return move.workorder_id or self.workorder_ids.filtered(
            lambda one: one.operation_id and one.operation_id == move.operation_id
        )

    def _mes_has_pieces(self):
        """Whether anything was made, good or scrapped."""
        return not self.product_uom_id.is_zero(self._mes_qty_received(self.product_uom_id))

    def _mes_may_close(self):
        """Whether it can end short: pieces are there, or all that was received is taken back with what it took."""
        return self._mes_has_pieces() or bool(self._mes_finished_done() and not self._mes_has_postings())

    def _mes_require_reason(self, reason):
        if not reason:
            raise UserError(self.env._("Say why."))

    def _mes_lock(self):
        """Have the orders to ourselves before work on many of them begins.

        Messages that arrive meanwhile write the orders' rows too: who comes first is settled now, in milliseconds, and
        not after the last order, when all would have to be done again.
        """
        self.env.execute_query(
            SQL("SELECT id FROM mrp_production WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", self.ids)
        )

    def _mes_require_role(self, role):
        """Every button is an API: ask for the role here, not only on the screen.

        :raises AccessError: the user does not have ``group_mes_<role>``
        """
        if not self.env.su and not self.env.user.has_group(f"mes_connector.group_mes_{role}"):
            group = self.env.ref(f"mes_connector.group_mes_{role}").sudo()
            raise AccessError(self.env._("This needs the role %s.", group.name))
