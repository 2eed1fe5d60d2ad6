"""Doorway on the manufacturing order, second half: what the rooms ask about an order and how its release is frozen."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ..core import errors
from ..core.states import InboxState, OrderPhase
from ..core.tolerance import over_delivery

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
#: Operations are numbered 10, 20, …, as plants are used to.
OPERATION_STEP = 10


class MrpProduction(models.Model):
    _inherit = "mrp.production"

    # sudo: a number about an order one may read; the messages behind it keep their own rules.
    mes_message_count = fields.Integer("Messages from the plant", compute="_compute_mes_messages", compute_sudo=True)
    mes_parked_count = fields.Integer("Parked messages", compute="_compute_mes_messages", compute_sudo=True)
    # sudo: as above. The number of the last move, by which a screen tells news from what it shows already.
    mes_last_transition = fields.Integer(compute="_compute_mes_last_transition", compute_sudo=True)
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

    @api.depends("picking_type_id")
    def _compute_mes_has_route(self):
        for plant, orders in self.grouped(lambda order: order._mes_plant()).items():
            orders.mes_has_route = bool(self.env["mes.route"]._targets("mes.order.released.v1", plant))

    def _mes_plant(self):
        """The plant that makes the order: the warehouse of its operation type."""
        return self.picking_type_id.warehouse_id

    def _mes_is_with_plant(self):
        return self.mes_phase in WITH_PLANT

    def _mes_begin(self):
        """Freeze what the plant will call the order and its operations, and count the revision."""
        self.ensure_one()
        self.write(
            {
                "mes_phase": self.mes_phase or OrderPhase.PLANNED.value,
                "mes_reference": self.mes_reference or self.name,
                "mes_revision": self.mes_revision + 1,
                "mes_acknowledged_at": False,
            }
        )
        for position, workorder in enumerate(self.workorder_ids.sorted(lambda one: (one.sequence, one.id)), start=1):
            workorder.mes_operation = workorder.mes_operation or str(position * OPERATION_STEP)

    def action_mes_open_inbox(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("mes_connector.mes_inbox_message_action")
        return dict(action, domain=[("production_id", "=", self.id)], context={})

    def _mes_release_by_rule(self):
        """Release by the plant's rule; what is missing becomes a case, so that confirming never fails for it."""
        try:
            self.env["mes.order.lifecycle"]._release(self)
        except UserError as error:
            self.env["mes.case"]._raise_for_order(self, "release_blocked", str(error))

    def _mes_operations(self):
        return self.workorder_ids.sorted(lambda workorder: int(workorder.mes_operation or 0))

    def _mes_workorder_of(self, move):
        """The work order a component or by-product belongs to, if any."""
        return move.workorder_id or self.workorder_ids.filtered(
            lambda one: one.operation_id and one.operation_id == move.operation_id
        )

    def _mes_qty_received(self, unit):
        """Finished pieces received so far, scrapped ones included, in ``unit``."""
        done = self.move_finished_ids.filtered(lambda move: move.state == "done" and move.product_id == self.product_id)
        return sum(move.product_uom._compute_quantity(move.quantity, unit, rounding_method="HALF-UP") for move in done)

    def _mes_check_output(self, booked, delta, unit=None):
        """Refuse pieces beyond the order's quantity; ``booked`` and ``delta`` in ``unit``, else in the order's.

        :raises Permanent: ``over_delivery``
        """
        unit = unit or self.product_uom_id
        planned = self.product_uom_id._compute_quantity(self.product_qty, unit, round=False)
        if over_delivery(planned, booked, delta, 0.0):
            raise errors.error("over_delivery", f"Planned {planned:g}, booked {booked:g}, reported {delta:g}.")

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

    def _mes_refuse_restructuring(self):
        """One order number per order in the plant: no backorder, split or merge after the release (trap 13)."""
        for order in self.filtered(lambda order: order._mes_is_with_plant()):
            raise UserError(
                self.env._(
                    "%s is with the plant under one number: it cannot be split, merged or backordered.", order.name
                )
            )

    def write(self, vals):
        # Changing the operation type renames the order, and the plant would lose it (trap 13).
        if "picking_type_id" in vals and any(
            order._mes_is_with_plant() and order.picking_type_id.id != vals["picking_type_id"] for order in self
        ):
            raise UserError(self.env._("The operation type of an order cannot change once the plant has it."))
        return super().write(vals)
