"""Reads a sender's summary of a shift, and what is known of its events of that time; how they compare is core's."""

from datetime import timedelta

from odoo import api, models

from ..core.postings import Posting
from ..core.reconciliation_totals import Fact, Total
from ..core.statements import MAIN_KINDS, Statement, statements
from ..core.states import INBOX_LIVE, InboxState, ReportKind

SECOND = timedelta(seconds=1)
KINDS = frozenset(kind.value for kind in ReportKind)


class MesShiftTotals(models.AbstractModel):
    _name = "mes.shift.totals"
    _description = "Totals of a Shift"

    @api.model
    def _read_all(self, run):
        """The totals of the summary of ``run``, and the facts of the same system and time.

        :return: lists of core ``Total`` and ``Fact``
        """
        told = run.inbox_id._envelope().data["totals"]
        messages = self._messages(run)
        events = {message: message._envelope().data for message in messages}
        said = [
            (message, one)
            for message, data in events.items()
            for one in statements(message.event_type, data)
            if one.kind in KINDS
        ]
        references = {total["order"] for total in told} | {data["order"] for data in events.values()}
        orders = self._orders(run, references)
        spoken = {(events[message]["order"], one.kind, one.product): message._code_scope() for message, one in said}
        totals = self._totals(run, told, orders, spoken)
        meant = self._read(run, [(message._code_scope(), one) for message, one in said])
        facts = [
            self._fact(message, one, orders[events[message]["order"]])
            for (message, _one), one in zip(said, meant, strict=True)
        ]
        return totals, facts

    def _messages(self, run):
        """The events of that time that have had their effect and kept it, or may still have it."""
        states = [state.value for state in (*INBOX_LIVE, InboxState.DONE)]
        messages = self.env["mes.inbox.message"].search(
            [
                *run._received(),
                ("system_id", "=", run.system_id.id),
                ("event_time", ">=", run.since),
                ("event_time", "<", run.until),
                ("event_type", "in", list(MAIN_KINDS)),
                ("state", "in", states),
                ("is_quarantined", "!=", True),
                ("payload", "!=", False),
                # A system that was asked for one plant, or one order, sums up only that.
                *([("plant_id", "in", [False, run.plant_id.id])] if run.plant_id else []),
                *([("production_id", "=", run.production_id.id)] if run.production_id else []),
            ],
            order="id",
        )
        undone = self.env["mes.effect"].search([("inbox_id", "in", messages.ids), ("reversed_by_ids", "!=", False)])
        return messages - undone.inbox_id

    def _orders(self, run, references):
        """``{reference: id}``; 0 for what has not been released here."""
        found = self.env["mrp.production"].search(
            [("mes_reference", "in", list(references)), ("company_id", "=", run.company_id.id)]
        )
        ids = {order.mes_reference: order.id for order in found}
        return {reference: ids.get(reference, 0) for reference in references}

    def _totals(self, run, told, orders, spoken):
        """The totals in Odoo's codes, which mean in a sum what they meant last in the events it is of.

        :param spoken: ``{(order, kind, product as sent): core Scope}`` of those events that are here
        """
        at_end = run.system_id._code_scope(run.until - SECOND, run.plant_id)
        said = [
            (spoken.get((total["order"], total["kind"], total["product"]), at_end), self._statement(total))
            for total in told
        ]
        return [self._total(total, one, orders) for total, one in zip(told, self._read(run, said), strict=True)]

    def _read(self, run, said):
        """The statements in Odoo's codes; as they were said where they cannot be read."""
        read = self.env["mes.resolver"]._read_statements(run.company_id, said)
        return [meant or one for meant, (_scope, one) in zip(read, said, strict=True)]

    def _statement(self, total):
        quantity, operation = total["quantity"], total.get("operation", "")
        return Statement(
            total["kind"], total["product"], total.get("lot", ""), quantity["value"], quantity["uom"], operation
        )

    def _total(self, total, one, orders):
        events = tuple(total["events"]) if "events" in total else None
        return Total(orders[total["order"]], one.kind, one.product, one.quantity, one.lot, one.operation, events)

    def _fact(self, message, one, order):
        posting = Posting(order, one.kind, one.product, one.lot, one.quantity, message.event_time, message.id)
        return Fact(message.event_id, posting, one.operation, message.state == InboxState.DONE.value)
