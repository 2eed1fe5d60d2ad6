"""The overview's figures: counts with the domain behind each, so that every number opens its rows; stores nothing."""

from odoo import api, fields, models

from ..core.states import CaseState, InboxState, OrderPhase, OutboxState, SystemState


class MesOverview(models.AbstractModel):
    _name = "mes.overview"
    _description = "Integration Overview"

    @api.model
    @api.readonly
    def get_figures(self):
        """Everything the overview shows, under the caller's own record rules.

        :return: ``phases`` and ``queues`` (lists of ``label, count, model, domain``), ``systems`` (one row each),
            ``refused`` (requests of the last 24 hours that were not stored)
        :raises AccessError: the caller may not read the queues
        """
        self.env["mes.inbox.message"].check_access("read")
        return {
            "phases": self._phases(),
            "queues": self._queues(),
            "systems": self._systems(),
            "refused": self._refused(),
        }

    def _phases(self):
        orders = self.env["mrp.production"]
        counts = dict(orders._read_group([("mes_phase", "!=", False)], ["mes_phase"], ["__count"]))
        labels = dict(orders._fields["mes_phase"]._description_selection(self.env))
        return [
            self._figure(labels[phase.value], counts.get(phase.value, 0), orders, [("mes_phase", "=", phase.value)],
                         key=phase.value)
            for phase in OrderPhase
        ]

    def _queues(self):
        inbox, outbox, cases = self.env["mes.inbox.message"], self.env["mes.outbox.message"], self.env["mes.case"]
        figures = (
            ("inbox_waiting", self.env._("Received, waiting"), inbox,
             [("state", "in", [InboxState.PENDING.value, InboxState.WAITING.value])]),
            ("inbox_parked", self.env._("Received, parked"), inbox, [("state", "=", InboxState.PARKED.value)]),
            ("inbox_failed", self.env._("Received, failed"), inbox,
             [("state", "in", [state.value for state in inbox.FAILED])]),
            ("outbox_waiting", self.env._("To send, waiting"), outbox,
             [("state", "in", [OutboxState.PENDING.value, OutboxState.WAITING.value])]),
            ("outbox_failed", self.env._("To send, failed"), outbox,
             [("state", "in", [state.value for state in outbox.FAILED])]),
            ("cases", self.env._("Open cases"), cases, [("state", "=", CaseState.OPEN.value)]),
        )
        return [
            self._figure(label, model.search_count(domain), model, domain, key=key)
            for key, label, model, domain in figures
        ]

    def _figure(self, label, count, model, domain, key):
        return {"key": key, "label": label, "count": count, "model": model._name, "domain": domain}

    def _systems(self):
        systems = self.env["mes.system"].search([("state", "!=", SystemState.DRAFT.value)])
        return [
            {
                "id": system.id,
                "name": system.name,
                "code": system.code,
                "state": system.state,
                "transport": system.transport,
                "last_heard_at": fields.Datetime.to_string(system.last_heard_at) if system.last_heard_at else False,
                "waiting": system.waiting_count,
                "failed": system.failed_count,
            }
            for system in systems
        ]

    def _refused(self):
        since = fields.Datetime.subtract(fields.Datetime.now(), hours=24)
        codes = self.env["mes.system"].search([]).mapped("code")
        groups = self.env["mes.counter"]._read_group(
            [("hour", ">=", since), ("system_code", "in", [*codes, ""])], ["name"], ["value:sum"], order="name"
        )
        return [{"name": name, "count": count} for name, count in groups]
