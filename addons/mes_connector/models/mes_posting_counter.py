"""Counter-moves, and what follows from them: links, demand and reservations of what is not booked any more (trap 15).

Facts: Odoo's unbuild is refused while the order is open and takes a share of everything; editing a done line distorts
the factor of the rest. A counter-move has no order: the order's own moves stay its history.
"""

from odoo import Command, api, models

from .mes_posting import CLOSED, FINISHED


class MesPosting(models.AbstractModel):
    _inherit = "mes.posting"

    def _counter(self, order, move, quantities, at):
        """Take ``quantities`` (by lot, in the product's unit) of a done move back to where they came from."""
        product = move.product_id
        counter = self.env["stock.move"].create(
            {
                "product_id": product.id,
                "product_uom": product.uom_id.id,
                "product_uom_qty": sum(quantities.values()),
                "location_id": move.location_dest_id.id,
                "location_dest_id": move.location_id.id,
                "origin_returned_move_id": move.id,
                "origin": order.name,
                "company_id": order.company_id.id,
            }
        )
        counter = counter._action_confirm(merge=False)
        self._set_lines(counter, [self.Line(product, quantity, lot) for lot, quantity in quantities.items()])
        return self._do(order, counter, at)

    def _settle(self, order):
        """After counter-moves: nothing is linked that is not there, and the demand is open again."""
        self._unlink_gone(order.move_raw_ids, "produce_line_ids")
        self._unlink_gone(order.move_finished_ids, "consume_line_ids")
        if order.mes_phase in FINISHED:
            return
        self._fit_quantity(order, order._mes_qty_posted(order.product_uom_id))
        self._spread(order.move_raw_ids)
        self._spread(order.move_finished_ids)
        order.qty_producing = order.qty_produced
        self._reserve_rest(order)

    def _unlink_gone(self, moves, links):
        for move in moves.filtered(lambda one: one.state == "done" and one._mes_counter_moves()):
            net = move._mes_net_by_lot()
            gone = move.move_line_ids.filtered(lambda line, net=net: line.product_id.uom_id.is_zero(net[line.lot_id]))
            gone[links] = [Command.clear()]

    @api.model
    def _fit_quantity(self, order, pieces):
        """Raise the order's quantity to what is received beyond it, and take it back when that is gone (trap 7).

        :param pieces: finished pieces there will be, in the order's unit
        """
        ordered = order._mes_qty_ordered()
        quantity = max(ordered, pieces)
        if order.product_uom_id.compare(quantity, order.product_qty) == 0:
            return
        factor = quantity / order.product_qty
        order.write({"product_qty": quantity, "mes_qty_extra": quantity - ordered})
        self._spread(order.move_raw_ids, factor)
        self._spread(order.move_finished_ids, factor)

    @api.model
    def _spread(self, moves, factor=1.0):
        """Make what is open of each planned line its plan, times ``factor``, less what is booked of it.

        The demands of the moves of one line add up to its plan, before and after (trap 9).
        """
        planned = moves.filtered(lambda move: move.state != "cancel")
        for line in planned.grouped(lambda move: (move.product_id, move.bom_line_id, move.byproduct_id)).values():
            left = sum(line.mapped("product_qty")) * factor
            for move in line.filtered(lambda one: one.state == "done"):
                demand = max(0.0, min(move._mes_net(), left))
                self._demand(move, demand)
                left -= demand
            self._demand_rest(line, left)

    def _demand_rest(self, line, quantity):
        """Put what is left of a planned line on its open move; a new one like the last when all is posted."""
        rest = line.filtered(lambda move: move.state not in CLOSED)
        is_nothing = line.product_id.uom_id.compare(quantity, 0.0) <= 0
        if rest:
            self._demand(rest[0], max(0.0, quantity))
            for move in rest[1:]:
                self._demand(move, 0.0)
            (rest if is_nothing else rest[1:]).with_context(skip_mo_check=True)._action_cancel()
        elif not is_nothing:
            last = line[-1]
            demand = last.product_id.uom_id._compute_quantity(quantity, last.product_uom, rounding_method="HALF-UP")
            move = self.env["stock.move"].create(last.copy_data(last._prepare_move_split_vals(demand)))
            move._action_confirm(merge=False, create_proc=False)

    def _demand(self, move, quantity):
        """Set the demand of a move, given in the product's unit, without procuring anything: the plant has it."""
        unit = move.product_id.uom_id
        if unit.compare(quantity, move.product_qty):
            demand = unit._compute_quantity(quantity, move.product_uom, rounding_method="HALF-UP")
            move.with_context(no_procurement=True).product_uom_qty = demand
