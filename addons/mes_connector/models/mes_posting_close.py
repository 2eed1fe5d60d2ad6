"""Ends an order: what was kept is posted, what stays open is cancelled, what is posted is locked."""

from odoo import api, fields, models

from .mes_posting import CLOSED


class MesPosting(models.AbstractModel):
    _inherit = "mes.posting"

    @api.model
    def _finish(self, order, *, at):
        """Post what completion itself books, and give free what the plant will not make any more.

        :return: tuple of effects
        """
        effects = self.env["mes.booking"]._post(order)
        self._link_last(order)
        effects += self._backflush(order, order._mes_qty_posted(order.product_uom_id), at=at)
        self._link(self._good(order).move_line_ids, self._unlinked(order))
        self._close_rest(order)
        return effects

    def _link_last(self, order):
        """What was reported after the last good pieces was used up for them."""
        self._link(self._good(order)[-1:].move_line_ids, self._unlinked(order))

    def _good(self, order):
        """What the order has made to keep, the oldest receipt first."""
        return order.move_finished_ids.filtered(
            lambda move: move.state == "done" and not move.mes_is_scrap and move._mes_net() > 0
        ).sorted("id")

    @api.model
    def _close_rest(self, order):
        """Cancel what will not be produced or consumed any more, so that closing can neither post nor receive it."""
        rest = (order.move_raw_ids | order.move_finished_ids).filtered(lambda move: move.state not in CLOSED)
        rest.with_context(skip_mo_check=True)._action_cancel()

    @api.model
    def _close(self, order):
        """End a fully posted order; its phase is ``posted`` already, which lets Odoo compute the state ``done``.

        Not ``button_mark_done``: that asks for lots again and re-links genealogy to nothing (traps 4, 10).
        """
        order.write({"date_finished": fields.Datetime.now(), "is_locked": True, "priority": "0"})
