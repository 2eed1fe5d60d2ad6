"""What people see of a suspected report and decide about it; what is suspected is found elsewhere."""

import json

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..core import comparison
from ..core.message_machine import InboxEvent
from ..core.states import InboxState
from ..core.unit_shift import WINDOW
from .mes_suspicion import DUPLICATE, UNIT_SHIFT


class MesInboxMessage(models.Model):
    _inherit = "mes.inbox.message"

    suspect_of_id = fields.Many2one(
        "mes.inbox.message",
        "Looks like",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
        help="The applied message that this one seems to tell once more.",
    )
    suspect_context = fields.Char(readonly=True)
    suspect_value = fields.Float(readonly=True)
    let_through_id = fields.Many2one(
        "res.users", "Let through by", readonly=True, help="Looked at the suspicion and had the message applied."
    )
    is_suspected = fields.Boolean(compute="_compute_is_suspected", search="_search_is_suspected")
    usual_fact_ids = fields.Many2many("mes.fact", string="Reported before", compute="_compute_usual_fact_ids")
    report_line = fields.Char("Report", compute="_compute_report_line")
    suspect_payload = fields.Text("What was reported then", related="suspect_of_id.payload")
    suspicion_reason = fields.Char("Why", compute="_compute_suspicion_reason")
    suspect_at = fields.Datetime("Told before", related="suspect_of_id.event_time")
    comparison = fields.Html(compute="_compute_comparison", sanitize=False)

    @api.depends("state", "code")
    def _compute_is_suspected(self):
        for message in self:
            is_parked = message.state == InboxState.PARKED.value
            message.is_suspected = is_parked and message.code in (DUPLICATE, UNIT_SHIFT)

    def _search_is_suspected(self, operator, value):
        if operator != "in":
            return NotImplemented
        domain = Domain("state", "=", InboxState.PARKED.value) & Domain("code", "in", (DUPLICATE, UNIT_SHIFT))
        return domain if True in value else ~domain

    @api.depends("suspect_context", "code")
    def _compute_usual_fact_ids(self):
        for message in self:
            is_shift = message.code == UNIT_SHIFT and message.suspect_context
            domain = [
                ("system_id", "=", message.system_id.id),
                ("measure", "=", message.suspect_context),
                ("is_undone", "=", False),
            ]
            message.usual_fact_ids = is_shift and self.env["mes.fact"].search(domain, limit=WINDOW)

    @api.depends("text", "code")
    def _compute_suspicion_reason(self):
        for message in self:
            general = message.is_suspected and self.env["mes.dispatcher"]._code(message.code).text
            message.suspicion_reason = general and message.text.removeprefix(general).strip()

    @api.depends("payload")
    def _compute_report_line(self):
        for message in self:
            data = json.loads(message.payload)["data"] if message.payload and not message.is_quarantined else {}
            message.report_line = comparison.in_a_line(data)

    @api.depends("payload", "suspect_payload")
    def _compute_comparison(self):
        for message in self:
            are_there = message.payload and message.suspect_payload
            message.comparison = are_there and self._side_by_side(message, message.suspect_of_id)

    def _side_by_side(self, *messages):
        """A table of what both messages tell: what differs stands out."""
        told = [json.loads(message.payload) for message in messages]
        terms = self.env["mes.suspicion"]._in_own_terms
        own = [terms(message, event["data"]) for message, event in zip(messages, told, strict=True)]
        values = {"rows": comparison.compare(*told, *own)}
        return self.env["ir.qweb"]._render("mes_connector.suspicion_comparison", values)

    def _suspected(self, *codes):
        """Those of the selection that are held for one of ``codes``.

        :raises UserError: none is, or no longer
        """
        found = self.filtered(lambda one: one.is_suspected and one.code in codes)
        if not found:
            raise UserError(self.env._("None of these messages waits for this decision any more."))
        return found

    def action_same(self):
        """It is the same fact: the messages are given up, and their sender is told of which they are duplicates."""
        code = self.env["mes.dispatcher"]._code("duplicate")
        found = self._suspected(DUPLICATE)
        found._note_decision(self.env._("The same fact as one reported before; discarded:"))
        for message in found:
            values = {"user": self.env.user.name, "original": message.suspect_of_id.event_id}
            if message.suspect_of_id:
                text = self.env._("The same fact as event %(original)s, says %(user)s.", **values)
            else:
                text = self.env._("The same fact as one that was counted before, says %(user)s.", **values)
            message._settle(InboxEvent.DISCARD, code, text)
            self.env["mes.dispatcher"]._after(message)

    def action_let_through(self):
        """Both happened, or the quantity is right: the messages are applied, and what that teaches is remembered."""
        found = self._suspected(DUPLICATE, UNIT_SHIFT)
        found._note_decision(self.env._("It happened as reported; posted:"))
        found._remember()
        found.let_through_id = self.env.user
        found._resume()

    def _note_decision(self, decision):
        """Say in the history of their cases who decided what of which messages."""
        for case, messages in self.grouped("case_id").items():
            if case:
                # sudo: who may decide need not be able to write notes of cases; the note is signed with the decider.
                words = f"{decision} {', '.join(messages.mapped('event_id'))}"
                case.sudo().message_post(body=words, author_id=self.env.user.partner_id.id)

    def _remember(self):
        """Note what the decision says of the sender, where that cannot hide a resend: a distance in time between equal
        reports, or a size of a quantity. The same instant, count or serial number is asked about each time.
        """
        self.check_access("write")
        # sudo: habits come from decisions alone; whoever may decide on the message makes one by it.
        self.env["mes.habit"].sudo()._learn(self.filtered("suspect_context"))

    def _habit(self):
        """What letting this message through says of its sender, in words."""
        if self.code == UNIT_SHIFT:
            return self.env._("A quantity like this is right: %s", self.report_line)
        values = {"seconds": f"{self.suspect_value:g}", "report": self.report_line}
        return self.env._("Equal reports may follow after %(seconds)s s: %(report)s", **values)


class MesCase(models.Model):
    _inherit = "mes.case"

    def action_same(self):
        """All messages of these cases tell what was told before."""
        self.inbox_ids.action_same()

    def action_let_through(self):
        """All messages of these cases are right."""
        self.inbox_ids.action_let_through()
