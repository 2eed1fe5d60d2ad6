"""Doorway on the work order: what its reported time costs, log by log.

Odoo unites overlapping intervals, so that two operators in one hour, or two confirmations whose minutes end at the same
time, would cost one (trap 21). What a plant reports are minutes that were spent: each counts once.
"""

from odoo import models


class MrpWorkorder(models.Model):
    _inherit = "mrp.workorder"

    def _cal_cost(self, date=False):
        reported = self.filtered(lambda one: one._mes_is_reported())
        return super(MrpWorkorder, self - reported)._cal_cost(date) + sum(one._mes_cost(date) for one in reported)

    def _mes_is_reported(self):
        return not self._should_estimate_cost() and any(self.time_ids.mapped("mes_origin"))

    def _mes_cost(self, date=False):
        """Minutes of the operation at the rate of the work center where they were spent, people's at theirs.

        :param date: only logs that ended before it
        """
        logs = self.time_ids.filtered(lambda log: log.date_end and (not date or log.date_end < date))
        people = logs._mes_of_people()
        # Nothing but people's time: it is the operation's own as well.
        own = (logs - people) or people
        named = people | own.filtered("user_id")
        cost = sum(log.duration * self._mes_rate(log.workcenter_id) for log in own)
        return (cost + sum(log.duration * log.workcenter_id.mes_costs_hour_person for log in named)) / 60

    def _mes_rate(self, center):
        """Cost of an hour: the one Odoo froze when the operation ended, where it ended."""
        return self.costs_hour if self.costs_hour and center == self.workcenter_id else center.costs_hour
