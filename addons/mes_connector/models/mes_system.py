"""External system registry: who the suite talks to, for which plants, over which wire; not what is said."""

import os

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .. import vault
from ..core import event_types, signature, states, topics


class MesSystem(models.Model):
    _name = "mes.system"
    _description = "External System"
    _inherit = ["mail.thread", "mes.pausable"]
    _order = "name"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    code = fields.Char(
        required=True,
        copy=False,
        tracking=True,
        help="Part of the address the system posts to, its MQTT user name and its topic. Lower case, digits, dashes.",
    )
    kind = fields.Selection(
        states.selection(states.SystemKind), required=True, default=states.SystemKind.MES.value, tracking=True
    )
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    plant_ids = fields.Many2many(
        "stock.warehouse",
        string="Plants",
        required=True,
        check_company=True,
        help="The plants this system serves. Orders of other plants never reach it.",
        default=lambda self: self.env["stock.warehouse"].search([("company_id", "=", self.env.company.id)], limit=1),
    )
    transport = fields.Selection(
        states.selection(states.TransportKind), required=True, default=states.TransportKind.HTTP.value, tracking=True
    )
    endpoint_url = fields.Char(
        "Endpoint URL",
        tracking=True,
        help="Where messages for this system are posted. Leave empty for a system that only asks for its answers.",
    )
    is_plant_network = fields.Boolean(
        "Inside the plant network", help="Allows an endpoint with a private or local address."
    )
    state = fields.Selection(
        states.selection(states.SystemState),
        required=True,
        readonly=True,
        default=states.SystemState.DRAFT.value,
        copy=False,
        tracking=True,
    )
    owner_id = fields.Many2one(
        "res.users",
        "Owner",
        default=lambda self: self.env.user,
        help="Answers for what nobody else owns: parked, rejected and dead messages of this system.",
    )
    has_same_codes = fields.Boolean(
        "Same codes as in Odoo",
        default=True,
        tracking=True,
        help="A code that stands in no row of the crosswalk is the code of the same thing in Odoo. Off: such a code is "
        "unknown, and its messages wait. Units (UN/ECE), operations and lots are always spoken of directly.",
    )
    route_ids = fields.One2many("mes.route", "system_id", "Routes", copy=True)
    credential_ids = fields.One2many("mes.credential", "system_id", "Credentials", copy=False)
    pause_ids = fields.One2many("mes.pause", "system_id", "Pauses")
    last_heard_at = fields.Datetime(compute="_compute_traffic")
    waiting_count = fields.Integer("Messages waiting", compute="_compute_traffic")
    failed_count = fields.Integer("Messages failed", compute="_compute_traffic")
    inbox_waiting_count = fields.Integer("Received, waiting", compute="_compute_traffic")
    inbox_failed_count = fields.Integer("Received, failed", compute="_compute_traffic")
    outbox_waiting_count = fields.Integer("To send, waiting", compute="_compute_traffic")
    outbox_failed_count = fields.Integer("To send, failed", compute="_compute_traffic")
    # sudo: everybody who may read the system may know whether it has a key, nobody sees which.
    has_valid_credential = fields.Boolean(compute="_compute_has_valid_credential", compute_sudo=True)
    inbound_url = fields.Char("Address to post events to", compute="_compute_addresses")
    topic_in = fields.Char("Topic to publish events to", compute="_compute_addresses")
    topic_out = fields.Char("Topic to subscribe to", compute="_compute_addresses")

    _code_unique = models.Constraint("UNIQUE (code)", "Another system has this code already.")
    _code_format = models.Constraint(
        "CHECK (code ~ '^[a-z0-9][a-z0-9-]*$')", "The code may hold lower-case letters, digits and dashes only."
    )
    _endpoint_scheme = models.Constraint(
        "CHECK (endpoint_url IS NULL OR endpoint_url = '' OR endpoint_url ~ '^https?://[^/@ ]+(/|$)')",
        "The endpoint must be an http:// or https:// address without a user name in it.",
    )

    @api.depends("code")
    def _compute_addresses(self):
        base = self.get_base_url()
        for system in self:
            # While it is being typed, a code need not be one yet.
            code = system.code if topics.SYSTEM_CODE.fullmatch(system.code or "") else False
            system.inbound_url = code and f"{base}/mes/v1/{code}/events"
            system.topic_in = code and topics.inbound_topic(code)
            system.topic_out = code and topics.outbound_topic(code)

    @api.depends("credential_ids.is_valid")
    def _compute_has_valid_credential(self):
        for system in self:
            system.has_valid_credential = bool(system.credential_ids._valid())

    @api.onchange("name")
    def _onchange_name(self):
        proposal = self.env["ir.http"]._slugify(self.name or "")
        if not self.code and topics.SYSTEM_CODE.fullmatch(proposal):
            self.code = proposal

    def _compute_traffic(self):
        heard = self._last_heard()
        for name, queue in (("inbox", self.env["mes.inbox.message"]), ("outbox", self.env["mes.outbox.message"])):
            waiting = self._count_by_system(queue, queue._waiting_domain())
            failed = self._count_by_system(queue, queue._failed_domain())
            for system in self:
                system[f"{name}_waiting_count"] = waiting.get(system, 0)
                system[f"{name}_failed_count"] = failed.get(system, 0)
        for system in self:
            system.last_heard_at = heard.get(system.id)
            system.waiting_count = system.inbox_waiting_count + system.outbox_waiting_count
            system.failed_count = system.inbox_failed_count + system.outbox_failed_count

    def _count_by_system(self, queue, domain):
        return dict(queue._read_group([("system_id", "in", self.ids), *domain], ["system_id"], ["__count"]))

    def _last_heard(self):
        """``{system id: time of its last message}``, from the end of an index: the journal is never scanned."""
        self.env["mes.inbox.message"].flush_model(["received_at"])
        return dict(
            self.env.execute_query(
                SQL(
                    """SELECT s.id, (SELECT max(m.received_at) FROM mes_inbox_message m WHERE m.system_id = s.id)
                         FROM mes_system s WHERE s.id = ANY(%s)""",
                    self.ids,
                )
            )
        )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if not vals.get("route_ids"):
                kind = states.SystemKind(vals.get("kind") or states.SystemKind.MES)
                vals["route_ids"] = [
                    Command.create({"event_type": event_type, "direction": direction.value})
                    for event_type, direction in event_types.default_routes(
                        kind, self.env["mes.dispatcher"]._event_types()
                    )
                ]
        return super().create(vals_list)

    def action_activate(self):
        """Start talking to the system.

        :raises UserError: an HTTP system has no valid credential
        """
        for system in self:
            if system.transport == states.TransportKind.HTTP.value and not system.credential_ids._valid():
                raise UserError(
                    self.env._("%s has no valid credential. Press 'Issue a credential' first.", system.display_name)
                )
        self.write({"state": states.SystemState.ACTIVE.value})
        self.env["mes.lane"]._wake("mes.outbox.message")

    def _pause_scope(self):
        self.ensure_one()
        return {"company_id": self.company_id.id, "system_id": self.id}

    def _plants_stopped(self):
        return self.sudo().plant_ids

    def action_issue_credential(self):
        """Open the wizard that makes a credential and shows its secret this one time."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Issue a credential"),
            "res_model": "mes.credential.issue",
            "view_mode": "form",
            "target": "new",
            "context": {"default_system_id": self.id},
        }

    def issue_credential(self, kind: str) -> dict:
        """Make a credential and return its secret, which is never shown again.

        :param kind: ``signature`` (Standard Webhooks secret) or ``bearer`` (key for ``Authorization: Bearer``)
        :return: ``{"credential_id": int, "secret": str}``
        :raises AccessError: the caller may not change the system
        """
        self.ensure_one()
        self.check_access("write")
        secret = signature.new_secret(os.urandom(32))
        if states.CredentialKind(kind) is states.CredentialKind.BEARER:
            secret = "mes_" + secret.removeprefix("whsec_").rstrip("=").replace("+", "-").replace("/", "_")
        # sudo: access to the system was checked above, and the secret's column is closed to every group.
        credential = (
            self.env["mes.credential"]
            .sudo()
            .create(
                {"system_id": self.id, "kind": kind, "hint": secret[-4:], "secret_encrypted": vault.encrypt(secret)}
            )
        )
        return {"credential_id": credential.id, "secret": secret}

    def action_open_inbox(self):
        return self._open_messages("mes_connector.mes_inbox_message_action")

    def action_open_outbox(self):
        return self._open_messages("mes_connector.mes_outbox_message_action")

    def _open_messages(self, action_xml_id):
        action = self.env["ir.actions.act_window"]._for_xml_id(action_xml_id)
        return dict(action, domain=[("system_id", "in", self.ids)], context={})

    def _takes_outbound(self):
        """The systems of ``self`` that messages can be sent to, now or once they are active again."""
        return self.filtered(
            lambda system: (
                system.state != states.SystemState.DRAFT.value
                and (system.transport == states.TransportKind.MQTT.value or system.endpoint_url)
            )
        )
