"""Brings what is booked of an order before the conservation laws; the laws themselves are core's."""

from odoo import api, models

from ..core.conservation import Output, add_output, check_consumption, check_return, check_serials
from ..core.states import ReportKind, ToleranceMode
from .mes_posting import FINISHED


class MesConservation(models.AbstractModel):
    _name = "mes.conservation"
    _description = "Conservation Laws"

    @api.model
    def _check_output(self, order, lines):
        """Refuse finished pieces beyond the order and its tolerance, and serial numbers that were made before.

        :raises Permanent: ``over_delivery``, ``lot_required`` or ``serial_duplicate``
        """
        unit = order.product_id.uom_id
        pieces = sum(line.quantity for line in lines if line.product == order.product_id)
        order._mes_check_output(order._mes_qty_received(unit), pieces, unit)
        kinds = (ReportKind.RECEIVED, ReportKind.SCRAPPED)
        for product, serials in self._serials(lines).items():
            made = self._still_there(order, serials, "production_id", kinds)
            check_serials([lot.name for lot in serials], self._total(lines, product), made.mapped("name"))

    @api.model
    def _check_operation(self, order, workorder, pieces):
        """Refuse pieces of an operation beyond the order and its tolerance.

        :param pieces: ``{kind of effect: quantity}`` in the order's unit
        :return: by how much the pieces in rework change: reworked ones come out again as good or scrap
        :raises Permanent: ``over_delivery``
        """
        booked = Output(workorder.qty_produced, workorder.mes_qty_scrapped, workorder.mes_qty_rework)
        delta = Output(*(pieces.get(kind, 0.0) for kind in ("confirmed", "confirmed_scrap", "confirmed_rework")))
        percent = order._mes_plant().mes_over_delivery_percent
        return add_output(order._mes_qty_ordered(), percent, booked, delta).rework - booked.rework

    @api.model
    def _check_consumption(self, order, lines):
        """Refuse or point out consumption beyond the bill of materials, and serial numbers used up before.

        A component that is not in the bill of materials has no share: any quantity is beyond it.

        :return: sentences about what is beyond the tolerance of a plant that wants to know
        :raises Permanent: ``over_consumption``, ``lot_required`` or ``serial_duplicate``
        """
        kept = self._kept(order, ReportKind.CONSUMED).lot_id
        for product, serials in self._serials(lines).items():
            used = self._still_there(order, serials, "raw_material_production_id", (ReportKind.CONSUMED,))
            # Unbuilt or bought back, a serial number may be used again.
            gone = used.filtered(lambda lot: lot in kept or not lot.product_qty)
            check_serials([lot.name for lot in serials], self._total(lines, product), gone.mapped("name"))
        products = dict.fromkeys(line.product for line in lines)
        return [flag for product in products for flag in self._beyond(order, product, self._total(lines, product))]

    def _beyond(self, order, product, delta):
        plant = order._mes_plant()
        moves = order.move_raw_ids.filtered(lambda move: move.product_id == product)
        # What is still to come was cancelled when the plant completed the order, and is due all the same.
        planned = moves if order.mes_phase in FINISHED else moves.filtered(lambda move: move.state != "cancel")
        due, booked = sum(planned.mapped("product_qty")), sum(self._consumed_by_lot(order, product).values())
        # A report takes the place of what was only estimated.
        booked -= moves.filtered("mes_is_estimated")._mes_net()
        mode = ToleranceMode(plant.mes_consumption_mode)
        if check_consumption(mode, due, booked, delta, plant.mes_consumption_percent):
            yield f"{product.default_code}: due {due:g}, booked {booked:g}, reported {delta:g}."

    @api.model
    def _check_return(self, order, lines):
        """Let what comes back wait for its consumption.

        :raises Parked: ``too_early``
        """
        returned = {}
        for line in lines:
            returned[line.product, line.lot] = returned.get((line.product, line.lot), 0.0) + line.quantity
        for (product, lot), quantity in returned.items():
            consumed = self._consumed_by_lot(order, product).get(lot, 0.0)
            check_return(consumed, quantity, self.env["mes.posting"]._name_of(product, lot))

    @api.model
    def _flag(self, order, code, flags):
        """Give the plant's supervisor a case with the sentences of what was booked all the same."""
        if flags:
            self.env["mes.case"]._raise_for_order(order, code, " ".join(flags))

    def _consumed_by_lot(self, order, product):
        """``{lot: quantity}`` of a component, posted or kept for completion, less what came back."""
        consumed = {}
        for move in order.move_raw_ids.filtered(lambda one: one.state == "done" and one.product_id == product):
            for lot, quantity in move._mes_net_by_lot().items():
                consumed[lot] = consumed.get(lot, 0.0) + quantity
        for kind, sign in ((ReportKind.CONSUMED, 1), (ReportKind.RETURNED, -1)):
            for booking in self._kept(order, kind).filtered(lambda one: one.product_id == product):
                consumed[booking.lot_id] = consumed.get(booking.lot_id, 0.0) + sign * booking.quantity
        return consumed

    def _kept(self, order, *kinds):
        return order.mes_booking_ids._open(kinds)

    def _serials(self, lines):
        """``{product: [lot]}`` of the lines tracked by serial number."""
        serials = {}
        for line in lines:
            if line.product.tracking == "serial":
                serials.setdefault(line.product, []).append(line.lot)
        return serials

    def _total(self, lines, product):
        return sum(line.quantity for line in lines if line.product == product)

    def _still_there(self, order, serials, side, kinds):
        """Those of ``serials`` an order has made (or used up, by ``side``), posted and not taken back, or kept."""
        lots = self.env["stock.lot"].union(*serials)
        lines = self.env["stock.move.line"].search(
            [
                ("lot_id", "in", lots.ids),
                (f"move_id.{side}", "!=", False),
                ("move_id.location_dest_usage", "!=", "inventory"),
                ("state", "=", "done"),
            ]
        )
        there = lines.filtered(lambda line: line.move_id._mes_net_by_lot()[line.lot_id] > 0).lot_id
        return there | (self._kept(order, *kinds).lot_id & lots)
