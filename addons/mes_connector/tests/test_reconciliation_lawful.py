"""However an order was posted lawfully, its books agree: kept, by hand, undone, in other units, by several people."""

from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from ..core.reconciliation_states import DifferenceKind, ReconciliationState
from ..core.states import PostingPolicy, ReportKind
from .test_reconciliation import ReconciliationCase


@tagged("post_install", "-at_install", "mes")
class TestLawfulBooks(ReconciliationCase):
    def assertAgrees(self, order):
        run = self.compare(production_id=order.id)
        seen = [(line.kind, line.posting, line.product, line.lot, line.aspects, line.event_id) for line in run.line_ids]
        self.assertEqual((run.state, seen), (ReconciliationState.AGREES.value, []))

    def differences(self, order):
        self.env.invalidate_all()
        return self.compare(production_id=order.id).line_ids

    def confirmed_by(self, order, *operators, **data):
        values = {"good": self.quantity(2), "minutes": {"machine": 6, "labor": 8}, "final": False, **data}
        people = {"operators": list(operators)} if operators else {}
        envelope = self.at()
        return self.event(
            "operation.confirmed", order, operation="10", work_center="ASM1", **people, **values, envelope=envelope
        )

    def test_everything_that_was_said_is_undone(self):
        order = self.release(quantity=10)
        events = [
            self.used(order, self.housing, self.lots[self.housing][0], 2),
            self.made(order, 2, "F1"),
            self.worked(order),
            self.confirmed_by(order, "worker", scrap=self.quantity(1), rework=self.quantity(1)),
            self.begun(order),
        ]
        self.assertDone(*self.deliver(*events))
        self.assertAgrees(order)
        for event in reversed(events[:4]):
            self.assertDone(self.deliver(self.undone(order, event)))
            self.assertAgrees(order)

    def test_pieces_that_are_worked_again(self):
        order = self.release(quantity=10)
        again = {"good": self.quantity(1), "rework": self.quantity(0)}
        first = self.confirmed_by(order, rework=self.quantity(2))
        self.assertDone(*self.deliver(first, self.confirmed_by(order, **again), self.confirmed_by(order, **again)))
        self.assertAgrees(order)

    def test_two_people_and_breaks(self):
        new_test_user(self.env, "helper", groups="mrp.group_mrp_user").mes_operator_code = "helper"
        order = self.release(quantity=10)
        events = [self.begun(order), self.paused(order), self.begun(order), self.worked(order), self.paused(order)]
        self.assertDone(*self.deliver(*events))
        self.assertAgrees(order)
        self.assertDone(self.deliver(self.confirmed_by(order, "worker", "helper")))
        self.assertAgrees(order)

    def test_reports_are_kept_for_completion(self):
        self.plant.mes_posting_policy = PostingPolicy.ON_COMPLETION.value
        order = self.release(quantity=5)
        wrong = self.used(order, self.gear, self.lots[self.gear][0], 4)
        used = self.used(order, self.housing, self.lots[self.housing][0], 5)
        self.assertDone(*self.deliver(used, wrong, self.undone(order, wrong), self.made(order, 4, "F1")))
        self.assertAgrees(order)
        self.assertDone(self.deliver(self.scrapped(order, "F2")), self.complete(order, 4, 1))
        self.assertAgrees(order)

    def test_a_kept_report_that_is_changed_is_named(self):
        self.plant.mes_posting_policy = PostingPolicy.ON_COMPLETION.value
        order = self.release(quantity=5)
        message = self.deliver(self.used(order, self.housing, self.lots[self.housing][0], 5))
        self.env.flush_all()
        self.env.cr.execute("UPDATE mes_booking SET quantity = 4 WHERE inbox_id = %s", [message.id])
        self.assertEqual(self.differences(order).mapped("event_id"), [message.event_id])

    def test_bookings_by_hand_and_their_late_reports(self):
        order = self.release(quantity=10)
        self.plant.action_mes_paper_start("Network is down")
        self.plant.mes_paper_period_ids.started_at = "2026-11-22 05:00:00"
        made, lot = self.env["stock.lot"].create({"name": "F1", "product_id": self.gearbox.id}), self.lots[self.housing]
        rows = [
            {"kind": kind.value, "product_id": product.id, "lot_id": one.id, "quantity": 4}
            for kind, product, one in (
                (ReportKind.CONSUMED, self.housing, lot[0]),
                (ReportKind.RECEIVED, self.gearbox, made),
            )
        ]
        book = self.env["mes.paper.book"].create(
            {"production_id": order.id, "line_ids": [Command.create(row) for row in rows]}
        )
        book.action_book()
        self.assertAgrees(order)
        self.assertDone(*self.deliver(self.used(order, self.housing, lot[0], 6), self.made(order, 3, "F1")))
        self.assertAgrees(order)

    def test_scrap_by_hand_is_what_it_says_of_itself(self):
        order = self.release(quantity=10)
        self.assertDone(self.deliver(self.made(order, 2, "F1")))
        person = new_test_user(self.env, "tester", groups="stock.group_stock_manager,mrp.group_mrp_user")
        scrap = self.env["stock.scrap"].with_user(person)
        scrap = scrap.create(
            {
                "product_id": self.screw.id,
                "product_uom_id": self.env.ref("uom.product_uom_dozen").id,
                "scrap_qty": 2,
                "production_id": order.id,
                "location_id": self.stock.id,
            }
        )
        scrap.do_scrap()
        self.assertAgrees(order)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE stock_move_line SET quantity_product_uom = 25 WHERE move_id = %s", [scrap.move_ids.id]
        )
        line = self.differences(order)
        self.assertEqual((line.kind, line.quantity), (DifferenceKind.RECORD_CHANGED.value, 24))
        self.assertEqual((line.res_model, line.res_id), ("stock.scrap", scrap.id))

    def test_a_component_that_is_planned_in_dozens(self):
        self.bom.bom_line_ids.filtered(lambda line: line.product_id == self.screw).write(
            {"product_qty": 1, "product_uom_id": self.env.ref("uom.product_uom_dozen").id}
        )
        order = self.release(quantity=5)
        used = self.used(order, self.screw, None, 48)
        self.assertDone(*self.deliver(used, self.made(order, 5, "F1")), self.complete(order, 5))
        self.assertAgrees(order)
