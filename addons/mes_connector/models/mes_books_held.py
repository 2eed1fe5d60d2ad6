"""Reads what the records of orders hold now: done stock moves, reports kept for completion, time logs.

Also which of it needs no proof of a message: what people booked, and what an estimate left behind.
"""

from odoo import SUPERUSER_ID, api, models
from odoo.tools import SQL

from ..core.order_machine import OrderEvent
from ..core.reconciliation import Posting
from ..core.statements import CREW, LABOR, TIME
from ..core.states import BookingState, EffectKind, ReportKind, TimeMark, TimeOrigin
from .mes_books import BOOKING, LINE, Evidence

#: The kind of time each origin of a log stands for.
LOG_KINDS = {TimeOrigin.CONFIRMED.value: TIME, TimeOrigin.CREW.value: CREW, TimeOrigin.LABOR.value: LABOR}


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
        free = self._free(orders, lines, {row["origin_id"] for row in rows if row["is_estimate_undone"]})
        lines += self._logged(orders) + self._kept(orders)
        return Evidence(lines, {row["id"]: row["move_id"] for row in rows}, self._labor(orders), free)

    # -- stock -------------------------------------------------------------------------------------------------------

    def _moved_query(self, orders):
        """The lines of every done move of ``orders``, and of what takes such moves back."""
        return SQL(
            """SELECT line.id, line.move_id, line.product_id, line.quantity, line.quantity_product_uom,
                      move.product_id AS moved_id, lot.name AS lot, %(happened_at)s AS at,
                      move.origin_returned_move_id AS origin_id, origin.mes_is_estimated AS is_estimate_undone,
                      COALESCE(move.raw_material_production_id, move.production_id, scrap.production_id,
                               origin.raw_material_production_id, origin.production_id, undone.production_id,
                               first.raw_material_production_id, first.production_id) AS order_id,
                      CASE WHEN move.origin_returned_move_id IS NOT NULL THEN %(reversed)s
                           WHEN move.scrap_id IS NOT NULL THEN %(scrapped)s
                           WHEN move.production_id IS NOT NULL THEN %(received)s
                           WHEN move.mes_is_estimated THEN %(estimated)s ELSE %(consumed)s END AS kind
                 FROM stock_move move
                 JOIN stock_move_line line ON line.move_id = move.id
                 LEFT JOIN stock_lot lot ON lot.id = line.lot_id
                 LEFT JOIN stock_scrap scrap ON scrap.id = move.scrap_id
                 LEFT JOIN stock_move origin ON origin.id = move.origin_returned_move_id
                 LEFT JOIN stock_scrap undone ON undone.id = origin.scrap_id
                 LEFT JOIN stock_move first ON first.id = origin.origin_returned_move_id
                WHERE move.state = 'done' AND move.unbuild_id IS NULL AND move.id IN (%(ids)s)
                  AND (scrap.id IS NULL OR scrap.create_uid = %(system)s)
                ORDER BY line.id""",
            happened_at=self._happened_at(),
            reversed=EffectKind.REVERSED.value,
            scrapped=ReportKind.SCRAPPED.value,
            received=ReportKind.RECEIVED.value,
            estimated=EffectKind.ESTIMATED.value,
            consumed=ReportKind.CONSUMED.value,
            ids=self._moves_of(orders),
            # What people scrap is theirs; lanes work as the system.
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
        kind, record = row["kind"], (LINE, row["id"])
        if row["origin_id"]:
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
            echoes=(row["quantity_product_uom"],),
        )

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

    # -- times -------------------------------------------------------------------------------------------------------

    def _logged(self, orders):
        """The time logs that come from one message each; intervals between marks come from several."""
        logs = self.env["mrp.workcenter.productivity"].search_fetch(
            [("workorder_id.production_id", "in", orders.ids), ("mes_origin", "in", list(LOG_KINDS))],
            ["workorder_id", "mes_origin", "mes_inbox_id", "date_start", "date_end", "duration"],
            order="id",
        )
        return [self._log(log) for log in logs]

    def _log(self, log):
        kind, message = LOG_KINDS[log.mes_origin], log.mes_inbox_id.id
        minutes = (log.date_end - log.date_start).total_seconds() / 60 if log.date_end else 0.0
        return Posting(
            log.workorder_id.production_id.id,
            kind,
            quantity=log.duration,
            at=self._second(log.date_end or None),
            message=message,
            record=("log", message, kind) if message else (log._name, log.id),
            echoes=(minutes,),
        )

    def _labor(self, orders):
        """The messages whose labor must have a log: those of people whom no confirmation of the operation names."""
        return {
            message
            for (message,) in self.env.execute_query(
                SQL(
                    """SELECT mark.inbox_id
                         FROM mes_time_mark mark
                         JOIN mrp_workorder workorder ON workorder.id = mark.workorder_id
                         JOIN mes_time_mark_res_users_rel person ON person.mes_time_mark_id = mark.id
                        WHERE mark.kind = %s AND workorder.production_id = ANY(%s)
                          AND NOT EXISTS (
                              SELECT FROM mrp_workcenter_productivity log
                               WHERE log.workorder_id = mark.workorder_id AND log.user_id = person.res_users_id
                                 AND log.mes_origin IN %s)""",
                    TimeMark.LABOR.value,
                    orders.ids,
                    (TimeOrigin.CONFIRMED.value, TimeOrigin.CREW.value),
                )
            )
        }

    # -- what needs no proof -----------------------------------------------------------------------------------------

    def _free(self, orders, lines, estimates):
        """The keys of what no message has to prove: bookings by hand, what a person's close booked, and what took
        estimates back that a report replaced.

        :param estimates: ids of the estimated moves that were taken back
        """
        paper = self.env["mes.paper.booking"].search([("production_id", "in", orders.ids)]).move_line_ids
        free = {(LINE, number) for number in paper.ids}
        free |= {("counter", number) for number in {*paper.move_id.ids, *estimates}}
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

    def _closed_by_hand(self, orders):
        closes = self.env["mes.order.transition"].search(
            [("production_id", "in", orders.ids), ("event", "=", OrderEvent.CLOSE.value), ("inbox_id", "=", False)]
        )
        return closes.production_id
