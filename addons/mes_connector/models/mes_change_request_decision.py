"""What the owner says to a change request: it is done with the rights of who proposed it, or not, and that person told.

The owner's consent is to one rule, for the one change it makes.
"""

from dataclasses import replace

from markupsafe import Markup

from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from ..core.order_machine import OrderEvent
from ..core.ownership import Owner, Place
from ..core.states import ChangeRequestState as State
from .mes_change_request import TOLD
from .mes_ownership import ACTING

#: What an accepted step of a person presses, and whether it wants a reason.
BUTTONS = {
    OrderEvent.RELEASE: ("action_mes_release", False),
    OrderEvent.POST: ("action_mes_post", False),
    OrderEvent.HOLD: ("action_mes_hold", True),
    OrderEvent.RESUME: ("action_mes_resume", False),
    OrderEvent.CLOSE: ("action_mes_close", True),
    OrderEvent.REOPEN: ("action_mes_reopen", True),
    OrderEvent.CANCEL: ("action_cancel", False),
}


class MesChangeRequest(models.Model):
    _inherit = "mes.change.request"

    def action_accept(self):
        """Agree for the owner: what was proposed is done now.

        :raises AccessError: the user does not decide for the owner
        :raises UserError: it was decided before, or what it is about has changed since
        """
        self._require_open()
        for request in self:
            # Before the change: a message that comes back looks for it.
            request._decide(State.ACCEPTED)
            if request.inbox_id:
                # sudo: who owns the step need not work messages.
                request.sudo().inbox_id._resume()
            elif request.transaction:
                request._take_step()
            else:
                request._write_values()
        self._tell(self.env._("Accepted"), "success")
        self._close_cases()

    def action_refuse(self, reason=""):
        """Refuse for the owner: nothing is done, and the sender of a message is told."""
        self._require_open()
        for request in self:
            request._decide(State.REFUSED, reason)
            if request.inbox_id:
                # sudo: as above.
                request.sudo().inbox_id.action_discard(reason or self.env._("Refused by the owner"))
        self._tell(self.env._("Refused"), "danger")
        self._close_cases()

    def _decide(self, state, reason=""):
        # sudo: the method has asked who decides; requests are not written by hand.
        self.sudo().write(
            {
                "state": state.value,
                "decided_by_id": self.env.uid,
                "decided_at": fields.Datetime.now(),
                "answer": reason,
            }
        )

    def _require_open(self):
        self.check_access("read")
        for request in self:
            if not self.env.su and not request._may_decide():
                raise AccessError(
                    self.env._("This is for its owner to decide, or for a data steward who did not propose it.")
                )
            if request.state != State.PROPOSED.value:
                raise UserError(self.env._("This has been decided, as you see when you load it again."))

    def _may_decide(self):
        ownership, user = self.env["mes.ownership"], self.env.user
        actor = ownership._actor()
        # sudo: the account of a system need not read rules.
        rule = self.sudo().rule_id._as_rule()
        if actor.system:
            return rule.is_owned_by(actor, Place(plant=self.plant_id.id))
        roles = ["steward", "planner"] if rule.owner is Owner.ODOO else ["steward"]
        is_entitled = any(user.has_group(f"mes_connector.group_mes_{role}") for role in roles)
        return is_entitled and self.user_id != user

    def _with_consent(self):
        """The record, as who proposed the change sees it, and with the consent of the rule's owner."""
        ownership = self.env["mes.ownership"].with_user(self.user_id)
        actor = replace(ownership._actor(), consent=self.rule_id.id)
        record = self.env[self.res_model].with_user(self.user_id).with_context(**{ACTING: actor})
        record = record.browse(self.res_id).exists()
        if not record:
            raise UserError(self.env._("%s is gone: refuse the request.", self.record_name))
        return record

    def _write_values(self):
        record = self._with_consent()
        if any(self._cached(record, name, record[name]) != value for name, value in self.before.items()):
            raise UserError(self.env._("%s has been changed since: refuse the request.", self.record_name))
        values = {
            name: [fields.Command.set(value)] if record._fields[name].type == "many2many" else value
            for name, value in self.proposed.items()
        }
        record.write(values)

    def _take_step(self):
        button, has_reason = BUTTONS[OrderEvent(self.transaction)]
        getattr(self._with_consent(), button)(*([self.note or self.change] if has_reason else []))

    def _tell(self, title, kind):
        """Let who proposed the changes know; the sender of a message gets its answer."""
        for request in self.filtered(lambda one: not one.inbox_id and one.user_id.active):
            user, lines = request.user_id, [*request.display_name.split("\n"), request.answer]
            lines = list(filter(None, lines))
            user._bus_send(TOLD, {"title": title, "message": "; ".join(lines), "type": kind, "sticky": True})
            # sudo: who decides need not read what the change is about.
            self.env["mail.thread"].sudo().message_notify(
                partner_ids=user.partner_id.ids,
                subject=f"{title}: {request.display_name}",
                body=Markup("<br/>").join([title, *lines]),
                model=request.res_model,
                res_id=request.res_id,
            )

    def _close_cases(self):
        # sudo: whoever decides need not work cases, nor see all requests of the rule.
        requests = self.sudo()
        waiting = requests.search([("rule_id", "in", requests.rule_id.ids), ("state", "=", State.PROPOSED.value)])
        decided, open_places = (
            {(one.rule_id.id, one.company_id.id, one.plant_id.id) for one in some} for some in (requests, waiting)
        )
        self.env["mes.case"]._close_for_rules(decided - open_places)
