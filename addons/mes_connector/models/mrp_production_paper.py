"""Doorway on the manufacturing order: booking it by hand while its plant is in paper mode."""

from odoo import fields, models
from odoo.exceptions import UserError

from ..core.errors import IntegrationError
from ..core.order_machine import OrderEvent
from ..core.states import ReportKind
from ..handlers.base import REPORTED
from .mrp_production import READERS

#: What each kind of report is to the life cycle.
EVENTS = {
    ReportKind.CONSUMED: OrderEvent.CONSUME,
    ReportKind.RETURNED: OrderEvent.RETURN,
    ReportKind.RECEIVED: OrderEvent.CONFIRM,
    ReportKind.SCRAPPED: OrderEvent.CONFIRM,
}


class MrpProduction(models.Model):
    _inherit = "mrp.production"

    mes_paper_ids = fields.One2many("mes.paper.booking", "production_id", "Booked by hand", groups=READERS)
    mes_is_paper = fields.Boolean("Booked by hand now", compute="_compute_mes_is_paper")

    def _compute_mes_is_paper(self):
        for plant, orders in self.grouped(lambda order: order._mes_plant()).items():
            orders.mes_is_paper = bool(self.env["mes.paper.period"]._current(plant))

    def _mes_book_by_hand(self, reports, at):
        """Book ``reports`` as the plant would have reported them; they are recognised when it does.

        :param reports: ``mes.posting`` reports
        :param at: when it happened, naive UTC
        :raises UserError: not in paper mode, or the table or a conservation law forbids it
        """
        period = self.env["mes.paper.period"]._require(self)
        # sudo: the person may book; stock moves of an order ask for rights on the whole warehouse.
        order = self.sudo().with_context(mes_reported=REPORTED)
        nobody = self.env["mes.inbox.message"]
        for report in reports:
            try:
                order._mes_check_laws(report)
                order.env["mes.order.lifecycle"]._person(order, EVENTS[report.kind], self.env._("Booked by hand"))
                effects = order.env["mes.posting"]._report(order, report, nobody, at=at)
            except IntegrationError as error:
                raise UserError(str(error)) from error
            self.env["mes.paper.booking"]._write_down(period, self, report, effects, at)
        # sudo: a completion that waited for its totals comes back by the order's own progress.
        nobody.sudo()._resume_parked(self.mes_reference, ["too_early"])

    def _mes_check_laws(self, report):
        laws = self.env["mes.conservation"]
        if report.kind is ReportKind.CONSUMED:
            laws._flag(self, "over_consumption", laws._check_consumption(self, report.lines))
        elif report.kind is ReportKind.RETURNED:
            laws._check_return(self, report.lines)
        elif {line.product for line in report.lines} & set(self.move_finished_ids.product_id):
            laws._check_output(self, report.lines)

    def _mes_follow(self, counter, booked, report, message):
        # The plant's counter knows nothing of what was booked by hand until the plant reports it.
        at = self.env.context.get("mes_reported_at")
        if counter == ReportKind.RECEIVED.value and at:
            by_hand = self.env["mes.paper.booking"]._open_of(self, (ReportKind.RECEIVED,), at)
            mine = by_hand.filtered(lambda one: one.product_id == self.product_id)
            booked -= sum(one._rest() for one in mine)
        return super()._mes_follow(counter, booked, report, message)

    def action_mes_book_by_hand(self):
        """Open the form that books by hand."""
        self.ensure_one()
        self.env["mes.paper.period"]._require(self)
        action = self.env["ir.actions.act_window"]._for_xml_id("mes_connector.mes_paper_book_action")
        return dict(action, context={"default_production_id": self.id})
