"""Bookings: what a plant reported and its posting policy keeps for completion; how it is posted is the posting's."""

from odoo import api, fields, models

from ..core.messages import Effect
from ..core.states import BookingState, EffectKind, ReportKind, selection


class MesBooking(models.Model):
    _name = "mes.booking"
    _description = "Report Kept for Completion"
    _order = "id"

    inbox_id = fields.Many2one(
        "mes.inbox.message", "Message", readonly=True, ondelete="set null", index="btree_not_null"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    plant_id = fields.Many2one("stock.warehouse", readonly=True)
    production_id = fields.Many2one(
        "mrp.production", "Order", required=True, readonly=True, ondelete="cascade", index=True
    )
    workorder_id = fields.Many2one("mrp.workorder", "Operation", readonly=True, ondelete="set null")
    state = fields.Selection(
        selection(BookingState), required=True, readonly=True, default=BookingState.BOOKED.value, index=True
    )
    kind = fields.Selection(selection(ReportKind), required=True, readonly=True)
    product_id = fields.Many2one("product.product", required=True, readonly=True)
    lot_id = fields.Many2one("stock.lot", readonly=True)
    quantity = fields.Float(required=True, readonly=True, digits="Product Unit")
    uom_id = fields.Many2one(related="product_id.uom_id")
    reason = fields.Char(readonly=True)
    at = fields.Datetime("Happened at", required=True, readonly=True)

    @api.model
    def _keep(self, order, report, message, at):
        """Keep ``report`` until the plant completes the order.

        :return: tuple of effects of kind ``booked``
        """
        bookings = self.create(
            [
                {
                    "inbox_id": message.id,
                    "company_id": order.company_id.id,
                    "plant_id": order._mes_plant().id,
                    "production_id": order.id,
                    "workorder_id": report.workorder and report.workorder.id,
                    "kind": report.kind.value,
                    "product_id": line.product.id,
                    "lot_id": line.lot.id,
                    "quantity": line.quantity,
                    "reason": report.reason,
                    "at": at,
                }
                for line in report.lines
            ]
        )
        return tuple(
            Effect(
                EffectKind.BOOKED.value,
                booking.product_id.default_code or "",
                booking.lot_id.name or "",
                booking.quantity,
                booking.uom_id.unece_code or booking.uom_id.name,
                record=order.name,
                res_model=self._name,
                res_id=booking.id,
            )
            for booking in bookings
        )

    @api.model
    def _post(self, order):
        """Post what was kept for ``order``, report by report in the order they were applied.

        :return: tuple of effects
        """
        posting, effects = self.env["mes.posting"], ()
        for bookings in order.mes_booking_ids._open().grouped("inbox_id").values():
            report = posting.Report(
                ReportKind(bookings[0].kind),
                tuple(posting.Line(one.product_id, one.quantity, one.lot_id) for one in bookings),
                bookings[0].workorder_id,
                bookings[0].reason or "",
            )
            effects += posting._post(order, report, at=bookings[0].at)
            bookings.state = BookingState.POSTED.value
        return effects

    def _open(self, kinds=tuple(ReportKind)):
        """Those that have not moved the stock yet, of ``kinds``."""
        wanted = [kind.value for kind in kinds]
        return self.filtered(lambda one: one.state == BookingState.BOOKED.value and one.kind in wanted)

    def _reverse(self):
        self.state = BookingState.REVERSED.value
