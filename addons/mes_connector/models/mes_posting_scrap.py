"""Posts scrap of an order: of components and of what it made."""

from odoo import Command, api, models
from odoo.tools import SQL

from ..core.states import CodeKind, ReportKind


class MesPosting(models.AbstractModel):
    _inherit = "mes.posting"

    @api.model
    def _scrap(self, order, lines, reason, *, at):
        """Scrap ``lines``: components from their location; what the order makes is received first (trap 16).

        Odoo would scrap a finished piece of an open order from the components' location, where it is not.

        :return: tuple of effects
        """
        made = [line for line in lines if line.product in order.move_finished_ids.product_id]
        used = [line for line in lines if line not in made]
        self._check_stock(order, used)
        effects = self._receive(order, made, at=at, is_scrap=True) if made else ()
        for line in lines:
            location = order.location_dest_id if line in made else order.location_src_id
            scrap = self.env["stock.scrap"].create(self._prepare_scrap_values(order, line, location, reason))
            self._do_scrap(order, scrap, at)
            effects += tuple(self._effect(ReportKind.SCRAPPED, one) for one in scrap.move_ids.move_line_ids)
        return effects

    def _prepare_scrap_values(self, order, line, location, reason):
        return {
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

    def _scrap_reason(self, reason):
        """Odoo's tag with the plant's code, else with its name, made when it is new."""
        tags = self.env["stock.scrap.reason.tag"]
        if not reason:
            return tags
        if mapped := self.env["mes.resolver"]._mapped(CodeKind.SCRAP_REASON, [reason]):
            return mapped[reason]
        known = tags.search(["|", ("mes_code", "=", reason), ("name", "=", reason)])
        return known.filtered(lambda tag: tag.mes_code == reason) or known[:1] or self._new_scrap_reason(reason)

    def _new_scrap_reason(self, reason):
        """A new tag of that name.

        The row is there before Odoo writes it: when two lanes make the same tag, PostgreSQL lets one of them try its
        message again, and says so to nobody.
        """
        tag = self.env["stock.scrap.reason.tag"]
        statement = SQL(
            "INSERT INTO %s (name, create_uid, create_date)"
            " VALUES (jsonb_build_object('en_US', %s), %s, now() AT TIME ZONE 'UTC')"
            " ON CONFLICT DO NOTHING RETURNING id",
            SQL.identifier(tag._table),
            reason,
            self.env.uid,
        )
        self.env.cr.execute(statement, log_exceptions=False)
        tag = tag.browse(self.env.cr.fetchone())
        tag.write(dict(tag.default_get(["sequence", "color"]), name=reason))
        return tag

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
