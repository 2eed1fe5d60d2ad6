"""Bookings by hand in paper mode, and how much of each the plant has reported since; posting is elsewhere."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import float_is_zero

from ..core.messages import Effect
from ..core.states import BookingState, EffectKind, ReportKind, selection
from ..handlers.base import REPORTED

#: Quantities nearer to nothing than this are nothing.
DIGITS = 6


class MesPaperBooking(models.Model):
    _name = "mes.paper.booking"
    _description = "Booking by Hand"
    _order = "id"
    _rec_name = "product_id"

    period_id = fields.Many2one("mes.paper.period", required=True, readonly=True, ondelete="restrict", index=True)
    production_id = fields.Many2one("mrp.production", "Order", required=True, readonly=True, index=True)
    company_id = fields.Many2one(related="period_id.company_id", store=True)
    plant_id = fields.Many2one(related="period_id.plant_id", store=True)
    kind = fields.Selection(selection(ReportKind), required=True, readonly=True)
    product_id = fields.Many2one("product.product", required=True, readonly=True)
    lot_id = fields.Many2one("stock.lot", readonly=True)
    quantity = fields.Float(required=True, readonly=True, digits="Product Unit")
    recognised = fields.Float("Reported since", readonly=True, digits="Product Unit")
    uom_id = fields.Many2one(related="product_id.uom_id")
    is_open = fields.Boolean("Not yet reported", compute="_compute_is_open", store=True)
    at = fields.Datetime("Happened at", required=True, readonly=True)
    user_id = fields.Many2one("res.users", "Booked by", required=True, readonly=True)
    move_line_ids = fields.Many2many("stock.move.line", string="Posted as", readonly=True)
    kept_ids = fields.Many2many("mes.booking", string="Kept as", readonly=True)
    is_undone = fields.Boolean("Undone", readonly=True)

    @api.depends("quantity", "recognised", "is_undone")
    def _compute_is_open(self):
        for booking in self:
            booking.is_open = not booking.is_undone and not _is_nothing(booking._rest())

    def _rest(self):
        return self.quantity - self.recognised

    @api.model
    def _open_of(self, order, kinds, at):
        """What is booked of ``order`` by hand and not reported yet, for a report of what happened ``at``.

        sudo: a lane compares for every plant and person.
        """
        return self.sudo().search(
            [
                ("production_id", "=", order.id),
                ("is_open", "=", True),
                ("kind", "in", [kind.value for kind in kinds]),
                ("period_id.started_at", "<=", at),
                "|",
                ("period_id.ended_at", "=", False),
                ("period_id.ended_at", ">=", at),
            ]
        )

    @api.model
    def _split(self, order, kinds, lines, at):
        """What of ``lines`` is booked by hand already, and what is not; changes nothing.

        :param at: when it happened (naive UTC), or None for what no message reports
        :return: (lines that are left, [(booking, quantity)])
        """
        bookings = self._open_of(order, kinds, at) if at else self
        left = {booking: booking._rest() for booking in bookings}
        rest, taken = [], []
        for line in lines:
            quantity = line.quantity
            for booking in bookings:
                if (booking.product_id, booking.lot_id) != (line.product, line.lot) or _is_nothing(left[booking]):
                    continue
                part = min(quantity, left[booking])
                left[booking] -= part
                quantity -= part
                taken.append((booking, part))
                if _is_nothing(quantity):
                    break
            if not _is_nothing(quantity):
                rest.append(self.env["mes.posting"].Line(line.product, quantity, line.lot))
        return tuple(rest), taken

    @api.model
    def _recognise(self, taken):
        """Mark quantities as reported by the plant.

        :param taken: ``[(booking, quantity)]`` of :meth:`_split`
        :return: tuple of effects of kind ``noted``
        """
        for booking, quantity in taken:
            booking.recognised += quantity
        return tuple(
            Effect(
                EffectKind.NOTED.value,
                booking.product_id.default_code or booking.product_id.display_name,
                booking.lot_id.name or "",
                quantity,
                booking.uom_id.unece_code or booking.uom_id.name,
                record=booking.production_id.name,
                res_model=self._name,
                res_id=booking.id,
            )
            for booking, quantity in taken
        )

    @api.model
    def _write_down(self, period, order, report, effects, at):
        """Keep what was just posted by hand, one row for each product and lot."""
        quantities = {}
        for line in report.lines:
            quantities[line.product, line.lot] = quantities.get((line.product, line.lot), 0.0) + line.quantity
        lines, kept = (
            self.env[model].browse([one.res_id for one in effects if one.res_model == model])
            for model in ("stock.move.line", "mes.booking")
        )
        # sudo: rows are written by booking, never by hand.
        return self.sudo().create(
            [
                {
                    "period_id": period.id,
                    "production_id": order.id,
                    "kind": report.kind.value,
                    "product_id": product.id,
                    "lot_id": lot.id,
                    "quantity": quantity,
                    "at": at,
                    "user_id": self.env.uid,
                    "move_line_ids": lines.filtered(lambda one: (one.product_id, one.lot_id) == (product, lot)).ids,  # noqa: B023
                    "kept_ids": kept.filtered(lambda one: (one.product_id, one.lot_id) == (product, lot)).ids,  # noqa: B023
                }
                for (product, lot), quantity in quantities.items()
            ]
        )

    def action_undo(self):
        """Take back what was booked by hand by mistake, as long as the plant has not reported it."""
        for booking in self:
            order = booking.production_id.with_context(mes_reported=REPORTED)
            self.env["mes.paper.period"]._require(order)
            if booking.is_undone or not _is_nothing(booking.recognised):
                raise UserError(self.env._("The plant has reported it since, or it is undone already."))
            # sudo: who may book by hand may take it back; counter-moves ask for more than that.
            booking.sudo()._undo(order.sudo())

    def _undo(self, order):
        posting, now = self.env["mes.posting"].with_context(mes_reported=REPORTED), fields.Datetime.now()
        if any(kept.state != BookingState.BOOKED.value for kept in self.kept_ids):
            raise UserError(self.env._("It was posted with the completion of the order."))
        self.kept_ids._reverse()
        for move in self.move_line_ids.move_id:
            posting._take_back(order, move, self.move_line_ids.filtered(lambda line: line.move_id == move), now)  # noqa: B023
        posting._settle(order)
        self.is_undone = True


def _is_nothing(quantity):
    return float_is_zero(quantity, precision_digits=DIGITS)
