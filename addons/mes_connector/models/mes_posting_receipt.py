"""Posts what an order makes: finished pieces and by-products, linked to what was consumed for them."""

from odoo import api, models

from ..core import errors
from ..core.states import BackflushTime, ReportKind
from .mes_posting import CLOSED


class MesPosting(models.AbstractModel):
    _inherit = "mes.posting"

    @api.model
    def _receive(self, order, lines, *, at, is_scrap=False):
        """Receive finished pieces and by-products, linked to what was consumed since the good ones before.

        :param is_scrap: they are received to be scrapped
        :return: tuple of effects
        :raises Permanent: ``over_delivery``: the order does not make the product
        """
        effects = self._make_room(order, lines, at)
        consumed = self._unlinked(order)
        moves = self.env["stock.move"]
        for product in dict.fromkeys(line.product for line in lines):
            move = self._finished_move(order, product)
            self._set_lines(move, [line for line in lines if line.product == product])
            moves |= move
        moves.mes_is_scrap = is_scrap
        self._value_receipt(order, consumed, moves)
        done = self._do(order, moves, at)
        self._link(done.move_line_ids, consumed)
        self._reserve_rest(order)
        order.qty_producing = order.qty_produced
        return (*effects, *(self._effect(ReportKind.RECEIVED, line) for line in done.move_line_ids))

    def _make_room(self, order, lines, at):
        """Before finished pieces come: raise the order to them, consume what nobody reports where that is the rule."""
        pieces = sum(line.quantity for line in lines if line.product == order.product_id)
        if not pieces:
            return ()
        unit = order.product_uom_id
        pieces = order.product_id.uom_id._compute_quantity(pieces, unit, rounding_method="HALF-UP")
        pieces += order._mes_qty_posted(unit)
        self._fit_quantity(order, pieces)
        if order._mes_plant().mes_backflush_time == BackflushTime.AT_RECEIPT.value:
            return self._backflush(order, pieces, at=at)
        return ()

    def _finished_move(self, order, product):
        """The open move of a product; of a by-product that came out beyond its plan, a new one without demand."""
        moves = order.move_finished_ids.filtered(lambda move: move.product_id == product)
        if not moves:
            raise errors.error("over_delivery", f"{order.name} does not make {product.default_code}.")
        rest = moves.filtered(lambda move: move.state not in CLOSED)
        if rest:
            return rest[0]
        move = self.env["stock.move"].create(moves[-1].copy_data(moves[-1]._prepare_move_split_vals(0.0)))
        return move._action_confirm(merge=False, create_proc=False)

    @api.model
    def _value_receipt(self, order, consumed, finished):
        """Price what is about to be received; its lines are set, its moves are not done yet.

        :param consumed: consumption that no good piece has carried yet; less its counter-moves, if any (trap 18)
        :param finished: the moves; those with ``mes_is_scrap`` are scrapped next and leave ``consumed`` to good ones
        """
        order._cal_price(consumed)
