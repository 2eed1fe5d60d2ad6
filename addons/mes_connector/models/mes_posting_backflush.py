"""Posts the components nobody reports, by their share of the bill of materials; which share that is, is core's."""

from odoo import api, models

from ..core import errors
from ..core.backflush import share
from ..core.states import EffectKind, ShortageMode
from .mes_posting import CLOSED


class MesPosting(models.AbstractModel):
    _inherit = "mes.posting"

    @api.model
    def _backflush(self, order, pieces, *, at):
        """Consume what ``pieces`` take of the components that no report named and that is not consumed yet.

        Odoo's own is relative to what is still open, and comes out wrong in increments (trap 8). Tracked components
        only where the plant allows it, by estimation from what is reserved (trap 12).

        :param pieces: finished pieces there are with this posting, in the order's unit
        :return: tuple of effects
        """
        lines = []
        for product, moves in self._unnamed(order).grouped("product_id").items():
            planned = sum(moves.mapped("product_qty"))
            quantity = product.uom_id.round(share(planned, order.product_qty, pieces) - moves._mes_net())
            if product.uom_id.compare(quantity, 0.0) <= 0:
                continue
            if product.tracking == "none":
                lines.append(self.Line(product, quantity, self.env["stock.lot"]))
            elif order._mes_plant().mes_backflush_tracked:
                lines += self._guess_lots(order, product, quantity)
        if not lines:
            return ()
        done = self._take(order, lines, at=at)
        done.mes_is_estimated = True
        return tuple(self._effect(EffectKind.ESTIMATED, line) for line in done.move_line_ids)

    def _unnamed(self, order):
        """The planned component moves of products of which nothing was reported."""
        planned = order.move_raw_ids.filtered(lambda move: move.state != "cancel")
        named = planned.filtered(
            lambda move: (
                move.state == "done"
                and not move.mes_is_estimated
                and not move.product_id.uom_id.is_zero(move._mes_net())
            )
        )
        return planned.filtered(lambda move: move.product_id not in named.product_id)

    def _guess_lots(self, order, product, quantity):
        """``quantity`` of a tracked component from the lots that are reserved for the order."""
        reserved = order.move_raw_ids.filtered(lambda move: move.state not in CLOSED and move.product_id == product)
        lines, left = [], quantity
        for line in reserved.move_line_ids.filtered("lot_id"):
            taken = min(left, line.quantity_product_uom)
            if product.uom_id.compare(taken, 0.0) > 0:
                lines.append(self.Line(product, taken, line.lot_id))
                left -= taken
        if product.uom_id.compare(left, 0.0) > 0:
            self._short(order, f"{product.default_code}: {quantity:g} due, {quantity - left:g} reserved.", product)
        return lines

    def _short(self, order, detail, product, lot=None):
        """Say that the stock does not hold what was consumed: the report waits, or somebody gets a case.

        :raises Parked: ``component_shortage``
        """
        if order._mes_plant().mes_shortage_mode == ShortageMode.FLAG.value:
            self.env["mes.case"]._raise_for_order(order, "component_shortage", detail)
            return
        raise errors.error("component_shortage", detail, waiting_for=f"stock:{self._name_of(product, lot)}")

    def _check_stock(self, order, lines):
        """Stock is not driven below zero unless the plant wants that: what is not there has an owner (trap 12)."""
        wanted = {}
        for line in lines:
            if line.product.is_storable:
                key = (line.product, line.lot)
                wanted[key] = wanted.get(key, 0.0) + line.quantity
        on_hand = self._on_hand(order.location_src_id, wanted)
        for (product, lot), quantity in wanted.items():
            there = on_hand.get((product, lot), 0.0)
            if product.uom_id.compare(there, quantity) < 0:
                detail = f"{self._name_of(product, lot)}: {quantity:g} reported, {there:g} in stock."
                self._short(order, detail, product, lot)

    def _on_hand(self, location, keys):
        """``{(product, lot): quantity}`` of ``keys`` in ``location`` and below; an untracked product has no lot."""
        products = self.env["product.product"].union(*(product for product, _lot in keys))
        domain = [("product_id", "in", products.ids), ("location_id", "child_of", location.id)]
        totals = {}
        for product, lot, quantity in self.env["stock.quant"]._read_group(
            domain, ["product_id", "lot_id"], ["quantity:sum"]
        ):
            key = (product, lot if product.tracking != "none" else self.env["stock.lot"])
            totals[key] = totals.get(key, 0.0) + quantity
        return totals
