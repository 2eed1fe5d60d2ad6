"""Doorway on the manufacturing order: our fields, the buttons, and the refusals that keep the phase honest."""

from odoo import api, fields, models

from ..core import states
from ..core.order_machine import OrderEvent
from ..core.states import OrderPhase, RevisionState

#: Who may read what belongs to an order here; plain users of Manufacturing read all their orders without it.
READERS = "mes_connector.group_mes_user"


class MrpProduction(models.Model):
    _name = "mrp.production"
    _inherit = ["mrp.production", "bus.listener.mixin"]

    mes_phase = fields.Selection(
        states.selection(OrderPhase),
        "Plant phase",
        readonly=True,
        copy=False,
        index="btree_not_null",
        tracking=True,
        group_expand=True,
    )
    mes_reference = fields.Char("Plant reference", readonly=True, copy=False, index="btree_not_null")
    mes_revision = fields.Integer("Released revision", readonly=True, copy=False)
    mes_plant_revision = fields.Integer("Revision the plant runs", readonly=True, copy=False)
    mes_refused_revision = fields.Integer("Revision the plant refused", readonly=True, copy=False)
    mes_revision_state = fields.Selection(
        states.selection(RevisionState), "Latest revision", compute="_compute_mes_revision_state", store=True
    )
    mes_acknowledged_at = fields.Datetime("Acknowledged by the plant", readonly=True, copy=False)
    mes_held_from = fields.Selection(states.selection(OrderPhase), readonly=True, copy=False)
    mes_hold_reason = fields.Char("Hold reason", readonly=True, copy=False)
    mes_qty_good = fields.Float("Good", compute="_compute_mes_output", digits="Product Unit")
    mes_qty_scrapped = fields.Float("Scrapped", compute="_compute_mes_output", digits="Product Unit")
    mes_progress = fields.Float("Output (%)", compute="_compute_mes_output")
    mes_transition_ids = fields.One2many("mes.order.transition", "production_id", "Phase log", groups=READERS)
    mes_inbox_ids = fields.One2many("mes.inbox.message", "production_id", "From the plant", groups=READERS)
    mes_outbox_ids = fields.One2many("mes.outbox.message", "production_id", "To the plant", groups=READERS)
    mes_effect_ids = fields.One2many("mes.effect", "production_id", "Posted by messages", groups=READERS)

    _mes_reference_unique = models.UniqueIndex(
        "(company_id, mes_reference) WHERE mes_reference IS NOT NULL", "This order was released already."
    )

    @api.depends(
        "product_qty",
        "move_finished_ids.state",
        "move_finished_ids.quantity",
        "move_finished_ids.returned_move_ids.state",
        "scrap_ids.state",
        "scrap_ids.move_ids.returned_move_ids.state",
        "mes_booking_ids.state",
    )
    def _compute_mes_output(self):
        for order in self:
            unit = order.product_uom_id
            order.mes_qty_scrapped = order._mes_qty_scrap(unit) if unit else 0.0
            order.mes_qty_good = order._mes_qty_received(unit) - order.mes_qty_scrapped if unit else 0.0
            order.mes_progress = 100 * order.mes_qty_good / order.product_qty if order.product_qty else 0.0

    @api.depends("mes_revision", "mes_plant_revision", "mes_refused_revision")
    def _compute_mes_revision_state(self):
        for order in self:
            state = RevisionState.SENT if order.mes_revision else None
            if order.mes_revision and order.mes_revision == order.mes_plant_revision:
                state = RevisionState.ACKNOWLEDGED
            elif order.mes_revision and order.mes_revision == order.mes_refused_revision:
                state = RevisionState.REFUSED
            order.mes_revision_state = state.value if state else False

    @api.depends("mes_phase")
    def _compute_state(self):
        # Odoo ends an order with its last move; ours ends when it is posted (trap 3).
        result = super()._compute_state()
        for order in self:
            if order.state == "done" and order._mes_is_with_plant():
                order.state = "to_close"
        return result

    # -- buttons -----------------------------------------------------------------------------------------------------

    def action_confirm(self):
        result = super().action_confirm()
        self._mes_plan()
        return result

    def action_mes_release(self):
        """Release the orders to their plants' systems."""
        self._mes_require_role("planner")
        self._mes_lock()
        for order in self:
            self.env["mes.order.lifecycle"]._release(order)

    def action_mes_post(self):
        """Close completed orders whose plant leaves posting to people."""
        self._mes_require_role("planner")
        self._mes_lock()
        for order in self:
            self.env["mes.order.lifecycle"]._post(order)

    def action_mes_hold(self, reason=""):
        """Put the orders on quality hold: facts of the plant wait until they are resumed."""
        self._mes_require_role("quality")
        self._mes_require_reason(reason)
        for order in self:
            self.env["mes.order.lifecycle"]._person(order, OrderEvent.HOLD, reason)

    def action_mes_resume(self):
        """End the hold and apply what waited for it."""
        self._mes_require_role("quality")
        for order in self:
            self.env["mes.order.lifecycle"]._person(order, OrderEvent.RESUME)

    def action_mes_close(self, reason=""):
        """End the orders with what is booked, and tell the plant to stop."""
        self._mes_require_role("planner")
        self._mes_require_reason(reason)
        for order in self:
            self.env["mes.order.lifecycle"]._close_short(order, reason)

    def action_mes_reopen(self, reason=""):
        """Let the plant go on with orders that were completed too soon."""
        self._mes_require_role("supervisor")
        self._mes_require_reason(reason)
        for order in self:
            self.env["mes.order.lifecycle"]._reopen(order, reason)

    def action_mes_retry_parked(self):
        """Try the parked messages of the orders again now."""
        self.mes_inbox_ids._resume()
