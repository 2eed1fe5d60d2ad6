"""Posts what an order consumes and what comes back of it: exactly the named components and lots."""

from odoo import api, models

from ..core.conservation import check_return
from ..core.states import ReportKind
from .mes_posting import CLOSED, FINISHED


class MesPosting(models.AbstractModel):
    _inherit = "mes.posting"

    @api.model
    def _consume(self, order, lines, workorder=None, *, at):
        """Take ``lines`` out of the components' location for ``order``, in place of what was estimated of them.

        :param lines: list of :class:`Line`
        :param workorder: the operation they were used in, when the plant says so
        :return: tuple of effects
        :raises Parked: ``component_shortage``: the stock does not hold it and the plant waits for its correction
        """
        products = self.env["product.product"].union(*(line.product for line in lines))
        pieces = self._drop_estimates(order, products, at)
        done = self._take(order, lines, workorder, at=at)
        self._link(pieces, done)
        if order.mes_phase in FINISHED:
            self._link_last(order)
        return tuple(self._effect(ReportKind.CONSUMED, line) for line in done.move_line_ids)

    def _drop_estimates(self, order, products, at):
        """Take back what was consumed of ``products`` by estimation only.

        :return: the lines of the pieces it was consumed for
        """
        estimated = order.move_raw_ids.filtered(
            lambda move: move.state == "done" and move.mes_is_estimated and move.product_id in products
        )
        estimated = estimated.filtered(lambda move: not move.product_id.uom_id.is_zero(move._mes_net()))
        pieces = estimated.move_line_ids.produce_line_ids
        for move in estimated:
            left = {lot: quantity for lot, quantity in move._mes_net_by_lot().items() if quantity > 0}
            self._counter(order, move, left, at)
        if estimated:
            self._settle(order)
        return pieces

    def _take(self, order, lines, workorder=None, *, at):
        """Consume ``lines``; the moves that are done.

        :raises Parked: ``component_shortage``
        """
        self._check_stock(order, lines)
        moves = self.env["stock.move"]
        for product in dict.fromkeys(line.product for line in lines):
            move = self._raw_move(order, product, workorder)
            self._set_lines(move, [line for line in lines if line.product == product])
            moves |= move
        done = self._do(order, moves, at)
        self._reserve_rest(order)
        return done

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

    @api.model
    def _return(self, order, lines, *, at):
        """Bring ``lines`` back to where they were taken from, the newest consumption of a lot first.

        :return: tuple of effects
        :raises Parked: ``too_early``: less was consumed of a lot so far than comes back
        """
        counters = self.env["stock.move"]
        for line in lines:
            moves = self._consumed(order, line.product).sorted("id", reverse=True)
            there = sum(move._mes_net_by_lot().get(line.lot, 0.0) for move in moves)
            check_return(there, line.quantity, self._name_of(line.product, line.lot))
            left = line.quantity
            for move in moves:
                quantity = min(left, move._mes_net_by_lot().get(line.lot, 0.0))
                if line.product.uom_id.compare(quantity, 0.0) > 0:
                    counters |= self._counter(order, move, {line.lot: quantity}, at)
                    left -= quantity
        self._settle(order)
        return tuple(self._effect(ReportKind.RETURNED, line) for line in counters.move_line_ids)

    def _consumed(self, order, product):
        return order.move_raw_ids.filtered(lambda move: move.state == "done" and move.product_id == product)
