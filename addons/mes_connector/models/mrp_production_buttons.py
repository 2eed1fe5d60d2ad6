"""Doorway on the manufacturing order: Odoo's own buttons, so that the phase of an order never lies.

What the plant reports is not pressed in Odoo; what is the ERP's goes through the table of the life cycle.
"""

from odoo import api, models
from odoo.exceptions import UserError

from ..core.order_machine import OrderEvent
from ..core.states import OrderPhase
from ..handlers.base import is_reported


class MrpProduction(models.Model):
    _inherit = "mrp.production"

    def _mes_refuse_by_hand(self, what):
        """Refuse what is the plant's to report.

        :raises UserError: naming the order and what to do instead
        """
        if is_reported(self.env):
            return
        for order in self.filtered(lambda order: order._mes_is_with_plant()):
            raise UserError(
                self.env._(
                    "%(what)s is for the plant to report: %(order)s is with it (%(phase)s). %(way_out)s",
                    what=what,
                    order=order.name,
                    phase=order._mes_phase_label(),
                    way_out=self.env["mes.order.lifecycle"]._way_out(order),
                )
            )

    def _mes_refuse_restructuring(self):
        """One order number per order in the plant: no backorder, split or merge after the release (trap 13)."""
        for order in self.filtered(lambda order: order._mes_is_with_plant()):
            raise UserError(
                self.env._(
                    "%s is with the plant under one number: it cannot be split, merged or backordered. Change its"
                    " quantity and make another order for the rest.",
                    order.name,
                )
            )

    def _mes_has_postings(self):
        """Whether anything is booked that was not returned or reversed: stock, or pieces of an operation."""
        moves = self.move_raw_ids | self.move_finished_ids
        # sudo: whoever cancels an order need not read what is kept for its completion.
        is_kept = bool(self.sudo().mes_booking_ids._open())
        is_posted = any(not move.product_id.uom_id.is_zero(move._mes_net()) for move in moves)
        return is_kept or is_posted or any(self.workorder_ids.mapped("qty_produced"))

    def action_start(self):
        self._mes_refuse_by_hand(self.env._("The start of an order"))
        return super().action_start()

    def button_mark_done(self):
        # A plant's order is completed by the plant and posted by us; the rest is Odoo's business.
        ours = self.filtered(lambda order: order._mes_is_with_plant())
        for order in ours:
            self.env["mes.order.lifecycle"]._post(order)
        rest = self - ours
        # Also for no order at all: the backorder wizard names its orders in the context only.
        result = super(MrpProduction, rest).button_mark_done() if rest or not ours else True
        # Made by hand before it was ever released: plain Odoo, without a phase.
        by_hand = rest.filtered(lambda order: order.mes_phase == OrderPhase.PLANNED.value and order.state == "done")
        # sudo: the life cycle alone writes the phase.
        by_hand.sudo().mes_phase = False
        return result

    def _action_cancel(self):
        # Odoo takes an order with a receipt for done, also when all of it was taken back.
        for order in self.filtered(
            lambda order: order._mes_is_with_plant() and (order._mes_has_postings() or order._mes_finished_done())
        ):
            raise UserError(
                self.env._(
                    "%s has postings: close it short instead, or have the plant reverse what it reported.",
                    order.name,
                )
            )
        for order in self.filtered(lambda order: order.mes_phase and order.mes_phase != OrderPhase.CANCELLED.value):
            self.env["mes.order.lifecycle"]._person(order, OrderEvent.CANCEL)
        return super()._action_cancel()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_released(self):
        for order in self.filtered("mes_reference"):
            raise UserError(
                self.env._("%s was released to a plant and is kept, with its log. Cancel it instead.", order.name)
            )

    def _set_qty_producing(self, pick_manual_consumption_moves=True):
        # The plant reports what it consumes; a changed quantity must not pick components by itself (trap 2).
        if self._mes_is_with_plant():
            return None
        return super()._set_qty_producing(pick_manual_consumption_moves)

    def _split_productions(self, amounts=False, cancel_remaining_qty=False, set_consumed_qty=False):
        self._mes_refuse_restructuring()
        parts = super()._split_productions(amounts, cancel_remaining_qty, set_consumed_qty)
        (parts - self).filtered(lambda order: order.state == "confirmed")._mes_plan()
        return parts

    def _pre_action_split_merge_hook(self, merge=False, split=False):
        self._mes_refuse_restructuring()
        return super()._pre_action_split_merge_hook(merge, split)

    def button_unbuild(self):
        self._mes_refuse_by_hand(self.env._("Taking an open order apart"))
        return super().button_unbuild()
