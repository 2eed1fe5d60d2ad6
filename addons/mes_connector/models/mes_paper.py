"""Recognises what a late message reports and people booked by hand: only the rest is checked and posted."""

from odoo import models

from ..core import errors
from ..core.states import ReportKind

BOOKING = "mes.paper.booking"
#: Kinds of reports that bring pieces out of an order.
OUTPUT = (ReportKind.RECEIVED, ReportKind.SCRAPPED)


class MesPosting(models.AbstractModel):
    _inherit = "mes.posting"

    def _report(self, order, report, message, *, at):
        if not message:
            return super()._report(order, report, message, at=at)
        rest, taken = self.env[BOOKING]._split(order, (report.kind,), report.lines, at)
        if not taken:
            return super()._report(order, report, message, at=at)
        effects = self.env[BOOKING]._recognise(taken)
        if rest:
            left = self.Report(report.kind, rest, report.workorder, report.reason)
            effects += super()._report(order, left, message, at=at)
        return effects

    def _reverse(self, order, message, *, at):
        if message.effect_ids.filtered(lambda effect: effect.res_model == BOOKING):
            raise errors.error("not_reversible", "A part of it was booked by hand: undo that booking in Odoo.")
        return super()._reverse(order, message, at=at)


class MesConservation(models.AbstractModel):
    _inherit = "mes.conservation"

    def _check_output(self, order, lines):
        return super()._check_output(order, self._not_by_hand(order, OUTPUT, lines))

    def _check_consumption(self, order, lines):
        return super()._check_consumption(order, self._not_by_hand(order, (ReportKind.CONSUMED,), lines))

    def _not_by_hand(self, order, kinds, lines):
        rest, _taken = self.env[BOOKING]._split(order, kinds, lines, self.env.context.get("mes_reported_at"))
        return rest
