"""Posts what an order consumes: components named by the plant, and the share of those nobody names."""

from odoo import api, models

from ..core import errors
from ..core.backflush import share
from .mes_posting import CLOSED


class MesPosting(models.AbstractModel):
    _inherit = "mes.posting"

    @api.model
    def _consume(self, order, lines, workorder=None, *, at):
        """Take ``lines`` out of the components' location for ``order``.

        :param lines: list of :class:`Line`
        :param workorder: the operation they were used in, when the plant says so
        :param at: when, as naive UTC
        :return: tuple of effects
        :raises Parked: ``component_shortage``: the stock does not hold it
        """
        for line in lines:
            self._check_on_hand(order, line)
        moves = self.env["stock.move"]
        for product in dict.fromkeys(line.product for line in lines):
            move = self._raw_move(order, product, workorder)
            self._set_lines(move, [line for line in lines if line.product == product])
            moves |= move
        done = self._do(order, moves, at)
        self._reserve_rest(order)
        return tuple(self._effect("consumed", line) for line in done.move_line_ids)

    def _raw_move(self, order, product, workorder):
        """The open move of a component, of the named operation first; a new one with no demand when unplanned."""
        candidates = order.move_raw_ids.filtered(lambda move: move.state not in CLOSED and move.product_id == product)
        if workorder:
            of_operation = candidates.filtered(lambda move: order._mes_workorder_of(move) == workorder)
            candidates = of_operation or candidates
        if candidates:
            return candidates[0]
        values = order._get_move_raw_values(product, 0.0, product.uom_id)
        move = self.env["stock.move"].create(dict(values, manual_consumption=True))
        return move._action_confirm(merge=False)

    def _check_on_hand(self, order, line):
        """Stock is never driven below zero by a report: what is not there is a shortage with an owner (trap 12)."""
        product = line.product
        if not product.is_storable:
            return
        quants = self.env["stock.quant"]._gather(product, order.location_src_id, lot_id=line.lot, strict=False)
        if line.lot:
            quants = quants.filtered(lambda quant: quant.lot_id == line.lot)
        on_hand = sum(quants.mapped("quantity"))
        if product.uom_id.compare(on_hand, line.quantity) < 0:
            name = f"{product.default_code}/{line.lot.name}" if line.lot else product.default_code
            raise errors.error(
                "component_shortage",
                f"{name}: {line.quantity:g} reported, {on_hand:g} in stock.",
                waiting_for=f"stock:{name}",
            )

    @api.model
    def _backflush(self, order, *, at):
        """Consume the planned share of untracked components nobody named; tracked ones are never guessed.

        :return: tuple of effects
        """
        produced = order._mes_qty_received(order.product_uom_id)
        named = order.move_raw_ids.filtered(lambda move: move.state == "done").product_id
        lines = []
        for move in order.move_raw_ids:
            product = move.product_id
            if move.state in CLOSED or product in named or product.tracking != "none":
                continue
            due = share(move.product_uom_qty, order.product_qty, produced)
            quantity = move.product_uom._compute_quantity(due, product.uom_id, rounding_method="HALF-UP")
            if not product.uom_id.is_zero(quantity):
                lines.append(self.Line(product, quantity, self.env["stock.lot"]))
        if not lines:
            return ()
        effects = self._consume(order, lines, at=at)
        finished = order.move_finished_ids.filtered(lambda move: move.state == "done").move_line_ids
        self._link(finished, self._unlinked(order))
        return effects
