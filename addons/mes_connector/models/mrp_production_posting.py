"""Doorway on the manufacturing order, third part: what is booked of it, net of what was taken back."""

from odoo import api, fields, models

from ..core import errors
from ..core.conservation import Reading, follow_reading
from ..core.states import ReportKind
from ..core.tolerance import over_delivery
from .mrp_production import READERS

#: The code of a doubt that only a person can settle, by letting the message through.
DOUBT = "suspected_duplicate"


class MrpProduction(models.Model):
    _inherit = "mrp.production"

    mes_booking_ids = fields.One2many("mes.booking", "production_id", "Kept for completion", groups=READERS)
    mes_qty_extra = fields.Float(
        "Over-delivered",
        readonly=True,
        copy=False,
        digits="Product Unit",
        help="By how much what the plant made beyond the order has raised its quantity.",
    )
    mes_readings = fields.Json("Readings of the plant's own counts", readonly=True, copy=False)

    @api.depends("move_finished_ids.returned_move_ids.state")
    def _get_produced_qty(self):
        # Odoo counts what was received, and knows no counter-moves of an open order (trap 15).
        result = super()._get_produced_qty()
        for order in self.filtered("mes_phase"):
            unit = order.product_uom_id
            for counter in order._mes_finished_done()._mes_counter_moves():
                order.qty_produced -= counter.product_id.uom_id._compute_quantity(counter._mes_net(), unit)
        return result

    def _mes_qty_ordered(self):
        """What was released, in the order's unit: without what the plant made beyond it."""
        return self.product_qty - self.mes_qty_extra

    def _mes_finished_done(self):
        return self.move_finished_ids.filtered(lambda move: move.state == "done" and move.product_id == self.product_id)

    def _mes_qty_posted(self, unit):
        """Finished pieces in stock moves so far, scrapped ones included, in ``unit``."""
        return self.product_id.uom_id._compute_quantity(
            self._mes_finished_done()._mes_net(), unit, rounding_method="HALF-UP"
        )

    def _mes_qty_received(self, unit):
        """Finished pieces reported so far, posted or kept for completion, scrapped ones included, in ``unit``."""
        kept = self._mes_qty_kept(ReportKind.RECEIVED, ReportKind.SCRAPPED)
        return self._mes_qty_posted(unit) + self.product_id.uom_id._compute_quantity(
            kept, unit, rounding_method="HALF-UP"
        )

    def _mes_qty_scrap(self, unit):
        """Finished pieces scrapped so far, posted or kept for completion, in ``unit``."""
        scraps = self.scrap_ids.filtered(lambda scrap: scrap.state == "done" and scrap.product_id == self.product_id)
        pieces = scraps.move_ids._mes_net() + self._mes_qty_kept(ReportKind.SCRAPPED)
        return self.product_id.uom_id._compute_quantity(pieces, unit, rounding_method="HALF-UP")

    def _mes_qty_kept(self, *kinds):
        """In the product's unit. sudo: an amount of an order one may read."""
        kept = self.sudo().mes_booking_ids._open(kinds)
        return sum(kept.filtered(lambda one: one.product_id == self.product_id).mapped("quantity"))

    def _mes_qty_consumed(self, product):
        """What the order has consumed of ``product``, in its unit, less what came back."""
        return self.move_raw_ids.filtered(lambda move: move.product_id == product)._mes_net()

    def _mes_check_output(self, booked, delta, unit=None):
        """Refuse pieces beyond what was ordered and tolerated; ``booked`` and ``delta`` in ``unit``, else the order's.

        :raises Permanent: ``over_delivery``
        """
        unit = unit or self.product_uom_id
        ordered = self.product_uom_id._compute_quantity(self._mes_qty_ordered(), unit, round=False)
        percent = self._mes_plant().mes_over_delivery_percent
        if over_delivery(ordered, booked, delta, percent):
            detail = f"Ordered {ordered:g}, tolerance {percent:g} %, booked {booked:g}, reported {delta:g}."
            raise errors.error("over_delivery", detail)

    def _mes_follow(self, counter, booked, report, message):
        """Compare a ``cumulative`` of the sender with what is booked; it is never booked itself.

        :param counter: which of the sender's own counts, such as ``received`` or ``10/good``
        :param booked: pieces booked before this report
        :param report: (delta, cumulative), in the unit of ``booked``
        :raises Parked: ``sequence_gap`` or ``suspected_duplicate``
        """
        delta, cumulative = report
        readings = dict(self.mes_readings or {})
        # sudo: whoever applies the message need not read the log of attempts.
        if message.let_through_id and DOUBT in message.sudo().attempt_ids.mapped("code"):
            # A person has looked at it and let it through: it counts, and the counter begins here.
            reading = Reading(booked + delta - cumulative)
        else:
            reading = follow_reading(Reading(*readings.get(counter, ())), booked, delta, cumulative)
        self.mes_readings = dict(readings, **{counter: [reading.base, reading.first]})
