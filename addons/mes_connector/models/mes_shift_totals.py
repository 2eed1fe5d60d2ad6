"""Reads a sender's summary of a shift, and what is known of its events of that time; how they compare is core's."""

from odoo import api, models

from ..core.reconciliation import Fact, Posting, Total
from ..core.statements import MAIN_KINDS, Statement, statements
from ..core.states import INBOX_LIVE, InboxState, ReportKind

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
        summed = [self._statement(total) for total in told]
        resolve = self._resolution(run, [*summed, *(one for _message, one in said)])
        totals = [self._total(total, one, orders, resolve) for total, one in zip(told, summed, strict=True)]
        facts = [self._fact(message, one, orders[events[message]["order"]], resolve) for message, one in said]
        return totals, facts

    def _messages(self, run):
        """The events of that time that have had their effect and kept it, or may still have it."""
        states = [state.value for state in (*INBOX_LIVE, InboxState.DONE)]
        messages = self.env["mes.inbox.message"].search(
            [
                ("system_id", "=", run.system_id.id),
                ("event_time", ">=", run.since),
                ("event_time", "<", run.until),
                ("event_type", "in", list(MAIN_KINDS)),
                ("state", "in", states),
                ("is_quarantined", "!=", True),
                ("payload", "!=", False),
                # A system that was asked for one order sums up only that.
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

    def _resolution(self, run, said):
        codes, units = {one.product for one in said}, {one.uom for one in said}
        return self.env["mes.books"]._resolution(run.company_id, codes, units)

    def _statement(self, total):
        quantity = total["quantity"]
        return Statement(total["kind"], total["product"], total.get("lot", ""), quantity["value"], quantity["uom"])

    def _total(self, total, one, orders, resolve):
        product, quantity = resolve(one) or (one.product, one.quantity)
        events = tuple(total["events"]) if "events" in total else None
        return Total(orders[total["order"]], one.kind, product, quantity, one.lot, total.get("operation", ""), events)

    def _fact(self, message, one, order, resolve):
        product, quantity = resolve(one) or (one.product, one.quantity)
        posting = Posting(order, one.kind, product, one.lot, quantity, message.event_time, message.id)
        return Fact(message.event_id, posting, one.operation, message.state == InboxState.DONE.value)
