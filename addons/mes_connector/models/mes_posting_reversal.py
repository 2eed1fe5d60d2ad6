"""Undoes exactly what one event has posted, newest effect first; counter-moves themselves are made elsewhere."""

from odoo import api, models

from ..core import errors
from ..core.messages import Effect
from ..core.states import BookingState, EffectKind, ReportKind

#: What an event may have done to the stock or kept for it; the rest of an order's life is no posting.
POSTED = (*(kind.value for kind in ReportKind), EffectKind.ESTIMATED.value)
REVERSIBLE = (*POSTED, EffectKind.BOOKED.value, EffectKind.NOTED.value)


class MesPosting(models.AbstractModel):
    _inherit = "mes.posting"

    @api.model
    def _reverse(self, order, message, *, at):
        """Undo what ``message`` posted: stock moves, bookings, pieces and times of work orders.

        :return: tuple of effects, each naming the one it undoes
        :raises Permanent: ``not_reversible``: there is nothing to undo, or it is not there any more
        """
        effects = message.effect_ids.filtered(self._is_reversible).sorted("id", reverse=True)
        if not effects:
            raise errors.error("not_reversible", "It posted nothing.")
        moved = effects.filtered(lambda effect: effect.kind in POSTED)
        lines = self.env["stock.move.line"].browse(moved.mapped("res_id"))
        for move in lines.move_id:
            self._take_back(order, move, lines.filtered(lambda line, one=move: line.move_id == one), at)
        self._drop_bookings(effects)
        self._settle(order)
        self.env["mes.time"]._take_back(message)
        return tuple(self._reversed(effect) for effect in effects)

    def _take_back(self, order, move, lines, at):
        quantities, net = {}, move._mes_net_by_lot()
        for line in lines:
            quantities[line.lot_id] = quantities.get(line.lot_id, 0.0) + line.quantity_product_uom
        product, unit = move.product_id, move.product_id.uom_id
        keys = {(product, lot): quantity for lot, quantity in quantities.items()}
        is_stock = move.location_dest_id.usage == "internal" and product.is_storable
        there = self._on_hand(move.location_dest_id, keys) if is_stock else keys
        for (_product, lot), quantity in keys.items():
            left = min(net.get(lot, 0.0), there.get((product, lot), 0.0))
            if unit.compare(left, quantity) < 0:
                detail = f"{self._name_of(product, lot)}: {quantity:g} posted, {left:g} still there."
                raise errors.error("not_reversible", detail)
        self._counter(order, move, quantities, at)

    def _drop_bookings(self, effects):
        kept = effects.filtered(lambda effect: effect.kind == EffectKind.BOOKED.value)
        bookings = self.env["mes.booking"].browse(kept.mapped("res_id"))
        if any(booking.state != BookingState.BOOKED.value for booking in bookings):
            raise errors.error("not_reversible", "It was posted with the completion of the order.")
        bookings._reverse()

    def _is_reversible(self, effect):
        if effect.kind == EffectKind.ESTIMATED.value:
            # A report may have taken its place since.
            line = self.env["stock.move.line"].browse(effect.res_id)
            return not line.product_id.uom_id.is_zero(line.move_id._mes_net_by_lot()[line.lot_id])
        return effect.kind in REVERSIBLE or effect.res_model == "mrp.workorder"

    def _reversed(self, effect):
        return Effect(
            EffectKind.REVERSED.value,
            effect.product or "",
            effect.lot or "",
            effect.quantity,
            effect.uom or "",
            record=effect.record or "",
            res_model=effect.res_model or "",
            res_id=effect.res_id,
            reverses=effect.id,
        )
