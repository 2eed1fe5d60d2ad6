"""Doorway on the manufacturing order: our fields, the buttons, and the refusals that keep the phase honest."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..core import states
from ..core.order_machine import OrderEvent
from ..core.states import OrderPhase

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

    @api.depends("move_finished_ids.state", "move_finished_ids.quantity", "scrap_ids.state", "product_qty")
    def _compute_mes_output(self):
        for order in self:
            received = order._mes_qty_received(order.product_uom_id) if order.product_uom_id else 0.0
            scraps = order.scrap_ids.filtered(
                lambda scrap, order=order: scrap.state == "done" and scrap.product_id == order.product_id
            )
            order.mes_qty_scrapped = sum(
                scrap.product_uom_id._compute_quantity(scrap.scrap_qty, order.product_uom_id) for scrap in scraps
            )
            order.mes_qty_good = received - order.mes_qty_scrapped
            order.mes_progress = 100 * order.mes_qty_good / order.product_qty if order.product_qty else 0.0

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
        for order in self:
            plant = order._mes_plant()
            if order.mes_phase or not self.env["mes.route"]._targets("mes.order.released.v1", plant):
                continue
            order.mes_phase = OrderPhase.PLANNED.value
            if plant.mes_auto_release:
                order._mes_release_by_rule()
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
        if not reason:
            raise UserError(self.env._("Say why the order is put on hold."))
        for order in self:
            self.env["mes.order.lifecycle"]._person(order, OrderEvent.HOLD, reason)

    def action_mes_resume(self):
        """End the hold and apply what waited for it."""
        self._mes_require_role("quality")
        for order in self:
            self.env["mes.order.lifecycle"]._person(order, OrderEvent.RESUME)

    def action_mes_retry_parked(self):
        """Try the parked messages of the orders again now."""
        self.mes_inbox_ids._resume()

    def button_mark_done(self):
        # A plant's order is closed by the plant and posted by us; the rest is Odoo's business.
        ours = self.filtered(lambda order: order._mes_is_with_plant())
        for order in ours:
            self.env["mes.order.lifecycle"]._post(order)
        rest = self - ours
        # Also for no order at all: the backorder wizard names its orders in the context only.
        result = super(MrpProduction, rest).button_mark_done() if rest or not ours else True
        # Made by hand before it was ever released: plain Odoo, without a phase.
        rest.filtered(
            lambda order: order.mes_phase == OrderPhase.PLANNED.value and order.state == "done"
        ).mes_phase = False
        return result

    def _action_cancel(self):
        for order in self.filtered(lambda order: order._mes_is_with_plant()):
            if any(move.state == "done" for move in order.move_raw_ids | order.move_finished_ids):
                raise UserError(
                    self.env._("%s has postings. Let the plant complete it short instead of cancelling.", order.name)
                )
        for order in self.filtered(lambda order: order.mes_phase and order.mes_phase != OrderPhase.CANCELLED.value):
            self.env["mes.order.lifecycle"]._person(order, OrderEvent.CANCEL)
        return super()._action_cancel()

    def _set_qty_producing(self, pick_manual_consumption_moves=True):
        # The plant reports what it consumes; a changed quantity must not pick components by itself (trap 2).
        if self._mes_is_with_plant():
            return None
        return super()._set_qty_producing(pick_manual_consumption_moves)

    def _split_productions(self, amounts=False, cancel_remaining_qty=False, set_consumed_qty=False):
        self._mes_refuse_restructuring()
        return super()._split_productions(amounts, cancel_remaining_qty, set_consumed_qty)

    def _pre_action_split_merge_hook(self, merge=False, split=False):
        self._mes_refuse_restructuring()
        return super()._pre_action_split_merge_hook(merge, split)
