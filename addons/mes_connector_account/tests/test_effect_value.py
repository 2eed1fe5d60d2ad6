"""Proof of posting in money: what each effect was worth, also undone, and that locked periods are no difference."""

from odoo.tests import tagged

from odoo.addons.mes_connector.core.reconciliation_states import ReconciliationState

from .common import MoneyCase


@tagged("post_install", "-at_install", "mes")
class TestEffectValue(MoneyCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plant.mes_auto_post = False

    def values(self, message):
        return {effect.kind: effect.value for effect in message.effect_ids if effect.value}

    def test_consumption_time_and_receipt_have_their_value(self):
        self.value_by("average")
        order = self.release(quantity=10)
        used = self.consume(order, {(self.housing, self.lots[self.housing][0]): 4})
        worked = self.confirm(order, "10", 4, minutes=12)
        made = self.report(order, 4, "F1")
        self.assertDone(used, worked, made)
        self.assertEqual((self.values(used), self.values(worked)), ({"consumed": 40}, {"time": 12}))
        self.assertEqual(made.effect_ids.filtered(lambda one: one.kind == "received").value, order.mes_value_received)

    def test_what_is_undone_takes_its_value_back(self):
        self.value_by("average")
        order = self.release(quantity=10)
        used = self.consume(order, {(self.housing, self.lots[self.housing][0]): 4})
        undone = self.send("posting.reversed", order, reverses=used.event_id, reason="miscounted")
        self.assertDone(undone)
        self.assertEqual(self.values(undone), {"reversed": -40})
        run = self.env["mes.reconciliation"].create({"production_id": order.id})
        run.action_compare()
        self.assertEqual((run.state, run.posting_count), (ReconciliationState.AGREES.value, 2))

    def test_books_of_a_locked_period_agree_and_a_changed_day_is_named(self):
        self.value_by("average")
        order = self.release(quantity=10)
        self.company.fiscalyear_lock_date = "2026-11-30"
        used = self.consume(order, {(self.housing, self.lots[self.housing][0]): 4})
        self.assertDone(used, self.report(order, 4, "F1"))
        move = self.env["stock.move.line"].browse(used.effect_ids.res_id).move_id
        self.assertEqual(str(move.date.date()), "2026-12-01")
        run = self.env["mes.reconciliation"].create({"production_id": order.id})
        run.action_compare()
        self.assertEqual((run.state, run.line_ids.mapped("text")), (ReconciliationState.AGREES.value, []))
        self.env.flush_all()
        self.env.cr.execute("UPDATE stock_move SET date = date - interval '1 month' WHERE id = %s", [move.id])
        self.env.invalidate_all()
        run.action_compare()
        line = run.line_ids
        self.assertEqual((line.event_id, line.aspects, line.value), (used.event_id, "date", 40))
