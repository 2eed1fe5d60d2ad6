"""Reconciliation on real orders: who asks for it, what it finds, what is done about it."""

from datetime import datetime, timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ..core.reconciliation_states import DifferenceKind, ReconciliationState, Repair, SettledAs
from ..core.states import InboxState
from .common import MesCase

BEGIN = datetime(2026, 11, 22, 6)
DAY = {"since": datetime(2026, 11, 22), "until": datetime(2026, 11, 23)}


class ReconciliationCase(MesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plant.mes_auto_post = False
        new_test_user(cls.env, "worker", groups="mrp.group_mrp_user").mes_operator_code = "worker"
        cls.clock = BEGIN

    def at(self):
        """A time of its own for each event, as an envelope."""
        type(self).clock += timedelta(seconds=20)
        return {"time": f"{self.clock.isoformat()}Z"}

    def used(self, order, product, lot, quantity):
        item = {"product": product.default_code, "quantity": self.quantity(quantity, product)}
        item.update({"lot": lot.name} if lot else {})
        return self.event("material.consumed", order, operation="10", items=[item], envelope=self.at())

    def made(self, order, quantity, lot):
        item = {"product": "GBX-100", "quantity": self.quantity(quantity), "lot": lot}
        return self.event("production.reported", order, items=[item], envelope=self.at())

    def scrapped(self, order, lot):
        scrap = {"product": "GBX-100", "quantity": self.quantity(1), "lot": lot, "reason": "dented"}
        return self.event("scrap.reported", order, **scrap, envelope=self.at())

    def returned(self, order):
        item = {"product": "GEAR-20", "quantity": self.quantity(1), "lot": "GEAR-20-A"}
        return self.event("material.returned", order, items=[item], envelope=self.at())

    def worked(self, order):
        envelope = self.at()
        period = {"from": f"{(self.clock - timedelta(minutes=7)).isoformat()}Z", "to": envelope["time"]}
        return self.event("labor.reported", order, operation="10", operator="worker", **period, envelope=envelope)

    def confirmed(self, order):
        data = {"good": self.quantity(1), "minutes": {"machine": 3.5}, "final": False}
        return self.event("operation.confirmed", order, operation="20", work_center="TST1", **data, envelope=self.at())

    def begun(self, order):
        return self.event("operation.started", order, operation="10", work_center="ASM1", envelope=self.at())

    def paused(self, order):
        return self.event("operation.paused", order, operation="10", work_center="ASM1", envelope=self.at())

    def undone(self, order, event):
        return self.event("posting.reversed", order, reverses=event["id"], reason="miscounted", envelope=self.at())

    def stream(self, order):
        """50 events of an order as a plant reports them, of every kind that posts."""
        events = []
        for number in range(8):
            events += [
                self.used(order, self.housing, self.lots[self.housing][number % 2], 1),
                self.used(order, self.gear, self.lots[self.gear][0], 2),
                self.used(order, self.screw, None, 8),
                self.made(order, 1, f"F{order.id}-{number}"),
                self.confirmed(order),
            ]
        events += [self.begun(order), *(self.worked(order) for _number in range(4)), self.paused(order)]
        wrong = self.made(order, 1, f"F{order.id}-9")
        return [*events, self.scrapped(order, f"F{order.id}-0"), self.returned(order), wrong, self.undone(order, wrong)]

    def play(self, messages):
        """Streams of as many events as asked for; the orders."""
        orders = self.env["mrp.production"]
        for _number in range(max(1, messages // 50)):
            order = self.release(quantity=20)
            self.assertDone(*self.deliver(*self.stream(order)))
            orders |= order
        return orders

    def compare(self, **values):
        run = self.env["mes.reconciliation"].create(values or DAY)
        run.action_compare()
        return run

    def found(self, run):
        return [(line.kind, line.event_id) for line in run.line_ids]


@tagged("post_install", "-at_install", "mes")
class TestReconciliation(ReconciliationCase):
    def summary(self, order, *events, **data):
        total = {"order": order.mes_reference, "kind": "received", "product": "GBX-100"}
        total.update(quantity=self.quantity(data.pop("good", len(events))), events=[event["id"] for event in events])
        event = self.event("shift.summarized", order, shift="2026-11-22/early", **data)
        period = {"from": "2026-11-22T06:00:00Z", "to": "2026-11-22T14:00:00Z"}
        event["data"] = {"shift": "2026-11-22/early", **period, "totals": [total], **data}
        return self.deliver(event)

    def runs(self, order):
        return self.env["mes.reconciliation"].search([("production_id", "=", order.id)])

    def test_a_completed_order_is_compared_and_agrees(self):
        order = self.release(quantity=5)
        used, made = self.used(order, self.housing, self.lots[self.housing][0], 5), self.made(order, 5, "F1")
        self.assertDone(*self.deliver(used, made), self.complete(order, 5))
        run = self.runs(order)
        with self.enter_registry_test_mode():
            self.env.ref("mes_connector.ir_cron_mes_reconcile").method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual((run.state, self.found(run)), (ReconciliationState.AGREES.value, []))

    def test_a_summary_names_what_is_missing_and_what_is_extra(self):
        order = self.release(quantity=5)
        first, second, lost = (self.made(order, 1, "F1") for _number in range(3))
        self.deliver(first, second)
        message = self.summary(order, first, lost)
        self.assertDone(message)
        run = self.env["mes.reconciliation"].search([("inbox_id", "=", message.id)])
        run.action_compare()
        missing, extra = DifferenceKind.EVENT_MISSING.value, DifferenceKind.EVENT_EXTRA.value
        self.assertEqual(self.found(run), [(extra, second["id"]), (missing, lost["id"])])
        self.assertEqual(run.line_ids[-1].repair, Repair.REQUEST_RESEND.value)
        run.line_ids[-1].action_request_resend()
        asked = self.env["mes.outbox.message"].search([("event_type", "=", "mes.resend.requested.v1")])
        self.assertIn(lost["id"], asked.payload)

    def test_an_event_that_waits_is_to_be_tried_again(self):
        order = self.release(quantity=5)
        waiting = self.made(order, 1, "F1")
        waiting["data"]["items"][0]["product"] = "NOBODY-KNOWS"
        parked = self.deliver(waiting)
        message = self.summary(order, waiting)
        run = self.env["mes.reconciliation"].search([("inbox_id", "=", message.id)])
        run.action_compare()
        self.assertEqual((run.line_ids.inbox_id, run.line_ids.repair), (parked, Repair.REPLAY.value))
        run.line_ids.action_replay()
        self.assertEqual(parked.state, InboxState.PENDING.value)

    def test_asking_the_system_is_answered_by_its_summary(self):
        order = self.release(quantity=5)
        made = self.made(order, 1, "F1")
        self.deliver(made)
        run = self.env["mes.reconciliation"].create({**DAY, "system_id": self.system.id})
        run.action_ask()
        self.assertEqual(run.state, ReconciliationState.ASKED.value)
        asked = self.env["mes.outbox.message"].search([("event_type", "=", "mes.shift.summary.requested.v1")])
        self.assertIn(run.name, asked.payload)
        self.assertEqual(self.summary(order, made, request=run.name).effect_ids.res_id, run.id)
        run.action_compare()
        self.assertEqual((run.state, self.found(run)), (ReconciliationState.AGREES.value, []))

    def test_a_difference_with_a_reason_is_not_found_again_and_a_lost_proof_is_written_anew(self):
        order = self.release(quantity=5)
        message = self.deliver(self.made(order, 2, "F1"))
        effect = message.effect_ids
        values = effect.copy_data()[0]
        effect.unlink()
        run = self.compare(production_id=order.id)
        line = run.line_ids
        self.assertEqual(line.kind, DifferenceKind.PROOF_MISSING.value)
        case = self.env["mes.case"].search([("code", "=", "books_differ"), ("production_id", "=", order.id)])
        self.assertIn(message.event_id, case.text)
        with self.assertRaises(UserError):
            line.action_adjust(" ")
        line.action_adjust("the effect was deleted in the database")
        self.assertEqual((line.settled_as, case.state), (SettledAs.ADJUSTED.value, "closed"))
        names = ("kind", "product", "lot", "quantity", "res_id")
        self.assertEqual([message.effect_ids[name] for name in names], [values[name] for name in names])
        self.assertEqual(self.compare(production_id=order.id).state, ReconciliationState.AGREES.value)

    def test_what_was_never_posted_is_applied_once_more(self):
        order = self.release(quantity=5)
        message = self.deliver(self.used(order, self.screw, None, 8))
        lines = self.env["stock.move.line"].browse(message.effect_ids.res_id)
        message.effect_ids.unlink()
        self.env.cr.execute("DELETE FROM stock_move_line WHERE id = %s", [lines.id])
        self.env.invalidate_all()
        run = self.compare(production_id=order.id)
        self.assertEqual(run.line_ids.mapped("repair"), [Repair.REPLAY.value])
        run.line_ids.action_replay()
        self.drain()
        self.assertEqual(message.replay_ids.effect_ids.mapped("quantity"), [8])

    def test_only_the_comparison_writes_differences(self):
        order = self.release(quantity=5)
        self.deliver(self.made(order, 2, "F1")).effect_ids.unlink()
        line = self.compare(production_id=order.id).line_ids
        finance, auditor = (
            new_test_user(self.env, role, groups=f"mes_connector.group_mes_{role}") for role in ("finance", "auditor")
        )
        with self.assertRaises(AccessError):
            line.with_user(finance).settled_as = SettledAs.GONE.value
        with self.assertRaises(AccessError):
            line.with_user(auditor).action_adjust("no")
        line.with_user(finance).action_adjust("checked")
        self.assertEqual((line.settled_by_id, line.settled_at <= fields.Datetime.now()), (finance, True))
