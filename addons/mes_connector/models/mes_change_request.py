"""Change requests: what somebody wanted to change without owning it, and what the owner says; then it is done or not.

An accepted change is made with the rights of who proposed it; the owner's consent is to one rule, nothing else.
"""

from dataclasses import replace

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..core import errors, states
from ..core.order_machine import OrderEvent
from ..core.ownership import Owner, Place
from ..core.states import ChangeRequestState as State
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
    _name = "mes.change.request"
    _description = "Change Request"
    _order = "id desc"

    state = fields.Selection(states.selection(State), required=True, default=State.PROPOSED.value)
    rule_id = fields.Many2one("mes.ownership.rule", "Ownership rule", ondelete="restrict", required=True, index=True)
    owner = fields.Selection(related="rule_id.owner")
    owner_system_id = fields.Many2one(related="rule_id.system_id", string="Owning system")
    company_id = fields.Many2one("res.company", required=True)
    plant_id = fields.Many2one("stock.warehouse", "Plant")
    res_model = fields.Char("Object", required=True)
    res_id = fields.Many2oneReference("Record", model_field="res_model", required=True)
    record_name = fields.Char("Record name", required=True)
    transaction = fields.Selection(states.selection(OrderEvent), "Step")
    note = fields.Char("Why")
    change = fields.Text("Proposed change", required=True)
    before = fields.Json()
    proposed = fields.Json()
    user_id = fields.Many2one("res.users", "Proposed by", required=True)
    system_id = fields.Many2one("mes.system", "Proposed by system", ondelete="set null")
    inbox_id = fields.Many2one("mes.inbox.message", "Message", ondelete="set null", index="btree_not_null")
    decided_by_id = fields.Many2one("res.users", "Decided by")
    decided_at = fields.Datetime()
    answer = fields.Char("Reason given")

    _open = models.Index(f"(res_model, res_id) WHERE state IN {states.sql_list([State.PROPOSED])}")

    @api.depends("record_name", "change")
    def _compute_display_name(self):
        for request in self:
            request.display_name = f"{request.record_name}: {request.change}"

    # -- asking ------------------------------------------------------------------------------------------------------

    @api.model
    def _propose(self, rule, place, record, values):
        """Keep ``values`` that ``record`` shall get for their owner; the same proposal again is the same request.

        :raises AccessError: who proposes may not write the record at all
        """
        record.check_access("write")
        before = {name: self._cached(record, name, record[name]) for name in values}
        proposed = {name: self._cached(record, name, value) for name, value in values.items()}
        lines = []
        for name in values:
            was, shall_be = (self._shown(record, name, one) for one in (before, proposed))
            lines.append(f"{record._fields[name].string}: {was} → {shall_be}")
        change = {"change": "\n".join(lines), "before": before, "proposed": proposed}
        self._put(rule, place, record, change)

    @api.model
    def _propose_step(self, rule, place, order, event, *, note="", message=None):
        """Ask the owner of a step of ``order`` whether it agrees."""
        label = self.env["mes.ownership"]._step_label(event)
        change = {"transaction": event.value, "note": note, "change": f"{label}: {note}" if note else label}
        self._put(rule, place, order, change, message)

    def _put(self, rule, place, record, change, message=None):
        actor = self.env["mes.ownership"]._actor()
        # sudo: whoever may change a record may propose its change; requests are not written by hand.
        requests = self.sudo()
        same = [
            ("state", "=", State.PROPOSED.value),
            ("res_model", "=", record._name),
            ("res_id", "=", record.id),
            ("rule_id", "=", rule.id),
            ("inbox_id", "=", message.id if message else False),
        ]
        if any(one.change == change["change"] for one in requests.search(same)):
            return
        requests.create(
            {
                **change,
                "rule_id": rule.id,
                "company_id": place.company or self.env.company.id,
                "plant_id": place.plant or False,
                "res_model": record._name,
                "res_id": record.id,
                "record_name": record.display_name,
                "user_id": self.env.uid,
                "system_id": message.system_id.id if message else actor.system or False,
                "inbox_id": message.id if message else False,
            }
        )
        text = self.env._("Proposed for %(record)s: %(change)s", record=record.display_name, change=change["change"])
        self.env["mes.case"]._raise_for_rule(rule.id, place, text, actor.system)

    @api.model
    def _require_consent(self, rule, event, message):
        """Let a message pass whose step the owner has agreed to.

        :raises Parked: ``owner_asked``; the request is made when the message is parked
        """
        agreed = [
            ("inbox_id", "=", message.id),
            ("rule_id", "=", rule.id),
            ("transaction", "=", event.value),
            ("state", "=", State.ACCEPTED.value),
        ]
        # sudo: as above.
        if not self.sudo().search_count(agreed, limit=1):
            raise errors.error("owner_asked", rule.name, waiting_for=f"consent:{rule.id}:{event.value}")

    def _cached(self, record, name, value):
        field = record._fields[name]
        cached = field.convert_to_cache(value, record, validate=False)
        # As it comes back from the database: a tuple of ids is a list, a time is a text.
        return self._fields["before"].convert_to_cache({"value": cached}, self)["value"]

    def _shown(self, record, name, values):
        field, value = record._fields[name], values[name]
        if field.relational and value:
            # sudo: a name, for whoever decides.
            records = self.env[field.comodel_name].sudo().browse(value)
            return ", ".join(records.mapped("display_name"))
        return "–" if value is None else str(value)

    # -- deciding ----------------------------------------------------------------------------------------------------

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
        self._close_cases()

    def action_refuse(self, reason=""):
        """Refuse for the owner: nothing is done, and the sender of a message is told."""
        self._require_open()
        for request in self:
            request._decide(State.REFUSED, reason)
            if request.inbox_id:
                # sudo: as above.
                request.sudo().inbox_id.action_discard(reason or self.env._("Refused by the owner"))
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

    def _close_cases(self):
        # sudo: whoever decides need not work cases, nor see all requests of the rule.
        requests = self.sudo()
        waiting = requests.search([("rule_id", "in", requests.rule_id.ids), ("state", "=", State.PROPOSED.value)])
        decided, open_places = (
            {(one.rule_id.id, one.company_id.id, one.plant_id.id) for one in some} for some in (requests, waiting)
        )
        self.env["mes.case"]._close_for_rules(decided - open_places)

    def action_open_record(self):
        """Show what the change is about."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "view_mode": "form",
        }
