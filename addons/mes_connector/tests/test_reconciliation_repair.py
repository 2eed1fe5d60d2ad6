"""What is tried about a difference: it ends, and its case closes, when the books agree, and not before."""

from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from ..core.reconciliation_states import DifferenceKind, ReconciliationState, SettledAs
from ..core.states import CaseState
from .test_reconciliation import ReconciliationCase


@tagged("post_install", "-at_install", "mes")
class TestRepair(ReconciliationCase):
    def setUp(self):
        super().setUp()
        self.order = self.release(quantity=5)
        self.lost = self.made(self.order, 2, "F1")

    def summed_up(self, *totals, **data):
        """The compared run of the summary of a shift."""
        period = {"from": "2026-11-22T06:00:00Z", "to": "2026-11-22T14:00:00Z"}
        event = self.event("shift.summarized", self.order)
        event["data"] = {"shift": "early", **period, "totals": list(totals), **data}
        self.assertDone(message := self.deliver(event))
        run = self.env["mes.reconciliation"].search([("inbox_id", "=", message.id)])
        run.action_compare()
        return run

    def total(self, quantity, *events, **more):
        told = {"order": self.order.mes_reference, "kind": "received", "product": "GBX-100", **more}
        return dict(told, quantity=self.quantity(quantity), events=[event["id"] for event in events])

    def case(self):
        return self.env["mes.case"].search([("code", "=", "books_differ"), ("production_id", "=", self.order.id)])

    def run_cron(self):
        with self.enter_registry_test_mode():
            self.env.ref("mes_connector.ir_cron_mes_reconcile").method_direct_trigger()
        self.env.invalidate_all()

    def test_what_was_asked_for_ends_when_it_has_come(self):
        run = self.summed_up(self.total(2, self.lost))
        line = run.line_ids
        self.assertEqual((line.event_id, self.case().state), (self.lost["id"], CaseState.OPEN.value))
        line.action_request_resend()
        self.run_cron()
        self.assertEqual((line.settled_as, self.case().state), (False, CaseState.OPEN.value))
        self.assertDone(self.deliver(self.lost))
        self.run_cron()
        self.assertEqual((line.settled_as, self.case().state), (SettledAs.RESENT.value, CaseState.CLOSED.value))
        self.assertEqual((run.state, run.open_count), (ReconciliationState.AGREES.value, 0))

    def test_what_comes_by_itself_ends_too(self):
        line = self.summed_up(self.total(2, self.lost)).line_ids
        self.assertDone(self.deliver(self.lost))
        self.run_cron()
        self.assertEqual((line.settled_as, self.case().state), (SettledAs.GONE.value, CaseState.CLOSED.value))

    def test_comparing_again_finds_the_same_difference_once(self):
        run = self.summed_up(self.total(2, self.lost))
        line = run.line_ids
        line.action_request_resend()
        run.action_compare()
        self.assertEqual((run.line_ids, line.settled_as), (line, False))
        later = self.summed_up(self.total(2, self.lost))
        self.assertEqual((line.settled_as, later.line_ids.settled_as), (SettledAs.FOUND_AGAIN.value, False))
        self.assertEqual(later.line_ids.tried, line.tried)
        self.assertEqual(self.case().state, CaseState.OPEN.value)

    def test_a_later_summary_of_a_longer_time_ends_what_it_covers(self):
        line = self.summed_up(self.total(2, self.lost)).line_ids
        self.assertDone(self.deliver(self.lost))
        day = {"shift": "day", "from": "2026-11-22T00:00:00Z", "to": "2026-11-23T00:00:00Z"}
        self.assertEqual(self.found(self.summed_up(self.total(2, self.lost), **day)), [])
        self.assertEqual((line.settled_as, self.case().state), (SettledAs.GONE.value, CaseState.CLOSED.value))

    def test_a_total_names_no_event_to_ask_for(self):
        self.deliver(self.lost)
        line = self.summed_up(self.total(3, self.lost)).line_ids
        self.assertEqual((line.kind, line.held_quantity), (DifferenceKind.TOTAL_DIFFERS.value, 2))
        with self.assertRaises(UserError):
            line.action_request_resend()
        self.assertFalse(line.tried)

    def test_a_run_that_fails_holds_up_no_other(self):
        second = self.release(quantity=5)
        runs = self.env["mes.reconciliation"].search([])
        for order in (self.order, second):
            self.assertDone(self.deliver(self.made(order, 5, f"F{order.id}")), self.complete(order, 5))
        first, other = (self.env["mes.reconciliation"].search([]) - runs).sorted("id")
        books = type(self.env["mes.books"])

        def read(self, orders, known=books._read_all):
            if orders == first.production_id:
                raise ValueError("a book nobody can read")
            return known(self, orders)

        with patch.object(books, "_read_all", read), self.assertLogs("odoo.addons.mes_connector", "WARNING"):
            self.run_cron()
        self.assertEqual((first.state, other.state), ("failed", "agrees"))
        self.assertIn("nobody can read", first.failure)
        first.action_compare()
        self.assertEqual((first.state, first.failure), ("agrees", False))

    def test_what_ended_long_ago_is_forgotten_but_for_reasons(self):
        self.env["ir.config_parameter"].set_param("mes_connector.idempotency_days", 30)
        self.deliver(self.lost).effect_ids.unlink()
        first = self.compare(production_id=self.order.id)
        second = self.compare(production_id=self.order.id)
        second.line_ids.action_adjust("accepted")
        third = self.compare(production_id=self.order.id)
        runs = first | second | third
        runs.compared_at = runs.line_ids.settled_at = fields.Datetime.now() - timedelta(days=29)
        self.env["mes.reconciliation"]._gc_settled()
        self.assertEqual(runs.exists(), runs)
        runs.compared_at = runs.line_ids.settled_at = fields.Datetime.now() - timedelta(days=31)
        self.env["mes.reconciliation"]._gc_settled()
        self.assertEqual(runs.exists(), second)
