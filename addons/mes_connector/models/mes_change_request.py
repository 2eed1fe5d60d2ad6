"""Change requests: what somebody wanted to change without owning it; what the owner says to it is decided elsewhere."""

from odoo import api, fields, models
from odoo.tools import format_datetime

from ..core import errors, states
from ..core.order_machine import OrderEvent
from ..core.states import ChangeRequestState as State

#: The notification of Odoo's web client.
TOLD = "simple_notification"


class MesChangeRequest(models.Model):
    _name = "mes.change.request"
    _description = "Change Request"
    _order = "id desc"

    state = fields.Selection(states.selection(State), required=True, default=State.PROPOSED.value)
    rule_id = fields.Many2one("mes.ownership.rule", "Ownership rule", ondelete="restrict", required=True, index=True)
    # sudo: names, for whoever may read the request.
    owner_name = fields.Char("Owner", compute="_compute_names", compute_sudo=True)
    proposer_name = fields.Char("Proposed by", compute="_compute_names", compute_sudo=True)
    company_id = fields.Many2one("res.company", required=True)
    plant_id = fields.Many2one("stock.warehouse", "Plant")
    res_model = fields.Char("Object", required=True)
    res_id = fields.Many2oneReference("Record", model_field="res_model", required=True)
    production_id = fields.Many2one("mrp.production", "Order", ondelete="cascade", index="btree_not_null")
    record_name = fields.Char("Record name", required=True)
    transaction = fields.Selection(states.selection(OrderEvent), "Step")
    note = fields.Char("Why")
    change = fields.Text("Proposed change", required=True)
    before = fields.Json()
    proposed = fields.Json()
    user_id = fields.Many2one("res.users", "User", required=True)
    system_id = fields.Many2one("mes.system", "System", ondelete="set null")
    inbox_id = fields.Many2one("mes.inbox.message", "Message", ondelete="set null", index="btree_not_null")
    decided_by_id = fields.Many2one("res.users", "Decided by")
    decided_at = fields.Datetime("Decided at")
    answer = fields.Char("Reason given")
    may_decide = fields.Boolean("Yours to decide", compute="_compute_may_decide")

    _open = models.Index(f"(res_model, res_id) WHERE state IN {states.sql_list([State.PROPOSED])}")

    @api.depends("record_name", "change")
    def _compute_display_name(self):
        for request in self:
            request.display_name = f"{request.record_name}: {request.change}"

    @api.depends("rule_id", "system_id", "user_id")
    def _compute_names(self):
        for request in self:
            request.owner_name = request.rule_id._owner_label(request.rule_id._as_rule())
            request.proposer_name = request.system_id.name or request.user_id.name

    @api.depends_context("uid")
    @api.depends("state", "rule_id", "user_id")
    def _compute_may_decide(self):
        for request in self:
            request.may_decide = request.state == State.PROPOSED.value and request._may_decide()

    # -- asking ------------------------------------------------------------------------------------------------------

    @api.model
    def _propose(self, rule, place, record, values):
        """Keep ``values`` that ``record`` shall get for their owner; the same proposal again is the same request.

        :raises AccessError: who proposes may not write the record at all
        """
        record.check_access("write")
        self._put(rule, place, record, self._describe(record, values))

    @api.model
    def _describe(self, record, values):
        """What ``values`` would change of ``record``: the values before and after, and both in words."""
        before = {name: self._cached(record, name, record[name]) for name in values}
        proposed = {name: self._cached(record, name, value) for name, value in values.items()}
        lines = []
        for name in values:
            was, shall_be = (self._shown(record, name, one) for one in (before, proposed))
            lines.append(f"{record._fields[name].string}: {was} → {shall_be}")
        return {"change": "\n".join(lines), "before": before, "proposed": proposed}

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
                "record_name": record._mes_owned_label(),
                "production_id": record._mes_owned_order().id,
                "user_id": self.env.uid,
                "system_id": message.system_id.id if message else actor.system or False,
                "inbox_id": message.id if message else False,
            }
        )
        label = record._mes_owned_label()
        text = self.env._("Proposed for %(record)s: %(change)s", record=label, change=change["change"])
        order = record._mes_owned_order()
        self.env["mes.case"]._raise_for_rule(rule.id, place, text, actor.system, order=order)
        if not message:
            # Odoo shows the old value again; without a word that looks like an error.
            waits = self.env._("%s. It is changed when its owner agrees.", text.replace("\n", "; "))
            self.env.user._bus_send(TOLD, {"title": self.env._("Not changed yet"), "message": waits, "type": "warning"})

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
        if value is None:
            return "–"
        shown = {
            "boolean": lambda: self.env._("yes") if value else self.env._("no"),
            "datetime": lambda: format_datetime(self.env, value),
            "float": lambda: f"{value:g}",
            "selection": lambda: dict(field._description_selection(self.env)).get(value, value),
        }
        return shown.get(field.type, lambda: str(value))()

    def action_open_record(self):
        """Show what the change is about."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "view_mode": "form",
        }
