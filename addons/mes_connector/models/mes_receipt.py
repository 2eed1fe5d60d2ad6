"""Which report receives the finished pieces of an order, and how it is read; the receipt itself is the posting's."""

from odoo import api, models

from ..core import errors
from ..core.messages import Effect
from ..core.states import EffectKind, ReceiptSource, ReportKind


class MesReceipt(models.AbstractModel):
    _name = "mes.receipt"
    _description = "Reading of Receipts"

    @api.model
    def _lines(self, order, item, product=None):
        """The lines of one product of a report: ``{product, quantity, [lot], [serials]}``; or of a known ``product``.

        :raises IntegrationError: for codes, units and lots
        """
        resolver, posting = self.env["mes.resolver"], self.env["mes.posting"]
        product = product or resolver._product(order.company_id, item["product"])
        quantity = resolver._quantity(item["quantity"], product.uom_id, product)
        if product.tracking != "serial":
            return [posting.Line(product, quantity, resolver._produced_lot(product, item.get("lot"), order.company_id))]
        serials = item.get("serials", [])
        if not product.uom_id.compare(quantity, len(serials)) == 0:
            raise errors.error("lot_required", f"{quantity:g} pieces need as many serial numbers, not {len(serials)}.")
        return [
            posting.Line(product, 1.0, resolver._produced_lot(product, serial, order.company_id)) for serial in serials
        ]

    @api.model
    def _report(self, order, lines, command):
        posting = self.env["mes.posting"]
        report = posting.Report(ReportKind.RECEIVED, tuple(lines))
        return posting._report(order, report, command.message, at=command.at)

    @api.model
    def _confirmed_lines(self, order, workorder, data):
        """The lines an operation's confirmation receives: those of the last one, where that is the plant's rule."""
        is_source = order._mes_plant().mes_receipt_source == ReceiptSource.LAST_OPERATION.value
        if not is_source or workorder != order._mes_operations()[-1:] or not data["good"]["value"]:
            return ()
        item = {name: data[name] for name in ("lot", "serials") if name in data}
        return tuple(self._lines(order, dict(item, quantity=data["good"]), order.product_id))

    @api.model
    def _follow(self, order, data, lines, message):
        """Hold a report whose counter does not follow from what is booked.

        :raises Parked: ``sequence_gap`` or ``suspected_duplicate``
        """
        resolver, product = self.env["mes.resolver"], order.product_id
        items = [one for one in data["items"] if resolver._product(order.company_id, one["product"]) == product]
        if not items:
            return
        told = {"value": data["cumulative"], "uom": items[0]["quantity"]["uom"]}
        unit = product.uom_id
        cumulative = resolver._quantity(told, unit, product)
        pieces = sum(line.quantity for line in lines if line.product == order.product_id)
        good = order._mes_qty_received(unit) - order._mes_qty_scrap(unit)
        order._mes_follow("received", good, (pieces, cumulative), message)

    @api.model
    def _follow_operation(self, order, workorder, data, pieces, message):
        """The same for the counters of an operation, of good and of scrapped pieces.

        :raises Parked: ``sequence_gap`` or ``suspected_duplicate``
        """
        booked = {"good": workorder.qty_produced, "scrap": workorder.mes_qty_scrapped}
        added = {"good": pieces["confirmed"], "scrap": pieces.get("confirmed_scrap", 0.0)}
        unit, resolver = order.product_uom_id, self.env["mes.resolver"]
        for name, told in data.get("cumulative", {}).items():
            cumulative = resolver._quantity({"value": told, "uom": data["good"]["uom"]}, unit, order.product_id)
            counter = f"{workorder.mes_operation}/{name}"
            order._mes_follow(counter, booked[name], (added[name], cumulative), message)

    @api.model
    def _check_noted(self, order, lines):
        """What is only informative keeps to the conservation laws all the same.

        :raises Permanent: ``over_delivery``
        """
        unit = order.product_id.uom_id
        noted = order.mes_effect_ids.filtered(
            lambda effect: (
                effect.kind == EffectKind.NOTED.value and effect.res_model == order._name and not effect.reversed_by_ids
            )
        )
        order._mes_check_output(sum(noted.mapped("quantity")), sum(line.quantity for line in lines), unit)

    @api.model
    def _note(self, order, lines):
        return tuple(
            Effect(
                EffectKind.NOTED.value,
                line.product.default_code,
                line.lot.name or "",
                line.quantity,
                line.product.uom_id.unece_code or "",
                record=order.name,
                res_model=order._name,
                res_id=order.id,
            )
            for line in lines
        )
