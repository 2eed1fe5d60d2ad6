"""What people do about a difference: apply the message, ask the sender for it, or put it right and say why."""

import uuid
from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError

from ..core.reconciliation_states import DifferenceKind, Repair, SettledAs
from ..core.states import EffectKind, InboxState, ReportKind
from .mes_books import LINE
from .mes_reconciliation_line import WAITING
from .mes_replay_queue import SAME_IN

#: By then what was tried has usually happened.
SOON = timedelta(seconds=30)
RESEND = "mes.resend.requested.v1"


class MesReconciliationLine(models.Model):
    _inherit = "mes.reconciliation.line"

    def action_replay(self):
        """Apply the messages of these differences: those that wait are tried again, those without effect once more.

        :raises UserError: a message is not here, or it has had an effect
        """
        self._check_open()
        for line in self:
            message = line.inbox_id
            if not message or line.repair != Repair.REPLAY.value:
                raise UserError(self.env._("There is no message that could be applied: ask the sender for it."))
        # Whoever may try messages again may do this.
        self.inbox_id.check_access("write")
        waiting = self.inbox_id.filtered(lambda one: one.state in WAITING)
        waiting._resume()
        (self.inbox_id - waiting)._apply_unposted()
        self._note_tried(Repair.REPLAY)

    def action_request_resend(self):
        """Ask the sender for the events that are missing here.

        :raises UserError: no event is named, or a system is not sent such requests
        """
        self._check_open()
        wanted = self.filtered("event_id")
        if not wanted:
            raise UserError(self.env._("No event is named that could be asked for."))
        for (system, order), lines in wanted.grouped(lambda one: (one._system(), one.production_id)).items():
            lines._request_resend(system, order)
        wanted._note_tried(Repair.REQUEST_RESEND)

    def _request_resend(self, system, order):
        plant = self.plant_id[:1] or system.plant_ids[:1]
        if system not in self.env["mes.route"]._targets(RESEND, plant):
            raise UserError(self.env._("%(system)s has no route for %(event)s.", system=system.name, event=RESEND))
        request = f"{self.reconciliation_id[:1].name}/{self[:1].id}"
        data = {"request": request, "events": sorted(set(self.mapped("event_id")))}
        sources = self.inbox_id.mapped("source")
        if len(sources) == 1:
            data["source"] = sources[0]
        if order.mes_reference:
            data["order"] = order.mes_reference
        self.env["mes.outbox.message"]._emit(RESEND, data, order, systems=system, plant=plant, key=request)

    def action_adjust(self, reason):
        """Accept what is found, or put right by hand, with a reason; a proof that is gone or altered is written anew.

        :raises UserError: no reason
        """
        self._check_open()
        if not (reason or "").strip():
            raise UserError(self.env._("Say why."))
        for line in self:
            line._restore_proof(reason)
        # sudo: differences are settled by these methods alone, which checked the right to write them.
        self.sudo()._end(SettledAs.ADJUSTED, settled_by_id=self.env.uid, reason=reason)
        self.env["mes.case"].sudo()._close_agreed(self.production_id)

    def _restore_proof(self, reason):
        """Make the effect what its record holds, where the message said the same."""
        record = self.env[LINE].browse(self.res_id).exists() if self.res_model == LINE else None
        if not record or not self.inbox_id:
            return
        kinds = {kind.value: kind for kind in (*ReportKind, EffectKind.ESTIMATED)}
        effect = self.env["mes.posting"]._effect(kinds.get(self.posting, EffectKind.ESTIMATED), record, note=reason)
        # sudo: proofs are written by the system alone; the reason says who asked for it.
        effects = self.env["mes.effect"].sudo()
        if self.kind == DifferenceKind.PROOF_MISSING.value:
            effects._record(self.inbox_id, (effect,))
        elif self.kind == DifferenceKind.PROOF_CHANGED.value:
            names = ("product", "lot", "quantity", "res_model", "res_id", "record", "note")
            values = {name: getattr(effect, name) for name in names}
            effects.browse(self.effect_id.id).write(values)

    def _check_open(self):
        self.check_access("write")
        if any(line.settled_as for line in self):
            raise UserError(self.env._("This has been settled already."))

    def _note_tried(self, repair):
        """The difference ends when the message has been applied and the books are compared again, a moment later."""
        now = fields.Datetime.now()
        # sudo: as above; the scheduled action is nobody's.
        self.sudo().write({"tried": repair.value, "tried_at": now})
        self.env.ref("mes_connector.ir_cron_mes_reconcile").sudo()._trigger(now + SOON)

    def action_open_message(self):
        self.ensure_one()
        return self._open("mes.inbox.message", self.inbox_id.id)

    def action_open_record(self):
        self.ensure_one()
        return self._open(self.res_model, self.res_id)

    def _open(self, model, number):
        return {"type": "ir.actions.act_window", "res_model": model, "res_id": number, "view_mode": "form"}


class MesInboxMessage(models.Model):
    _inherit = "mes.inbox.message"

    def _apply_unposted(self):
        """Take in once more events that were answered as applied and of which nothing is posted or proven.

        :raises UserError: one has an effect
        """
        for message in self:
            message.lock_for_update()
            if message.effect_ids or message.replay_ids or message.state != InboxState.DONE.value:
                raise UserError(self.env._("%s has had its effect, or was applied again.", message.event_id))
            values = message._copied(SAME_IN, self.env["mes.replay"])
            # sudo: the right to change the message was checked; nobody creates messages by hand.
            self.sudo().create(dict(values, uuid=str(uuid.uuid4()), received_at=fields.Datetime.now()))
        if self:
            self.env["mes.lane"]._wake(self._name)
