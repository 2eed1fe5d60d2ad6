"""Posts scrap of an order: of components and of what it made."""

from odoo import Command, api, models


class MesPosting(models.AbstractModel):
    _inherit = "mes.posting"

    @api.model
    def _scrap(self, order, line, reason, *, at):
        """Scrap from where the piece is: the finished location for the order's product, else the components'.

        :return: tuple of effects
        """
        is_finished = line.product == order.product_id
        if not is_finished:
            self._check_on_hand(order, line)
        location = order.location_dest_id if is_finished else order.location_src_id
        scrap = self.env["stock.scrap"].create(
            {
                "product_id": line.product.id,
                "product_uom_id": line.product.uom_id.id,
                "scrap_qty": line.quantity,
                "lot_id": line.lot.id,
                "location_id": location.id,
                "production_id": order.id,
                "origin": order.name,
                "company_id": order.company_id.id,
                "scrap_reason_tag_ids": [Command.set(self._scrap_reason(reason).ids)],
            }
        )
        self._do_scrap(order, scrap, at)
        return (self._effect("scrapped", scrap.move_ids.move_line_ids),)

    def _scrap_reason(self, reason):
        """Odoo's tag named like the plant's reason, made when it is new."""
        tags = self.env["stock.scrap.reason.tag"]
        if not reason:
            return tags
        return tags.search([("name", "=", reason)], limit=1) or tags.create({"name": reason})

    def _do_scrap(self, order, scrap, at):
        """Odoo's own scrapping, dated as the plant's report."""
        self._value_scrap(order, scrap)
        scrap.do_scrap()
        date = self._posting_date(order, at)
        scrap.date_done = date
        self._date(scrap.move_ids, date)

    @api.model
    def _value_scrap(self, order, scrap):
        """Say who pays for scrapped pieces; without accounting nobody does."""
