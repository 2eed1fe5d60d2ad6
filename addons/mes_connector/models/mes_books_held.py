"""Reads what the records of orders hold now: done stock moves, scrap by hand, reports kept for completion.

Also which of it needs no proof of a message: what people booked, and what an estimate left behind.
"""

from odoo import SUPERUSER_ID, api, models
from odoo.tools import SQL

from ..core.order_machine import OrderEvent
from ..core.postings import REMAINDER, Posting
from ..core.states import BookingState, EffectKind, ReportKind
from .mes_books import BOOKING, LINE, Evidence

SCRAP = "stock.scrap"


class MesBooks(models.AbstractModel):
    _inherit = "mes.books"

    @api.model
    def _held(self, orders, effects):
        """What the records of ``orders`` hold, as core postings.

        :return: :class:`Evidence`
        """
        rows = self.env.execute_query_dict(self._moved_query(orders))
        returned = {effect.res_id for effect in effects if effect.kind == ReportKind.RETURNED.value}
        names = self._names(rows)
        lines = [self._moved(row, names, returned) for row in rows]
        free = self._free(orders, lines, rows)
        lines += self._logged(orders) + self._kept(orders) + self._counted(orders, self._booked_by_hand(orders))
        return Evidence(lines, {row["id"]: row["move_id"] for row in rows}, self._labor(orders), free)

    # -- stock -------------------------------------------------------------------------------------------------------

    def _moved_query(self, orders):
        """The lines of every done move of ``orders``, and of what takes such moves back."""
        return SQL(
            """SELECT line.id, move.id AS move_id, move.product_id AS moved_id, lot.name AS lot, %(happened_at)s AS at,
                      COALESCE(line.product_id, move.product_id) AS product_id, line.quantity_product_uom,
                      COALESCE(line.quantity * unit.factor, move.quantity * moved_unit.factor) / own_unit.factor
                          AS quantity,
                      CASE WHEN COUNT(*) OVER (PARTITION BY move.id) = 1
                           THEN move.quantity * moved_unit.factor / own_unit.factor END AS moved_quantity,
                      line.date = move.date AS is_dated, %(is_placed)s AS is_placed,
                      CASE WHEN scrap.create_uid <> %(system)s THEN scrap.id END AS scrap_id,
                      move.origin_returned_move_id AS origin_id, origin.mes_is_estimated AS is_estimate_undone,
                      COALESCE(move.raw_material_production_id, move.production_id, scrap.production_id,
                               origin.raw_material_production_id, origin.production_id, undone.production_id,
                               first.raw_material_production_id, first.production_id) AS order_id,
                      CASE WHEN move.origin_returned_move_id IS NOT NULL THEN %(reversed)s
                           WHEN move.scrap_id IS NOT NULL THEN %(scrapped)s
                           WHEN move.production_id IS NOT NULL THEN %(received)s
                           WHEN move.mes_is_estimated THEN %(estimated)s ELSE %(consumed)s END AS kind
                 FROM stock_move move
                 JOIN product_product product ON product.id = move.product_id
                 JOIN product_template template ON template.id = product.product_tmpl_id
                 JOIN uom_uom own_unit ON own_unit.id = template.uom_id
                 JOIN uom_uom moved_unit ON moved_unit.id = move.product_uom
                 LEFT JOIN stock_move_line line ON line.move_id = move.id
                 LEFT JOIN uom_uom unit ON unit.id = line.product_uom_id
                 LEFT JOIN stock_lot lot ON lot.id = line.lot_id
                 LEFT JOIN stock_scrap scrap ON scrap.id = move.scrap_id
                 LEFT JOIN stock_move origin ON origin.id = move.origin_returned_move_id
                 LEFT JOIN stock_scrap undone ON undone.id = origin.scrap_id
                 LEFT JOIN stock_move first ON first.id = origin.origin_returned_move_id
                WHERE move.state = 'done' AND move.unbuild_id IS NULL AND move.id IN (%(ids)s)
                  AND (line.id IS NOT NULL OR move.quantity <> 0)
                ORDER BY line.id""",
            happened_at=self._happened_at(),
            is_placed=self._is_placed(),
            reversed=EffectKind.REVERSED.value,
            scrapped=ReportKind.SCRAPPED.value,
            received=ReportKind.RECEIVED.value,
            estimated=EffectKind.ESTIMATED.value,
            consumed=ReportKind.CONSUMED.value,
            ids=self._moves_of(orders),
            # What people scrap no message says; lanes work as the system.
            system=SUPERUSER_ID,
        )

    def _moves_of(self, orders):
        """A query of the ids of the moves of ``orders``, of their scrap, and of what takes them back, twice at most."""
        return SQL(
            """WITH own AS (
                   SELECT id FROM stock_move WHERE raw_material_production_id = ANY(%(ids)s)
                   UNION SELECT id FROM stock_move WHERE production_id = ANY(%(ids)s)
                   UNION SELECT move.id FROM stock_move move JOIN stock_scrap scrap ON scrap.id = move.scrap_id
                          WHERE scrap.production_id = ANY(%(ids)s)),
               undoing AS (SELECT id FROM stock_move WHERE origin_returned_move_id IN (SELECT id FROM own))
               SELECT id FROM own UNION SELECT id FROM undoing
                UNION SELECT id FROM stock_move WHERE origin_returned_move_id IN (SELECT id FROM undoing)""",
            ids=orders.ids,
        )

    def _is_placed(self):
        """SQL of whether a ``line`` is where its ``move`` goes from and to, and that leads into or out of the order."""
        return SQL(
            """line.id IS NULL OR EXISTS (
                   SELECT FROM stock_location begin, stock_location goal, stock_location source, stock_location target
                    WHERE begin.id = line.location_id AND goal.id = line.location_dest_id
                      AND source.id = move.location_id AND target.id = move.location_dest_id
                      AND starts_with(begin.parent_path, source.parent_path)
                      AND starts_with(goal.parent_path, target.parent_path)
                      AND CASE WHEN move.origin_returned_move_id IS NOT NULL THEN
                                    origin.location_id = target.id AND origin.location_dest_id = source.id
                               WHEN move.scrap_id IS NOT NULL THEN target.usage = 'inventory'
                               WHEN move.production_id IS NOT NULL THEN source.usage = 'production'
                               ELSE target.usage = 'production' END)"""
        )

    @api.model
    def _happened_at(self):
        """SQL of when a ``move`` says it happened."""
        return SQL("move.date")

    def _names(self, rows):
        products = self.env["product.product"].browse(
            {row[name] for row in rows for name in ("product_id", "moved_id")}
        )
        return {product.id: self._name_of(product) for product in products.exists()}

    def _moved(self, row, names, returned):
        kind, record = row["kind"], (LINE, row["id"]) if row["id"] else ("stock.move", row["move_id"])
        if row["scrap_id"]:
            record = (SCRAP, row["scrap_id"])
        elif row["origin_id"]:
            kind, record = (
                (ReportKind.RETURNED.value, record) if row["id"] in returned else (kind, ("counter", row["origin_id"]))
            )
        product = names.get(row["product_id"], "")
        if row["moved_id"] != row["product_id"]:
            product = f"{product} / {names.get(row['moved_id'], '')}"
        return Posting(
            row["order_id"],
            kind,
            product,
            row["lot"] or "",
            row["quantity"],
            self._second(row["at"]),
            record=record,
            echoes=tuple(row[name] for name in ("quantity_product_uom", "moved_quantity") if row[name] is not None),
            flaws=self._flaws(row),
        )

    def _flaws(self, row):
        """What a line says otherwise than its move, or of which there is none."""
        if not row["id"]:
            return (REMAINDER,)
        return tuple(
            name for name, is_right in (("date", row["is_dated"]), ("place", row["is_placed"])) if not is_right
        )

    def _scrapped_by_hand(self, orders):
        """What people scrapped: nobody reports it, but the scrap itself says what its moves must be."""
        scraps = self.env["stock.scrap"].search(
            [
                ("production_id", "in", orders.ids),
                ("state", "=", "done"),
                ("create_uid", "not in", [False, SUPERUSER_ID]),
            ]
        )
        return [
            Posting(
                one.production_id.id,
                ReportKind.SCRAPPED.value,
                self._name_of(one.product_id),
                one.lot_id.name or "",
                one.product_uom_id._compute_quantity(one.scrap_qty, one.product_id.uom_id, rounding_method="HALF-UP"),
                record=(SCRAP, one.id),
            )
            for one in scraps
        ]

    # -- reports kept for completion ---------------------------------------------------------------------------------

    def _kept(self, orders):
        bookings = self.env["mes.booking"].search([("production_id", "in", orders.ids), ("inbox_id", "!=", False)])
        return [
            Posting(
                one.production_id.id,
                one.kind,
                self._name_of(one.product_id),
                one.lot_id.name or "",
                one.quantity,
                self._second(one.at),
                record=(BOOKING, one.id),
            )
            for one in bookings
        ]

    # -- what needs no proof -----------------------------------------------------------------------------------------

    def _free(self, orders, lines, rows):
        """The keys of what no message has to prove: bookings by hand, what a person's close booked, and what took
        estimates, and scrap by hand, back.
        """
        paper = self.env["mes.paper.booking"].search([("production_id", "in", orders.ids)]).move_line_ids
        free = {(LINE, number) for number in paper.ids}
        undone = {row["origin_id"] for row in rows if row["is_estimate_undone"]}
        undone |= {row["move_id"] for row in rows if row["scrap_id"]}
        free |= {("counter", number) for number in {*paper.move_id.ids, *undone}}
        closed = self._closed_by_hand(orders)
        kept = {
            (one.production_id.id, one.kind, self._name_of(one.product_id), one.lot_id.name or "")
            for one in closed.mes_booking_ids
            if one.state == BookingState.POSTED.value
        }
        of_close = set(closed.ids)
        return free | {
            line.record
            for line in lines
            if line.order in of_close and (line.kind == EffectKind.ESTIMATED.value or (line.order, *line.what) in kept)
        }

    def _booked_by_hand(self, orders):
        """The orders of which people may have counted pieces."""
        paper = self.env["mes.paper.booking"].search([("production_id", "in", orders.ids)])
        return paper.production_id | self._closed_by_hand(orders)

    def _closed_by_hand(self, orders):
        closes = self.env["mes.order.transition"].search(
            [("production_id", "in", orders.ids), ("event", "=", OrderEvent.CLOSE.value), ("inbox_id", "=", False)]
        )
        return closes.production_id
