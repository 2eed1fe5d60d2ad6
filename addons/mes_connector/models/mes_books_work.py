"""Reads what is held of the work of orders: pieces and times of their work orders; stock is in mes_books_held.py."""

from odoo import SUPERUSER_ID, models
from odoo.tools import SQL

from ..core.postings import Posting
from ..core.statements import CREW, INTERVAL, LABOR, TIME
from ..core.states import TimeMark, TimeOrigin
from ..core.time_marks import intervals
from .mes_books import COUNTERS

#: The kind of time each origin of a log stands for that one message tells of.
LOG_KINDS = {TimeOrigin.CONFIRMED.value: TIME, TimeOrigin.CREW.value: CREW, TimeOrigin.LABOR.value: LABOR}


class MesBooks(models.AbstractModel):
    _inherit = "mes.books"

    # -- pieces ------------------------------------------------------------------------------------------------------

    def _counted(self, orders, exempt):
        """The pieces that work orders count; each adds up what many confirmations said.

        :param exempt: orders of which people may have counted what no message says
        """
        workorders = orders.workorder_ids.filtered("mes_operation")
        return [
            Posting(
                one.production_id.id,
                kind,
                quantity=one[name],
                record=(one._name, one.id),
                operation=one.mes_operation,
                is_sum=True,
            )
            for one in workorders
            for name, kind in COUNTERS.items()
            if one.production_id not in exempt
        ]

    # -- times of one message ----------------------------------------------------------------------------------------

    def _logs(self, orders, origins):
        return self.env["mrp.workcenter.productivity"].search_fetch(
            [("workorder_id.production_id", "in", orders.ids), ("mes_origin", "in", origins)],
            ["workorder_id", "mes_origin", "mes_inbox_id", "date_start", "date_end", "duration", "user_id"],
            order="id",
        )

    def _logged(self, orders):
        """The time logs that come from one message each, and those that come from nobody."""
        lines = [self._log(log, LOG_KINDS[log.mes_origin]) for log in self._logs(orders, list(LOG_KINDS))]
        # People keep the time they enter by hand; lanes work as the system, and say where a log comes from.
        others = self._logs(orders, [False]).filtered(lambda log: log.create_uid.id in (False, SUPERUSER_ID))
        return lines + [self._log(log, INTERVAL) for log in others]

    def _log(self, log, kind, record=None):
        message = log.mes_inbox_id.id
        minutes = (log.date_end - log.date_start).total_seconds() / 60 if log.date_end else 0.0
        return Posting(
            log.workorder_id.production_id.id,
            kind,
            quantity=log.duration,
            at=self._second(log.date_end or None),
            message=message,
            record=record or (("log", message, kind) if message else (log._name, log.id)),
            echoes=(minutes,),
            operation=log.workorder_id.mes_operation or "",
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

    # -- times that follow from several ------------------------------------------------------------------------------

    def _followed(self, orders, confirmed):
        """The work between start, pause and end of operations: what the marks mean, and the logs there are.

        :param confirmed: ids of work orders whose confirmed minutes take the place of such intervals
        :return: proven and held lines
        """
        marks = self.env["mes.time.mark"].search([("workorder_id.production_id", "in", orders.ids)])
        logs = self._logs(orders, [TimeOrigin.MARKS.value])
        confirmed |= set(self._logs(orders, [TimeOrigin.CONFIRMED.value]).workorder_id.ids)
        marks_of, logs_of = marks.grouped("workorder_id"), logs.grouped("workorder_id")
        proven, held = [], []
        for workorder in marks.workorder_id | logs.workorder_id:
            mine, there = marks_of.get(workorder, marks.browse()), logs_of.get(workorder, logs.browse())
            wanted = [] if workorder.id in confirmed else intervals(mine._to_core())
            pairs = self._pairs(wanted, there)
            proven += [self._interval(workorder, one, mine, pairs) for one in wanted]
            held += [self._log(log, INTERVAL, (log._name, log.id)) for log in there]
        estimated = self._logs(orders, [TimeOrigin.ESTIMATED.value])
        held += [self._log(log, INTERVAL) for log in estimated]
        return proven + self._estimated(estimated), held

    def _pairs(self, wanted, logs):
        """``{interval: log}`` of one operation: by person and begin, what is left of a person in its order."""
        by_start = {(log.user_id.id, log.date_start): log for log in logs}
        pairs = {one: by_start.pop((one.person or False, one.start), None) for one in wanted}
        for one in [one for one, log in pairs.items() if not log]:
            left = [key for key in by_start if key[0] == (one.person or False)]
            pairs[one] = by_start.pop(left[0]) if left else None
        return pairs

    def _interval(self, workorder, one, marks, pairs):
        begun = marks.filtered(lambda mark: mark.at == one.start and mark.inbox_id)[:1]
        log = pairs[one]
        return Posting(
            workorder.production_id.id,
            INTERVAL,
            quantity=(one.end - one.start).total_seconds() / 60 if one.end else 0.0,
            at=self._second(one.end),
            message=begun.inbox_id.id,
            record=(log._name, log.id) if log else (INTERVAL, workorder.id, one),
            operation=workorder.mes_operation or "",
        )

    def _estimated(self, logs):
        """An estimate stands for itself, where the operation has no other time."""
        alone = logs.filtered(lambda log: log.workorder_id.time_ids == log)
        return [self._log(log, INTERVAL) for log in alone]
