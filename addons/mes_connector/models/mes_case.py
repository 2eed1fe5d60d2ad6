"""Cases: owned work made of failures with one fingerprint; what to do about each code is written in core's table."""

from datetime import timedelta

from odoo import api, fields, models

from ..core import states

#: Codes that the plant's own next messages, or the end of a hold, resolve without anybody.
SELF_HEALING = ("too_early", "sequence_gap", "order_on_hold")
#: How long a message may wait for the plant itself (a predecessor, the end of a hold) before somebody is asked.
SELF_HEALING_GRACE = timedelta(minutes=15)


class MesCase(models.Model):
    _name = "mes.case"
    _description = "Integration Case"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "state desc, last_seen_at desc"
    _rec_name = "code"

    code = fields.Char(required=True, readonly=True)
    fingerprint = fields.Char(required=True, readonly=True)
    event_type = fields.Char(readonly=True)
    missing = fields.Char("Waiting for", readonly=True)
    text = fields.Text("Explanation", readonly=True)
    hint = fields.Text("What to do", compute="_compute_hint")
    is_technical = fields.Boolean(compute="_compute_hint")
    system_id = fields.Many2one("mes.system", readonly=True, index=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    plant_id = fields.Many2one("stock.warehouse", readonly=True)
    production_id = fields.Many2one("mrp.production", "First order", readonly=True)
    owner_id = fields.Many2one("res.users", required=True, tracking=True)
    state = fields.Selection(
        states.selection(states.CaseState), required=True, default=states.CaseState.OPEN.value, tracking=True
    )
    count = fields.Integer("Occurrences", default=0, readonly=True)
    first_seen_at = fields.Datetime(readonly=True, default=fields.Datetime.now)
    last_seen_at = fields.Datetime(readonly=True)
    inbox_ids = fields.One2many("mes.inbox.message", "case_id", "Inbound messages")
    outbox_ids = fields.One2many("mes.outbox.message", "case_id", "Outbound messages")

    _one_open = models.UniqueIndex(
        f"(fingerprint) WHERE state IN {states.sql_list([states.CaseState.OPEN])}", "This case is open already."
    )

    @api.depends("code")
    def _compute_hint(self):
        for case in self:
            code = self.env["mes.dispatcher"]._code(case.code)
            case.hint = code.hint
            case.is_technical = code.kind == "technical"

    @api.depends("code", "event_type", "missing")
    def _compute_display_name(self):
        for case in self:
            case.display_name = " · ".join(filter(None, (case.code, case.missing or case.event_type)))

    @api.model
    def _follow(self, message):
        """Open or join the case of a message that went wrong; leave the case of one that did not."""
        cases = message.case_id
        if not self._needs_case(message):
            if cases:
                message.case_id = False
                cases._close_if_done()
            return
        case = self._find_or_open(message)
        case.write({"count": case.count + 1, "last_seen_at": fields.Datetime.now(), "text": message.text})
        message.write({"case_id": case.id, "owner_id": case.owner_id.id})

    @api.model
    def _needs_case(self, message):
        if message.code in SELF_HEALING and message.state == states.InboxState.PARKED.value:
            return False
        return message._state_enum(message.state) in (*message.FAILED, states.InboxState.PARKED)

    @api.model
    def _find_or_open(self, message):
        missing = getattr(message, "waiting_for", False) or False
        fingerprint = "|".join((message.code, message.event_type, message.system_id.code, missing or ""))
        case = self.search([("fingerprint", "=", fingerprint), ("state", "=", states.CaseState.OPEN.value)], limit=1)
        if case:
            return case
        case = self.create(
            {
                "code": message.code,
                "fingerprint": fingerprint,
                "event_type": message.event_type,
                "missing": missing,
                "system_id": message.system_id.id,
                "company_id": message.company_id.id,
                "plant_id": message.plant_id.id,
                "production_id": message.production_id.id,
                "owner_id": message._find_owner().id,
            }
        )
        case.activity_schedule(
            "mail.mail_activity_data_todo", user_id=case.owner_id.id, summary=case.display_name, note=case.hint
        )
        return case

    @api.model
    def _raise_for_order(self, production, code, text):
        """Open a case that comes from the order itself, such as a release the plant's rule could not do."""
        plant = production._mes_plant()
        # sudo: whoever confirms an order need not read or write cases.
        cases = self.sudo()
        if cases._of_order(production, [code]):
            return
        owner = plant.mes_case_owner_id or production.user_id or self.env.ref("base.user_admin")
        cases._open(
            code,
            self._order_fingerprint(production, code),
            text,
            company_id=production.company_id.id,
            plant_id=plant.id,
            production_id=production.id,
            owner_id=owner.id,
        )

    @api.model
    def _raise_for_system(self, system, code, text, event_type=False):
        """Open a case that comes from a system itself, or from one of its routes; one that is open is enough."""
        if not self._of_system(system, code, event_type):
            self._open(
                code,
                self._system_fingerprint(system, code, event_type),
                text,
                company_id=system.company_id.id,
                system_id=system.id,
                event_type=event_type,
                owner_id=(system.owner_id or self.env.ref("base.user_admin")).id,
            )

    @api.model
    def _close_for_system(self, system, code, event_type=False):
        """Close what ``_raise_for_system`` opened."""
        self._of_system(system, code, event_type).action_close()

    def _of_system(self, system, code, event_type):
        fingerprint = self._system_fingerprint(system, code, event_type)
        return self.search([("fingerprint", "=", fingerprint), ("state", "=", states.CaseState.OPEN.value)])

    def _system_fingerprint(self, system, code, event_type):
        return "|".join(("system", code, system.code, event_type or ""))

    def _open(self, code, fingerprint, text, **values):
        case = self.create(
            dict(values, code=code, fingerprint=fingerprint, text=text, count=1, last_seen_at=fields.Datetime.now())
        )
        case.activity_schedule(
            "mail.mail_activity_data_todo", user_id=case.owner_id.id, summary=case.display_name, note=text
        )

    @api.model
    def _of_order(self, production, codes):
        """The open cases ``codes`` of the order itself."""
        fingerprints = [self._order_fingerprint(production, code) for code in codes]
        return self.search([("fingerprint", "in", fingerprints), ("state", "=", states.CaseState.OPEN.value)])

    @api.model
    def _order_fingerprint(self, production, code):
        return f"{code}|{production.id}"

    def action_open_order(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "mrp.production",
            "res_id": self.production_id.id,
            "view_mode": "form",
        }

    def _close_if_done(self):
        """Close the cases none of whose messages needs anybody any more."""
        for case in self.filtered(lambda one: one.state == states.CaseState.OPEN.value):
            if not case.inbox_ids and not case.outbox_ids:
                case.action_close()

    def action_close(self):
        """Close the case and the activity it put in its owner's list."""
        self.write({"state": states.CaseState.CLOSED.value})
        # sudo: the activity may be another user's.
        self.sudo().activity_unlink(["mail.mail_activity_data_todo"])

    def action_retry(self):
        """Put every parked, dead or refused message of the case back in line."""
        self.inbox_ids._resume()
        resendable = self.outbox_ids
        if resendable:
            resendable.action_resend()

    @api.model
    def _cron_escalate(self):
        """Expire parked messages past their sender's deadline; give a case to those that have waited too long."""
        self.env["mes.inbox.message"]._expire_parked()
        self.env["mes.dispatcher"]._resume_handled()
        self.env["mes.outbox.message"]._expire_waiting()
        overdue = self.env["mes.inbox.message"].search(
            [
                ("state", "=", states.InboxState.PARKED.value),
                ("code", "in", SELF_HEALING),
                ("case_id", "=", False),
                ("retrying_since", "<", fields.Datetime.now() - SELF_HEALING_GRACE),
            ],
            limit=1000,
        )
        for message in overdue:
            case = self._find_or_open(message)
            case.write({"count": case.count + 1, "last_seen_at": fields.Datetime.now(), "text": message.text})
            message.write({"case_id": case.id, "owner_id": case.owner_id.id})
