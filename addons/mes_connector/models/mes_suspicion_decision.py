"""What people see of a suspected report and decide about it; what is suspected is found elsewhere."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

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
    suspect_payload = fields.Text("What was reported then", related="suspect_of_id.payload")

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
        for message in self._suspected(DUPLICATE):
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
        found._remember()
        found.let_through_id = self.env.user
        found._resume()

    def _remember(self):
        """Note what the decision says of the sender, where that cannot hide a resend: a distance in time between equal
        reports, or a size of a quantity. The same instant, count or serial number is asked about each time.
        """
        self.check_access("write")
        # sudo: habits come from decisions alone; whoever may decide on the message makes one by it.
        self.env["mes.habit"].sudo()._learn(self.filtered("suspect_context"))


class MesCase(models.Model):
    _inherit = "mes.case"

    def action_same(self):
        """All messages of these cases tell what was told before."""
        self.inbox_ids.action_same()

    def action_let_through(self):
        """All messages of these cases are right."""
        self.inbox_ids.action_let_through()
