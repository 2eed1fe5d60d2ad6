"""What an order has cost, what its pieces have taken of it, and the price of the next ones; posts nothing.

An order is a vessel: consumption and labor flow in, receipts take out what is there, and what is left is its work in
progress. So labor and late consumption are carried once, and a return or a reversal corrects the pieces that follow;
past receipts are never revalued (trap 22).
"""

from odoo import api, models

from odoo.addons.mes_connector.core.backflush import share
from odoo.addons.mes_connector.core.states import ScrapCost

BY_ACTUAL_COST = ("average", "fifo")


class MesOrderValue(models.AbstractModel):
    _name = "mes.order.value"
    _description = "Value of an Order"

    # -- figures -----------------------------------------------------------------------------------------------------

    @api.model
    def _consumed(self, order, until=None):
        """Value of the components used up, less what came back; in the company's currency like all that follows.

        :param until: only what was posted up to this time (naive UTC)
        """
        return self._net(order.move_raw_ids, until)

    @api.model
    def _labor(self, order, until=None):
        """Cost of the time on the work orders."""
        return order.workorder_ids._cal_cost(until or False)

    @api.model
    def _received(self, order, until=None, product=None):
        """Value the pieces (of one ``product``) took out of the order, less what scrap that they pay for gave back."""
        moves = order.move_finished_ids
        scraps = order.scrap_ids.filtered("mes_paid_by_order").move_ids
        if product:
            moves, scraps = (some.filtered(lambda move: move.product_id == product) for some in (moves, scraps))
        return self._net(moves, until) - self._net(scraps, until)

    @api.model
    def _in_progress(self, order, until=None):
        """What has flowed in and no piece has taken: consumed and labor, less received."""
        return self._consumed(order, until) + self._labor(order, until) - self._received(order, until)

    def _net(self, moves, until):
        done = moves.filtered(lambda move: move.state == "done")
        forth, back = (
            some.filtered(lambda move: not until or move.date <= until) for some in (done, done._mes_counter_moves())
        )
        return sum(forth.mapped("value")) - sum(back.mapped("value"))

    # -- prices ------------------------------------------------------------------------------------------------------

    @api.model
    def _price(self, order, finished):
        """Set the unit price of what is about to be received: its share of what the order holds.

        :param finished: moves with their lines set, not done
        """
        total = self._total(order, finished)
        shares = self._shares(order)
        for move in finished:
            product = move.product_id
            quantity = move.product_uom._compute_quantity(move.quantity, product.uom_id, round=False)
            if product.cost_method not in BY_ACTUAL_COST:
                if product == order.product_id:
                    move.price_unit = product.standard_price
            elif move.mes_is_scrap:
                move.price_unit = self._scrap_price(order, move, quantity)
            else:
                taken = self._received(order, product=product)
                move.price_unit = max(0.0, total * shares.get(product, 0.0) - taken) / quantity

    def _total(self, order, finished):
        """What all pieces made so far, those about to come included, have to carry."""
        unit = order.product_uom_id
        coming = sum(
            move.product_uom._compute_quantity(move.quantity, unit, round=False)
            for move in finished
            if move.product_id == order.product_id
        )
        pieces = order._mes_qty_posted(unit) + coming
        total = self._consumed(order) + self._labor(order) + self._accrued(order, pieces)
        return total + order.extra_cost * unit._compute_quantity(pieces, order.product_id.uom_id, round=False)

    def _accrued(self, order, pieces):
        """Value of what ``pieces`` take of components that nobody reports and completion will consume."""
        posting, total = self.env["mes.posting"], 0.0
        for product, moves in posting._unnamed(order).grouped("product_id").items():
            if product.tracking == "none" or order._mes_plant().mes_backflush_tracked:
                due = share(sum(moves.mapped("product_qty")), order.product_qty, pieces) - moves._mes_net()
                total += max(0.0, due) * product.standard_price
        return total

    def _shares(self, order):
        """``{product: share of the cost}`` of the order's product and its by-products."""
        shares = {move.product_id: move.cost_share / 100 for move in order.move_byproduct_ids}
        return {order.product_id: 1 - sum(shares.values()), **shares}

    # -- scrap -------------------------------------------------------------------------------------------------------

    def _scrap_price(self, order, move, quantity):
        """Price of pieces that are received only to be scrapped.

        Where the good pieces pay, the price is what scrapping will take out again, so that the stock is worth the same
        before and after. Where the scrap account pays, it is the planned cost of a piece, as far as the order holds it.
        """
        if order._mes_plant().mes_scrap_cost == ScrapCost.GOOD_PIECES.value:
            return self._neutral_price(move, quantity)
        pieces = order._mes_qty_posted(order.product_uom_id)
        if move.product_id == order.product_id:
            pieces += move.product_uom._compute_quantity(move.quantity, order.product_uom_id, round=False)
        held = max(0.0, self._in_progress(order) + self._accrued(order, pieces))
        return min(self._planned_price(order), held / quantity)

    def _neutral_price(self, move, quantity):
        product = move.product_id
        if product.lot_valuated:
            lines = move.move_line_ids
            return sum(line.lot_id.standard_price * line.quantity_product_uom for line in lines) / quantity
        if product.cost_method != "fifo":
            return product.standard_price
        taken = min(quantity, product._with_valuation_context().qty_available)
        return product._run_fifo(taken) / taken if taken > 0 else 0.0

    def _planned_price(self, order):
        """What a piece ought to cost: its components at their present cost, its operations at their expected time."""
        moves = order.move_raw_ids.filtered(lambda move: move.state != "cancel")
        material = sum(move.product_qty * move.product_id.standard_price for move in moves)
        labor = sum(one.duration_expected / 60 * one._mes_rate(one.workcenter_id) for one in order.workorder_ids)
        pieces = order.product_uom_id._compute_quantity(order.product_qty, order.product_id.uom_id, round=False)
        return (material + labor) / pieces
