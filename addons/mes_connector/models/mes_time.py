"""Books time on work orders as closed logs with their operators; pieces and states are the work order's own.

Facts (each seen on a running Odoo 19):
- two open logs of one user on a work order are refused, so every log carries the user it is about, never the service;
- Odoo sums logs into the duration of a work order: the time of people beside the operation's own must be told apart;
- minutes of a confirmation come without a begin: they are written as an interval that ends with the event.

What is reported twice counts once, in whatever order it arrives: minutes of a confirmation replace the intervals
between start, pause and end of the same operation, and labor is booked only for people no confirmation of it names.
"""

from datetime import timedelta

from odoo import api, models

from ..core import errors
from ..core.states import OrderPhase, TimeMark, TimeOrigin
from ..core.time_marks import Mark, follows, intervals


class MesTime(models.AbstractModel):
    _name = "mes.time"
    _description = "Time Booking"

    # -- started, paused, resumed, finished --------------------------------------------------------------------------

    @api.model
    def _mark(self, workorder, kind, at, users=None, message=None):
        """Note what is said of the work, and write anew the intervals that follow from all that was said.

        :param TimeMark kind: what is said
        :param users: the operators it is about; none: everybody at the operation
        :return: whether an interval changed
        :raises Parked: ``too_early``: no work was going on that could pause, or no pause that could end
        """
        marks = self._marks(workorder)
        known = marks._to_core()
        new = Mark(kind, at, tuple(users.ids) if users else ())
        if not follows(new, known):
            raise errors.error("too_early", f"Operation {workorder.mes_operation} cannot be {kind.value} at {at} UTC.")
        marks |= marks.create(
            {
                "workorder_id": workorder.id,
                "company_id": workorder.company_id.id,
                "kind": kind.value,
                "at": at,
                "user_ids": new.people,
                "inbox_id": message and message.id,
            }
        )
        self._write_intervals(workorder, marks)
        return intervals(known) != intervals([*known, new])

    def _marks(self, workorder):
        return self.env["mes.time.mark"].search([("workorder_id", "=", workorder.id)])

    def _write_intervals(self, workorder, marks):
        """Make the logs between marks what the marks mean; none where minutes were confirmed."""
        wanted = {}
        if not self._logs(workorder, TimeOrigin.CONFIRMED):
            wanted = {(one.person or False, one.start): one.end or False for one in intervals(marks._to_core())}
        gone = workorder.time_ids.browse()
        for log in self._logs(workorder, TimeOrigin.MARKS):
            key = (log.user_id.id, log.date_start)
            if key not in wanted:
                gone |= log
                continue
            end = wanted.pop(key)
            if log.date_end != end:
                log.date_end = end
        gone.unlink()
        minutes = workorder.duration
        self.env["mrp.workcenter.productivity"].create(
            [
                self._log_values(workorder, TimeOrigin.MARKS, minutes, (start, end), user_id=person)
                for (person, start), end in wanted.items()
            ]
        )

    # -- minutes of a confirmation -----------------------------------------------------------------------------------

    @api.model
    def _confirm(self, workorder, minutes, command, users):
        """Book the minutes of a confirmation; they end with the event.

        Setup and machine minutes are those of the operation itself, and the people named were there all that time, or
        their share of the labor minutes when these are given too. Labor minutes (of all people together) are the
        operation's own when there are no others.

        :param minutes: ``{setup, machine, labor}``, each optional
        """
        spent, labor = self._own_minutes(minutes), minutes.get("labor", 0)
        if not spent:
            return
        each = labor / len(users) if users and labor else spent
        is_of_people = spent == labor and not (minutes.get("setup") or minutes.get("machine"))
        rows = [(TimeOrigin.CONFIRMED if is_of_people else TimeOrigin.CREW, each, user.id) for user in users]
        if not (is_of_people and users):
            rows.append((TimeOrigin.CONFIRMED, spent, False))
        total = workorder.duration + spent
        self.env["mrp.workcenter.productivity"].create(
            [
                self._log_values(
                    workorder,
                    origin,
                    total,
                    (self._begin(command.at, minutes_of_row), command.at),
                    user_id=user,
                    mes_inbox_id=command.message.id,
                )
                for origin, minutes_of_row, user in rows
            ]
        )
        self._write_anew(workorder)

    @api.model
    def _own_minutes(self, minutes):
        """Minutes of the operation itself: setup and machine, or else labor."""
        return minutes.get("setup", 0) + minutes.get("machine", 0) or minutes.get("labor", 0)

    def _begin(self, end, minutes):
        return end - timedelta(seconds=round(minutes * 60))

    # -- people ------------------------------------------------------------------------------------------------------

    @api.model
    def _report_labor(self, workorder, user, activity, period, message):
        """Book a person's time on an operation.

        :param Activity activity: what it was spent on
        :param period: begin and end, naive UTC
        :return: the log; an empty one when a confirmation of the operation names the person, who is in its minutes
        """
        start, end = period
        self.env["mes.time.mark"].create(
            {
                "workorder_id": workorder.id,
                "company_id": workorder.company_id.id,
                "kind": TimeMark.LABOR.value,
                "at": start,
                "until": end,
                "activity": activity.value,
                "user_ids": user.ids,
                "inbox_id": message.id,
            }
        )
        self._write_labor(workorder, self._marks(workorder))
        return self._logs(workorder, TimeOrigin.LABOR).filtered(lambda log: log.mes_inbox_id == message)

    def _write_labor(self, workorder, marks):
        """Make the logs of people what was reported of them; none of those whom a confirmation names."""
        named = self._logs(workorder, TimeOrigin.CONFIRMED, TimeOrigin.CREW).user_id
        wanted = {mark.inbox_id: mark for mark in marks._labor() if mark.user_ids not in named}
        logs = self._logs(workorder, TimeOrigin.LABOR)
        logs.filtered(lambda log: log.mes_inbox_id not in wanted).unlink()
        minutes, known = workorder.duration, self._logs(workorder, TimeOrigin.LABOR).mes_inbox_id
        self.env["mrp.workcenter.productivity"].create(
            [
                self._log_values(
                    workorder,
                    TimeOrigin.LABOR,
                    minutes,
                    (mark.at, mark.until),
                    user_id=mark.user_ids.id,
                    mes_activity=mark.activity,
                    mes_inbox_id=message.id,
                )
                for message, mark in wanted.items()
                if message not in known
            ]
        )

    # -- nobody reported it ------------------------------------------------------------------------------------------

    @api.model
    def _estimate_missing(self, order):
        """Where the plant wants that, give operations of a completed order without any time the expected one, flagged.

        Odoo does it unasked and unmarked (trap 20).
        """
        if order.mes_phase != OrderPhase.COMPLETED.value or not order._mes_plant().mes_estimate_times:
            return
        without = order.workorder_ids.filtered(lambda one: one.state == "done" and not one.time_ids)
        self.env["mrp.workcenter.productivity"].create(
            [
                self._log_values(
                    workorder,
                    TimeOrigin.ESTIMATED,
                    minutes,
                    (self._begin(workorder.date_finished, minutes), workorder.date_finished),
                    user_id=False,
                )
                for workorder, minutes in zip(without, without.mapped("duration_expected"), strict=True)
            ]
        )

    # -- taking back -------------------------------------------------------------------------------------------------

    @api.model
    def _take_back(self, message):
        """Undo what ``message`` booked on work orders: its times, its marks, its pieces.

        :return: the work orders it had booked on
        """
        logs = self.env["mrp.workcenter.productivity"].search([("mes_inbox_id", "=", message.id)])
        marks = self.env["mes.time.mark"].search([("inbox_id", "=", message.id)])
        booked = message.effect_ids.filtered(lambda effect: effect.res_model == "mrp.workorder")
        workorders = logs.workorder_id | marks.workorder_id
        workorders |= workorders.browse(booked.mapped("res_id")).exists()
        logs.unlink()
        marks.unlink()
        for workorder in workorders:
            workorder._mes_subtract(booked.filtered(lambda effect, one=workorder: effect.res_id == one.id))
            self._write_anew(workorder)
        return workorders

    # -- shared ------------------------------------------------------------------------------------------------------

    def _write_anew(self, workorder):
        """Fit the times that follow from reports to the confirmations there are now."""
        marks = self._marks(workorder)
        self._write_intervals(workorder, marks)
        self._write_labor(workorder, marks)

    def _logs(self, workorder, *origins):
        return workorder.time_ids.filtered(lambda log: log.mes_origin in origins)

    def _log_values(self, workorder, origin, total, period, **values):
        """Values of a log; ``total`` minutes of the operation decide whether Odoo calls it productive or slow."""
        start, end = period
        return dict(workorder._prepare_timeline_vals(total, start, end), mes_origin=origin.value, **values)
