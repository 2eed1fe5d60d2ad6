"""Returns and reversals: what comes back is exact in stock, genealogy, demand and work orders (trap 15)."""

import json

from odoo.tests import tagged

from ..core.states import InboxState, ReceiptSource
from .common import MesCase


@tagged("post_install", "-at_install", "mes")
class TestPostingReversal(MesCase):
    def reverse(self, order, message, **extra):
        return self.send("posting.reversed", order, reverses=message.event_id, reason="miscounted", **extra)

    def increment(self, order, pieces, lot, index=0):
        used = {
            (self.housing, self.lots[self.housing][index]): pieces,
            (self.gear, self.lots[self.gear][index]): 2 * pieces,
        }
        messages = self.consume(order, used) | self.report(order, pieces, lot)
        self.assertDone(*messages)
        return messages.sorted("id")

    def in_stock(self):
        quants = self.env["stock.quant"].search([("location_id", "child_of", self.stock.id)])
        return {
            (quant.product_id.default_code, quant.lot_id.name): (quant.quantity, quant.reserved_quantity)
            for quant in quants
            if quant.quantity or quant.reserved_quantity
        }

    def demand(self, order, product):
        """(demand of what is done, demand of what is open)"""
        moves = order.move_raw_ids.filtered(lambda move: move.product_id == product and move.state != "cancel")
        done = moves.filtered(lambda move: move.state == "done")
        return sum(done.mapped("product_uom_qty")), sum((moves - done).mapped("product_uom_qty"))

    def test_trap_15_a_reversed_consumption_leaves_no_trace_in_stock(self):
        order = self.release()
        before = self.in_stock()
        message = self.consume(order, {(self.housing, self.lots[self.housing][0]): 40, (self.screw, None): 320})
        self.assertDone(reversal := self.reverse(order, message))
        self.assertEqual(self.in_stock(), before, "quantities and reservations")
        self.assertEqual(self.demand(order, self.housing), (0, 100))
        counters = order.move_raw_ids._mes_counter_moves()
        self.assertEqual(counters.origin_returned_move_id.raw_material_production_id, order)
        self.assertFalse(counters.raw_material_production_id | counters.production_id)
        self.assertEqual(counters.move_line_ids.lot_id, self.lots[self.housing][0])
        self.assertEqual(reversal.effect_ids.reverses_id, message.effect_ids)
        self.assertEqual(message.effect_ids.reversed_by_ids, reversal.effect_ids)

    def test_trap_15_a_reversed_receipt_can_be_made_again(self):
        order = self.release()
        first, second = self.increment(order, 40, "F1"), self.increment(order, 30, "F2", 1)
        self.assertDone(self.reverse(order, first[1]))
        self.assertEqual((order.qty_produced, order.mes_qty_good, self.on_hand(self.gearbox)), (30, 30, 30))
        self.assertEqual(self.genealogy(order)["F1"], {})
        self.report(order, 70, "F3")
        self.assertEqual(
            self.genealogy(order),
            {
                "F1": {},
                "F2": {"HSG-100-B": 30, "GEAR-20-B": 60},
                "F3": {"HSG-100-A": 40, "GEAR-20-A": 80},
            },
            "what was consumed for the reversed pieces went into the next ones",
        )
        self.assertEqual(second[1].effect_ids.reversed_by_ids, self.env["mes.effect"])
        self.assertDone(self.complete(order, 100))
        self.assertEqual((order.state, self.on_hand(self.gearbox)), ("done", 100))

    def test_trap_15_reversed_consumption_leaves_the_genealogy(self):
        order = self.release()
        wrong = self.consume(order, {(self.gear, self.lots[self.gear][1]): 10})
        self.increment(order, 40, "F1")
        self.assertDone(self.reverse(order, wrong))
        self.assertEqual(self.genealogy(order), {"F1": {"HSG-100-A": 40, "GEAR-20-A": 80}})
        self.assertEqual(self.demand(order, self.gear), (80, 120))

    def test_a_reversal_of_everything_leaves_the_order_as_released(self):
        order = self.release()
        before, demand = self.in_stock(), self.demand(order, self.gear)
        work = self.confirm(order, "10", 40, minutes=30)
        messages = self.increment(order, 40, "F1") | self.send(
            "scrap.reported", order, product="GBX-100", quantity=self.quantity(2), lot="F1", reason="dented"
        )
        for message in (messages | work).sorted("id", reverse=True):
            self.assertDone(self.reverse(order, message))
        self.assertEqual(self.in_stock(), before)
        self.assertEqual(self.demand(order, self.gear), demand)
        self.assertEqual((order.qty_produced, order.mes_qty_good, order.mes_qty_scrapped), (0, 0, 0))
        self.assertEqual((order.workorder_ids[0].qty_produced, order.workorder_ids[0].duration), (0, 0))

    def test_a_reversed_scrap_is_good_stock_no_more(self):
        order = self.release()
        self.increment(order, 40, "F1")
        scrap = self.send("scrap.reported", order, product="GBX-100", quantity=self.quantity(2), lot="F1")
        self.assertEqual((order.mes_qty_good, order.mes_qty_scrapped), (40, 2))
        self.assertDone(self.reverse(order, scrap))
        self.assertEqual((order.mes_qty_good, order.mes_qty_scrapped, self.on_hand(self.gearbox)), (40, 0, 40))

    def test_a_reversal_says_what_it_undid_once(self):
        order = self.release()
        message = self.consume(order, {(self.housing, self.lots[self.housing][0]): 40})
        self.assertDone(self.reverse(order, message))
        again = self.reverse(order, message)
        self.assertDone(again)
        self.assertEqual((again.code, len(again.effect_ids)), ("already", 0))
        self.assertEqual(self.on_hand(self.housing), 1000)

    def test_what_was_taken_back_is_neither_yield_nor_consumption(self):
        self.plant.mes_over_delivery_percent = 10
        order = self.release(quantity=10)
        wrong = self.consume(order, {(self.housing, self.lots[self.housing][0]): 4})
        self.reverse(order, wrong)
        self.increment(order, 11, "F1", 1)
        self.assertDone(self.complete(order, 11))
        posted = self.env["mes.outbox.message"].search([("event_type", "=", "mes.order.posted.v1")], limit=1)
        data = json.loads(posted.payload)["data"]
        self.assertEqual(data["yield_variance"], 1)
        rows = {row["product"]: (row["planned"]["value"], row["actual"]["value"]) for row in data["consumption"]}
        self.assertEqual((rows["HSG-100"], rows["GEAR-20"], rows["SCR-M6"]), ((11, 11), (22, 22), (88, 88)))

    def test_what_cannot_be_undone_is_refused(self):
        order = self.release()
        messages = self.increment(order, 40, "F1")
        reversal = self.reverse(order, self.consume(order, {(self.screw, None): 8}))
        self.assertStopped(self.reverse(order, reversal), InboxState.REJECTED, "not_reversible")
        started = self.send("order.acknowledged", order, revision=1, accepted=True)
        self.assertStopped(self.reverse(order, started), InboxState.REJECTED, "not_reversible")
        lot = self.env["stock.lot"].search([("name", "=", "F1"), ("product_id", "=", self.gearbox.id)])
        self.env["stock.quant"]._update_available_quantity(self.gearbox, self.stock, -1, lot_id=lot)
        used = self.reverse(order, messages[1])
        self.assertStopped(used, InboxState.REJECTED, "not_reversible")
        self.assertIn("40 posted, 39 still there", used.text)
        self.assertEqual(order.qty_produced, 40)

    def test_a_reversal_waits_for_its_event(self):
        order = self.release()
        event = self.event(
            "material.consumed",
            order,
            items=[{"product": "SCR-M6", "quantity": self.quantity(8)}],
        )
        reversal = self.send("posting.reversed", order, reverses=event["id"], reason="miscounted")
        self.assertStopped(reversal, InboxState.PARKED, "unknown_posting")
        self.assertEqual(reversal.waiting_for, f"event:{event['id']}")
        self.assertDone(self.deliver(event))
        self.assertDone(reversal)
        self.assertEqual(self.on_hand(self.screw), 10000)

    def test_another_orders_event_is_not_undone(self):
        order, other = self.release(10), self.release(10)
        message = self.consume(order, {(self.screw, None): 8})
        self.assertStopped(self.reverse(other, message), InboxState.REJECTED, "not_reversible")
        self.assertEqual(self.on_hand(self.screw), 9992)

    def test_material_comes_back_by_lot(self):
        order = self.release()
        lot_a, lot_b = self.lots[self.gear]
        self.consume(order, {(self.gear, lot_a): 50})
        self.consume(order, {(self.gear, lot_a): 20, (self.gear, lot_b): 10})
        item = {"product": "GEAR-20", "quantity": self.quantity(30), "lot": lot_a.name}
        message = self.send("material.returned", order, items=[item], reason="surplus")
        self.assertDone(message)
        self.assertEqual((self.on_hand(self.gear, lot_a), self.on_hand(self.gear, lot_b)), (960, 990))
        self.assertEqual(self.demand(order, self.gear), (50, 150))
        self.assertEqual(sum(message.effect_ids.mapped("quantity")), 30)
        self.assertDone(self.reverse(order, message))
        self.assertEqual((self.on_hand(self.gear, lot_a), self.demand(order, self.gear)), (930, (80, 120)))

    def test_no_more_comes_back_than_was_consumed(self):
        order = self.release()
        lot = self.lots[self.gear][0]
        item = {"product": "GEAR-20", "quantity": self.quantity(30), "lot": lot.name}
        message = self.send("material.returned", order, items=[item])
        self.assertStopped(message, InboxState.PARKED, "too_early")
        self.consume(order, {(self.gear, lot): 30})
        self.assertDone(message)
        self.assertEqual(self.on_hand(self.gear), 2000)

    def test_material_comes_back_after_the_end(self):
        self.plant.mes_auto_post = False
        order = self.release(10)
        self.increment(order, 10, "F1")
        self.complete(order, 10)
        item = {"product": "GEAR-20", "quantity": self.quantity(3), "lot": self.lots[self.gear][0].name}
        self.assertDone(self.send("material.returned", order, items=[item]))
        self.assertEqual(self.on_hand(self.gear), 2000 - 17)
        self.assertFalse(order.move_raw_ids.filtered(lambda move: move.state not in ("done", "cancel")))

    def test_a_reversed_serial_can_be_made_again(self):
        product = self.make_product("PUMP-SN", "serial", self.env.ref("uom.product_uom_unit"))
        self.make_bom(product)
        order = self.release(quantity=3, product=product)
        item = {"product": "PUMP-SN", "quantity": self.quantity(2), "serials": ["S1", "S2"]}
        message = self.send("production.reported", order, items=[item])
        self.assertDone(self.reverse(order, message))
        self.assertEqual(self.on_hand(product), 0)
        self.assertDone(self.send("production.reported", order, items=[item]))
        self.assertEqual(self.on_hand(product), 2)

    def test_a_noted_report_is_undone_too(self):
        self.plant.mes_receipt_source = ReceiptSource.LAST_OPERATION.value
        order = self.release(10)
        message = self.report(order, 10, "F1")
        self.assertEqual(message.effect_ids.kind, "noted")
        self.assertStopped(self.report(order, 1, "F1"), InboxState.REJECTED, "over_delivery")
        self.assertDone(self.reverse(order, message), self.report(order, 10, "F2"))
