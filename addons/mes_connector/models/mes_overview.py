"""The overview's figures: counts with the domain behind each, so that every number opens its rows; stores nothing."""

from odoo import api, fields, models
from odoo.fields import Domain

from ..core.states import BreakerState, CaseState, FlowState, InboxState, OrderPhase


class MesOverview(models.AbstractModel):
    _name = "mes.overview"
    _description = "Integration Overview"

    @api.model
    @api.readonly
    def get_figures(self):
        """Everything the overview shows, under the caller's own record rules.

        :return: ``phases``, ``queues``, ``warnings`` (queues that nobody works) and ``refused`` (requests of the last
            24 hours that were not stored): lists of figures ``key, label, count, model, domain``; ``systems``,
            ``classes`` (flow classes) and ``paused``: one row each, with figures of its own
        :raises AccessError: the caller may not read the queues
        """
        self.env["mes.inbox.message"].check_access("read")
        return {
            "phases": self._phases(),
            "queues": self._queues(),
            "warnings": self._warnings(),
            "classes": self._classes(),
            "paused": self._paused(),
            "systems": self._systems(),
            "refused": self._refused(),
        }

    def _phases(self):
        orders = self.env["mrp.production"]
        counts = dict(orders._read_group([("mes_phase", "!=", False)], ["mes_phase"], ["__count"]))
        labels = dict(orders._fields["mes_phase"]._description_selection(self.env))
        return [
            self._figure(
                labels[phase.value],
                counts.get(phase.value, 0),
                orders,
                [("mes_phase", "=", phase.value)],
                key=phase.value,
            )
            for phase in OrderPhase
        ]

    def _queues(self):
        inbox, outbox, cases = self.env["mes.inbox.message"], self.env["mes.outbox.message"], self.env["mes.case"]
        figures = (
            (
                "inbox_waiting",
                self.env._("Received, waiting"),
                inbox,
                [("state", "in", [InboxState.PENDING.value, InboxState.WAITING.value])],
            ),
            ("inbox_parked", self.env._("Received, parked"), inbox, [("state", "=", InboxState.PARKED.value)]),
            ("inbox_failed", self.env._("Received, failed"), inbox, inbox._failed_domain()),
            ("outbox_waiting", self.env._("To send, waiting"), outbox, outbox._waiting_domain()),
            ("outbox_failed", self.env._("To send, failed"), outbox, outbox._failed_domain()),
            ("cases", self.env._("Open cases"), cases, [("state", "=", CaseState.OPEN.value)]),
        )
        return [
            self._figure(label, model.search_count(domain), model, domain, key=key)
            for key, label, model, domain in figures
        ]

    def _figure(self, label, count, model, domain, key):
        return {"key": key, "label": label, "count": count, "model": model._name, "domain": domain}

    def _warnings(self):
        return [
            self._figure(label, len(ids), queue, [("id", "in", ids)], key=key)
            for key, label, queue, ids in self.env["mes.lane.watch"]._unattended()
        ]

    def _classes(self):
        """Per flow class and way, how long the oldest message that is due waits, held ones apart."""
        ways = (
            ("inbox", self.env._("Received"), self.env["mes.inbox.message"]),
            ("outbox", self.env._("To send"), self.env["mes.outbox.message"]),
        )
        now = fields.Datetime.now()
        waiting = {key: self._waiting_by_class(queue, now) for key, _label, queue in ways}
        rows = []
        for one in self.env["mes.flow.class"].search(Domain.TRUE):
            figures = []
            for key, label, queue in ways:
                count, since = waiting[key].get(one, (0, None))
                seconds = max((now - since).total_seconds(), 0) if since else 0
                figure = self._figure(
                    f"{one.name}, {label}",
                    count,
                    queue,
                    [("flow_class_id", "=", one.id), *self._due_domain(queue, now)],
                    key=key,
                )
                figures.append(dict(figure, column=label, seconds=seconds, is_late=seconds > one.target_seconds))
            rows.append({"id": one.id, "name": one.name, "target_seconds": one.target_seconds, "figures": figures})
        return rows

    def _due_domain(self, queue, now):
        due = [("state", "in", [state.value for state in queue.DUE]), ("is_held", "=", False)]
        return [*due, "|", ("collect_until", "=", False), ("collect_until", "<=", fields.Datetime.to_string(now))]

    def _waiting_by_class(self, queue, now):
        """``{flow class: (count, since when the oldest is due)}``: collecting a message is not waiting."""
        found = {}
        domain = Domain(self._due_domain(queue, now))
        for collected, since in ((False, "create_date:min"), (True, "collect_until:min")):
            part = domain & Domain("collect_until", "!=" if collected else "=", False)
            for one, count, oldest in queue._read_group(part, ["flow_class_id"], ["__count", since]):
                before = found.get(one, (0, oldest))
                found[one] = (before[0] + count, min(before[1], oldest))
        return found

    def _paused(self):
        pauses = self.env["mes.pause"].search([("ended_at", "=", False)])
        states = dict(pauses._fields["flow_state"]._description_selection(self.env))
        ways = (("held_inbox", self.env["mes.inbox.message"]), ("held_outbox", self.env["mes.outbox.message"]))
        return [
            {
                "id": pause.id,
                "name": pause.display_name,
                "note": pause.note,
                "state": pause.flow_state,
                "state_label": states[pause.flow_state],
                "figures": [
                    self._figure(
                        pause._fields[f"{name}_count"]._description_string(self.env),
                        pause[f"{name}_count"],
                        queue,
                        [("held_by_id", "=", pause.id)],
                        key=name,
                    )
                    for name, queue in ways
                ],
            }
            for pause in pauses
        ]

    def _systems(self):
        systems = self.env["mes.system"].search(Domain.TRUE)  # a registry of a handful of rows
        states = dict(systems._fields["state"]._description_selection(self.env))
        transports = dict(systems._fields["transport"]._description_selection(self.env))
        flows = dict(systems._fields["flow_state"]._description_selection(self.env))
        breakers = dict(systems._fields["breaker_state"]._description_selection(self.env))
        return [
            {
                "id": system.id,
                "name": system.name,
                "code": system.code,
                "state": system.state,
                "state_label": states[system.state],
                "flow": system.flow_state != FlowState.RUNNING.value
                and {"state": system.flow_state, "label": flows[system.flow_state]},
                "breaker": system.breaker_state != BreakerState.CLOSED.value and breakers[system.breaker_state],
                "transport": transports[system.transport],
                "last_heard_at": fields.Datetime.to_string(system.last_heard_at) if system.last_heard_at else False,
                "figures": self._system_figures(system),
            }
            for system in systems
        ]

    def _system_figures(self, system):
        inbox, outbox = self.env["mes.inbox.message"], self.env["mes.outbox.message"]
        names = {
            "inbox_waiting": (inbox, inbox._waiting_domain()),
            "inbox_failed": (inbox, inbox._failed_domain()),
            "outbox_waiting": (outbox, outbox._waiting_domain()),
            "outbox_failed": (outbox, outbox._failed_domain()),
        }
        return [
            self._figure(
                system._fields[f"{name}_count"]._description_string(self.env),
                system[f"{name}_count"],
                queue,
                [("system_id", "=", system.id), *domain],
                key=name,
            )
            for name, (queue, domain) in names.items()
        ]

    def _refused(self):
        since = fields.Datetime.to_string(fields.Datetime.subtract(fields.Datetime.now(), hours=24))
        counters = self.env["mes.counter"]
        domain = [("hour", ">=", since)]
        return [
            self._figure(
                self.env["mes.dispatcher"]._code(name).text, count, counters, [*domain, ("name", "=", name)], key=name
            )
            for name, count in counters._read_group(domain, ["name"], ["value:sum"], order="name")
        ]
