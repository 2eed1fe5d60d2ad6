"""Posts what an order makes: finished pieces and by-products, linked to what was consumed for them."""

from odoo import api, models

from ..core import errors
from .mes_posting import CLOSED


class MesPosting(models.AbstractModel):
    _inherit = "mes.posting"

    @api.model
    def _receive(self, order, lines, *, at):
        """Receive finished pieces and by-products, linked to what was consumed since the receipt before.

        :return: tuple of effects
        :raises Permanent: ``over_delivery``: the order has no open move for the product
        """
        consumed = self._unlinked(order)
        moves = self.env["stock.move"]
        for product in dict.fromkeys(line.product for line in lines):
            move = order.move_finished_ids.filtered(
                lambda one, product=product: one.state not in CLOSED and one.product_id == product
            )[:1]
            if not move:
                raise errors.error("over_delivery", f"{order.name} makes no (more) {product.default_code}.")
            self._set_lines(move, [line for line in lines if line.product == product])
            moves |= move
        self._value_receipt(order, consumed, moves)
        done = self._do(order, moves, at)
        self._link(done.move_line_ids, consumed)
        self._reserve_rest(order)
        order.qty_producing = order.qty_produced
        return tuple(self._effect("received", line) for line in done.move_line_ids)

    @api.model
    def _value_receipt(self, order, consumed, finished):
        """Price what is about to be received; its lines are set, its moves are not done yet.

        The price of a piece is the value of ``consumed``, which no receipt has carried yet, over what is received now
        (trap 18).
        """
        order._cal_price(consumed)

    @api.model
    def _check_new_serials(self, product, lots):
        """A serial number is made once.

        :raises Permanent: ``serial_duplicate``
        """
        known = self.env["stock.move.line"].search(
            [
                ("product_id", "=", product.id),
                ("lot_id", "in", [lot.id for lot in lots]),
                ("move_id.production_id", "!=", False),
                ("state", "=", "done"),
            ]
        )
        names = known.lot_id.mapped("name")
        if names or len(set(lots)) != len(lots):
            raise errors.error("serial_duplicate", ", ".join(names or [lot.name for lot in lots]))
