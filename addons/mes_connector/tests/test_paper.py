"""Paper mode: booked by hand while the plant is down, recognised when its late messages arrive, and who may."""

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from ..core.states import InboxState, OrderPhase, ReportKind
from .common import MesCase

CONSUMED, RECEIVED, SCRAPPED = ReportKind.CONSUMED.value, ReportKind.RECEIVED.value, ReportKind.SCRAPPED.value


@tagged("post_install", "-at_install", "mes")
class TestPaper(MesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plant.action_mes_paper_start("Network is down")
        cls.period = cls.plant.mes_paper_period_ids
        # The events of these tests happen at 10:00.
        cls.period.started_at = "2026-11-22 09:00:00"
        cls.made = cls.env["stock.lot"].create({"name": "F1", "product_id": cls.gearbox.id})

    def book(self, order, *lines, user=None):
        """``lines``: (kind, product, lot, quantity)."""
        rows = [
            {"kind": kind, "product_id": product.id, "lot_id": lot and lot.id, "quantity": quantity}
            for kind, product, lot, quantity in lines
        ]
        book = self.env["mes.paper.book"].with_user(user or self.env.user)
        book.create({"production_id": order.id, "line_ids": [Command.create(row) for row in rows]}).action_book()

    def book_ten(self, order, **options):
        lot = self.lots[self.housing][0]
        self.book(order, (CONSUMED, self.housing, lot, 10), (RECEIVED, self.gearbox, self.made, 10), **options)

    def use(self, order, quantity, **options):
        return self.consume(order, {(self.housing, self.lots[self.housing][0]): quantity}, **options)

    def in_stock(self):
        return self.on_hand(self.housing), self.on_hand(self.gearbox)

    def effects(self, message):
        return [(effect.kind, effect.product, effect.quantity) for effect in message.effect_ids]

    def test_booked_by_hand_moves_stock_and_phase(self):
        order = self.release(quantity=10)
        self.book_ten(order)
        self.assertEqual(self.in_stock(), (990, 10))
        self.assertPhase(order, OrderPhase.PARTIALLY_CONFIRMED)
        self.assertEqual(self.genealogy(order), {"F1": {"HSG-100-A": 10}})
        self.assertEqual(order.mes_transition_ids[-1].user_id, self.env.user)
        self.assertEqual(order.mes_paper_ids.mapped("kind"), [CONSUMED, RECEIVED])

    def test_late_messages_are_recognised_and_post_nothing(self):
        order = self.release(quantity=10)
        self.book_ten(order)
        consumed, received = self.use(order, 10), self.report(order, 10, "F1")
        self.assertDone(consumed, received)
        self.assertEqual(self.effects(consumed), [("noted", "HSG-100", 10)])
        self.assertEqual(self.effects(received), [("noted", "GBX-100", 10)])
        self.assertEqual(self.in_stock(), (990, 10))
        self.assertFalse(any(order.mes_paper_ids.mapped("is_open")))
        self.assertDone(self.complete(order, 10))
        self.assertEqual((order.state, self.in_stock()), ("done", (990, 10)))

    def test_only_the_rest_is_posted(self):
        order = self.release(quantity=20)
        self.book_ten(order)
        first, second = self.use(order, 6), self.use(order, 14)
        self.assertEqual(self.effects(first), [("noted", "HSG-100", 6)])
        self.assertEqual(self.effects(second), [("noted", "HSG-100", 4), ("consumed", "HSG-100", 10)])
        self.assertEqual(self.on_hand(self.housing), 980)
        another_lot = self.report(order, 10, "F2")
        self.assertEqual(self.effects(another_lot), [("received", "GBX-100", 10)])
        self.assertEqual(
            order.mes_paper_ids.filtered("is_open").lot_id.name, "F1", "a person sees what nobody reported"
        )

    def test_counters_of_the_plant_go_on(self):
        order = self.release(quantity=20)
        self.book_ten(order)
        self.assertDone(self.report(order, 6, "F1", cumulative=6), self.report(order, 4, "F1", cumulative=10))
        self.assertDone(self.report(order, 5, "F1", cumulative=15))
        self.assertEqual(self.on_hand(self.gearbox), 15)

    def test_what_happened_outside_the_period_is_not_recognised(self):
        order = self.release(quantity=20)
        self.book_ten(order)
        self.period.ended_at = "2026-11-22 12:00:00"
        for time in ("2026-11-22T08:59:00Z", "2026-11-22T12:01:00Z"):
            message = self.use(order, 5, envelope={"time": time})
            self.assertEqual(self.effects(message), [("consumed", "HSG-100", 5)])

    def test_completion_waits_for_what_was_booked_by_hand(self):
        order = self.release(quantity=10)
        self.send("operation.started", order, operation="10", work_center="ASM1")
        waiting = self.complete(order, 10)
        self.assertStopped(waiting, InboxState.PARKED, "too_early")
        self.book_ten(order)
        self.drain()
        self.assertDone(waiting)
        self.assertPhase(order, OrderPhase.POSTED)

    def test_the_laws_hold_by_hand_too(self):
        order = self.release(quantity=10)
        with self.assertRaisesRegex(UserError, "More was produced"), self.env.cr.savepoint():
            self.book(order, (RECEIVED, self.gearbox, self.made, 11))
        with self.assertRaisesRegex(UserError, "is tracked"), self.env.cr.savepoint():
            self.book(order, (RECEIVED, self.gearbox, None, 5))
        self.assertFalse(order.mes_paper_ids)

    def test_scrap(self):
        order = self.release(quantity=10)
        self.book(order, (SCRAPPED, self.gearbox, self.made, 2))
        late = self.send("scrap.reported", order, product="GBX-100", lot="F1", quantity=self.quantity(2), reason="BURR")
        self.assertEqual(self.effects(late), [("noted", "GBX-100", 2)])
        self.assertEqual((order.mes_qty_scrapped, self.on_hand(self.gearbox)), (2, 0))

    def test_undo(self):
        order = self.release(quantity=10)
        self.book_ten(order)
        order.mes_paper_ids.sorted("id", reverse=True).action_undo()
        self.assertEqual(self.in_stock(), (1000, 0))
        self.assertEqual(self.effects(self.use(order, 10)), [("consumed", "HSG-100", 10)])
        with self.assertRaisesRegex(UserError, "undone already"):
            order.mes_paper_ids[0].action_undo()

    def test_a_recognised_report_is_not_reversed_by_message(self):
        order = self.release(quantity=10)
        self.book_ten(order)
        late = self.use(order, 10)
        reversal = self.send("posting.reversed", order, reverses=late.event_id, reason="Wrong lot")
        self.assertStopped(reversal, InboxState.REJECTED, "not_reversible")
        self.assertEqual(self.on_hand(self.housing), 990)

    def test_who_may(self):
        order = self.release(quantity=10)
        operator = new_test_user(self.env, "operator", groups="mes_connector.group_mes_operator")
        planner = new_test_user(self.env, "planner", groups="mes_connector.group_mes_planner")
        with self.assertRaises(AccessError):
            order.with_user(planner).action_mes_book_by_hand()
        self.book_ten(order, user=operator)
        self.assertEqual((self.in_stock(), order.mes_paper_ids.user_id), ((990, 10), operator))
        self.plant.mes_paper_user_ids = planner
        with self.assertRaises(AccessError):
            order.with_user(operator).action_mes_book_by_hand()
        order.with_user(planner).action_mes_book_by_hand()
        with self.assertRaises(AccessError):
            self.plant.with_user(operator).action_mes_paper_end()

    def test_the_form_fills_in_what_is_reserved(self):
        order = self.release(quantity=10)
        book = self.env["mes.paper.book"].create({"production_id": order.id})
        book.action_fill_components()
        amounts = {line.product_id: (line.kind, line.lot_id.name, line.quantity) for line in book.line_ids}
        self.assertEqual(amounts[self.housing], (CONSUMED, "HSG-100-A", 10))
        self.assertEqual(amounts[self.screw], (CONSUMED, False, 80))
        book.action_book()
        self.assertEqual((self.on_hand(self.gear), self.on_hand(self.screw)), (1980, 9920))

    def test_only_while_it_is_on(self):
        order = self.release(quantity=10)
        self.plant.action_mes_paper_end()
        self.assertTrue(self.period.ended_at)
        with self.assertRaisesRegex(UserError, "not in paper mode"), self.env.cr.savepoint():
            self.book_ten(order)
        self.plant.action_mes_paper_start("Again")
        self.assertEqual(len(self.plant.mes_paper_period_ids), 2)
