"""What plants have reported and nobody has posted yet, in money: a view over live messages and bookings, no table."""

from odoo import fields, models
from odoo.tools import SQL

from odoo.addons.mes_connector.core.states import INBOX_LIVE, BookingState, CodeKind, InboxState, selection

#: Reports that move the stock when they are applied.
REPORTS = (
    "mes.material.consumed.v1",
    "mes.material.returned.v1",
    "mes.production.reported.v1",
    "mes.scrap.reported.v1",
)


class MesBacklog(models.Model):
    _name = "mes.backlog"
    _description = "Reported but Not Posted"
    _auto = False
    _order = "at, id"

    at = fields.Datetime("Happened at", readonly=True)
    event_type = fields.Char(readonly=True)
    state = fields.Selection(
        [*selection(InboxState), (BookingState.BOOKED.value, "Kept for completion")],
        readonly=True,
    )
    code = fields.Char("Why", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    plant_id = fields.Many2one("stock.warehouse", "Plant", readonly=True)
    production_id = fields.Many2one("mrp.production", "Order", readonly=True)
    inbox_id = fields.Many2one("mes.inbox.message", "Message", readonly=True)
    product_id = fields.Many2one("product.product", readonly=True)
    product_code = fields.Char("Product reported", readonly=True)
    quantity = fields.Float(
        readonly=True, digits="Product Unit", help="In the unit of the product; 0 while the unit is unknown."
    )
    uom_id = fields.Many2one(related="product_id.uom_id")
    currency_id = fields.Many2one("res.currency", readonly=True)
    amount = fields.Monetary("Value", readonly=True, help="At the present standard price; 0 while a code is unknown.")

    @property
    def _table_query(self):
        self.env["mes.inbox.message"].flush_model()
        self.env["mes.booking"].flush_model()
        self.env["mes.code.map"].flush_model()
        self.env["mes.system"].flush_model(["has_same_codes"])
        self.env["uom.uom"].flush_model(["unece_code", "factor", "active"])
        self.env["product.product"].flush_model(["standard_price", "default_code"])
        return SQL(
            """SELECT line.*, company.currency_id AS currency_id,
                      line.quantity * COALESCE((priced.standard_price ->> line.company_id::text)::float, 0) AS amount
                 FROM (%s UNION ALL %s) line
                 JOIN res_company company ON company.id = line.company_id
                 LEFT JOIN product_product priced ON priced.id = line.product_id""",
            self._of_messages(),
            self._of_bookings(),
        )

    def _of_messages(self):
        """One row per product of each report that is not applied; at most a thousand products in one report."""
        return SQL(
            """SELECT told.id::bigint * 1000 + told.place AS id, told.event_time AS at, told.event_type, told.state,
                      told.code, told.company_id, told.plant_id, told.production_id, told.id AS inbox_id,
                      product.id AS product_id, told.item ->> 'product' AS product_code,
                      (told.item -> 'quantity' ->> 'value')::float * CASE
                          WHEN product.id IS NULL THEN 1
                          WHEN split_part(sent.parent_path, '/', 1) = split_part(kept.parent_path, '/', 1)
                          THEN sent.factor / kept.factor ELSE 0 END AS quantity
                 FROM (%s) told
                 LEFT JOIN LATERAL (%s) product ON TRUE
                 LEFT JOIN LATERAL (%s) sent ON TRUE
                 LEFT JOIN uom_uom kept ON kept.id = product.uom_id""",
            self._items(),
            self._product(),
            self._unit(),
        )

    def _items(self):
        """What the reports say, an item a row."""
        return SQL(
            """SELECT message.id, message.event_time, message.event_type, message.state, message.code,
                      message.company_id, message.plant_id, message.production_id, message.system_id,
                      item.value AS item, item.ordinality AS place
                 FROM mes_inbox_message message
                CROSS JOIN LATERAL (SELECT message.payload::jsonb -> 'data' AS data) said
                CROSS JOIN LATERAL jsonb_array_elements(
                      COALESCE(said.data -> 'items', jsonb_build_array(said.data))) WITH ORDINALITY item
                WHERE message.state IN %s AND message.event_type IN %s""",
            tuple(sorted(state.value for state in INBOX_LIVE)),
            REPORTS,
        )

    def _product(self):
        """The product of the item ``told``: as the crosswalk says for its time, else by Odoo's own code."""
        return SQL(
            """SELECT one.id, template.uom_id
                 FROM (%s) mapped
                 JOIN mes_system system ON system.id = told.system_id
                 JOIN product_product one ON one.id = CASE
                      WHEN mapped.is_said THEN mapped.res_id
                      WHEN system.has_same_codes THEN (
                          SELECT known.id FROM product_product known
                            JOIN product_template its ON its.id = known.product_tmpl_id
                           WHERE known.default_code = told.item ->> 'product' AND known.active
                             AND (its.company_id IS NULL OR its.company_id = told.company_id)
                           ORDER BY known.id LIMIT 1) END
                 JOIN product_template template ON template.id = one.product_tmpl_id""",
            self.env["mes.code.map"]._meaning_sql(CodeKind.PRODUCT, SQL("told.item ->> 'product'")),
        )

    def _unit(self):
        """The unit of the item ``told``, in the same way; units are always spoken of directly."""
        return SQL(
            """SELECT one.factor, one.parent_path
                 FROM (%s) mapped
                 JOIN uom_uom one ON one.id = CASE WHEN mapped.is_said THEN mapped.res_id ELSE (
                      SELECT known.id FROM uom_uom known
                       WHERE known.unece_code = told.item -> 'quantity' ->> 'uom'
                       ORDER BY known.active DESC, known.id LIMIT 1) END""",
            self.env["mes.code.map"]._meaning_sql(CodeKind.UNIT, SQL("told.item -> 'quantity' ->> 'uom'")),
        )

    def _of_bookings(self):
        """One row per booking that waits for the completion of its order; their ids are below zero."""
        return SQL(
            """SELECT -booking.id AS id, booking.at, message.event_type, booking.state, NULL AS code,
                      booking.company_id, booking.plant_id, booking.production_id, booking.inbox_id,
                      booking.product_id, product.default_code AS product_code, booking.quantity
                 FROM mes_booking booking
                 JOIN product_product product ON product.id = booking.product_id
                 LEFT JOIN mes_inbox_message message ON message.id = booking.inbox_id
                WHERE booking.state = %s""",
            BookingState.BOOKED.value,
        )

    def action_open_message(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "mes.inbox.message",
            "res_id": self.inbox_id.id,
            "view_mode": "form",
        }
