"""What a plant decides about posting: tolerances, shortages, backflush, receipts, policy, counters, units."""

from odoo.tests import tagged

from ..core.states import (
    BackflushTime,
    CaseState,
    InboxState,
    OrderPhase,
    PostingPolicy,
    ReceiptSource,
    ShortageMode,
    ToleranceMode,
)
from .common import MesCase


class PostingCase(MesCase):
    def case_of(self, order, code):
        return self.env["mes.case"]._of_order(order, [code])

    def plan(self, moves, product):
        moves = moves.filtered(lambda move: move.product_id == product and move.state != "cancel")
        return sum(moves.mapped("product_uom_qty"))

    def kinds(self, message):
        return {(effect.kind, effect.product or "", effect.quantity) for effect in message.effect_ids}


@tagged("post_install", "-at_install", "mes")
class TestPostingTolerance(PostingCase):
    def test_trap_7_over_delivery_raises_the_order_first(self):
        self.plant.mes_over_delivery_percent = 10
        order = self.release(quantity=100)
        self.assertDone(self.report(order, 100, "F1"), self.report(order, 8, "F2"))
        self.assertEqual((order.product_qty, order._mes_qty_ordered(), order.qty_produced), (108, 100, 108))
        self.assertEqual(self.plan(order.move_raw_ids, self.gear), 216)
        self.assertDone(self.consume(order, {(self.gear, self.lots[self.gear][0]): 216}))
        self.assertEqual(self.on_hand(self.gear), 2000 - 216)
        self.assertStopped(self.report(order, 3, "F3"), InboxState.REJECTED, "over_delivery")
        self.assertDone(self.report(order, 2, "F3"))
        self.assertEqual(
            self.on_hand(self.gearbox), 110, "the tolerance is of what was ordered, not of what was raised"
        )

    def test_trap_7_reversed_over_delivery_gives_the_order_its_quantity_back(self):
        self.plant.mes_over_delivery_percent = 10
        order = self.release(quantity=100)
        message = self.report(order, 105, "F1")
        self.assertDone(self.send("posting.reversed", order, reverses=message.event_id, reason="miscounted"))
        self.assertEqual((order.product_qty, self.plan(order.move_raw_ids, self.oil)), (100, 25))
        self.assertDone(self.report(order, 100, "F1"))

    def test_consumption_beyond_the_tolerance(self):
        order, lot = self.release(quantity=10), self.lots[self.gear][0]
        self.plant.write({"mes_consumption_percent": 10, "mes_consumption_mode": ToleranceMode.REJECT.value})
        self.assertDone(self.consume(order, {(self.gear, lot): 22}))
        self.assertStopped(self.consume(order, {(self.gear, lot): 1}), InboxState.REJECTED, "over_consumption")
        self.plant.mes_consumption_mode = ToleranceMode.ACCEPT.value
        self.assertDone(self.consume(order, {(self.gear, lot): 1}))
        self.assertFalse(self.case_of(order, "over_consumption"))
        self.plant.mes_consumption_mode = ToleranceMode.FLAG.value
        self.assertDone(self.consume(order, {(self.gear, lot): 1}))
        self.assertEqual(self.case_of(order, "over_consumption").state, CaseState.OPEN.value)
        self.assertEqual(self.on_hand(self.gear), 2000 - 24)

    def test_a_share_is_compared_in_the_unit_of_the_product(self):
        self.plant.mes_consumption_mode = ToleranceMode.REJECT.value
        order, lot = self.release(quantity=10), self.lots[self.oil][0]
        oil = {"product": "OIL-5", "quantity": {"value": 2500, "uom": "MLT"}, "lot": lot.name}
        self.assertDone(self.send("material.consumed", order, items=[oil]))
        self.assertEqual(self.on_hand(self.oil), 1000 - 2.5)
        self.assertStopped(
            self.send("material.consumed", order, items=[dict(oil, quantity={"value": 10, "uom": "MLT"})]),
            InboxState.REJECTED,
            "over_consumption",
        )
        wrong = self.send("material.consumed", order, items=[dict(oil, quantity={"value": 1, "uom": "KGM"})])
        self.assertStopped(wrong, InboxState.REJECTED, "uom_mismatch")

    def test_an_unplanned_component_is_refused_where_the_bill_is_strict(self):
        self.plant.mes_consumption_mode = ToleranceMode.REJECT.value
        order = self.release(quantity=10)
        glue = self.make_product("GLUE", "none", self.env.ref("uom.product_uom_unit"))
        self.add_stock(glue, 50)
        self.assertStopped(self.consume(order, {(glue, None): 5}), InboxState.REJECTED, "over_consumption")

    def test_a_flagged_shortage_goes_negative_and_has_an_owner(self):
        self.plant.mes_shortage_mode = ShortageMode.FLAG.value
        order, lot = self.release(), self.lots[self.oil][0]
        self.env["stock.quant"]._update_available_quantity(self.oil, self.stock, -495, lot_id=lot)
        self.assertDone(self.consume(order, {(self.oil, lot): 7}, operation="20"))
        self.assertEqual(self.on_hand(self.oil, lot), -2)
        case = self.case_of(order, "component_shortage")
        self.assertIn("OIL-5/OIL-5-A: 7 reported, 5 in stock", case.text)

    def test_rework_takes_part_in_the_law(self):
        order = self.release(quantity=10)
        self.assertDone(self.confirm(order, "10", 6, rework=self.quantity(4)))
        self.assertEqual(order.workorder_ids[0].mes_qty_rework, 4)
        more = self.confirm(order, "10", 0, rework=self.quantity(5))
        self.assertStopped(more, InboxState.REJECTED, "over_delivery")
        self.assertDone(again := self.confirm(order, "10", 3))
        self.assertEqual((order.workorder_ids[0].qty_produced, order.workorder_ids[0].mes_qty_rework), (9, 1))
        self.assertDone(self.send("posting.reversed", order, reverses=again.event_id, reason="miscounted"))
        self.assertEqual((order.workorder_ids[0].qty_produced, order.workorder_ids[0].mes_qty_rework), (6, 4))


@tagged("post_install", "-at_install", "mes")
class TestPostingBackflush(PostingCase):
    def test_trap_8_backflush_at_each_receipt_is_the_share_of_the_increment(self):
        self.plant.mes_backflush_time = BackflushTime.AT_RECEIPT.value
        order = self.release()
        for pieces, lot, total in ((40, "F1", 320), (30, "F2", 560), (30, "F3", 800)):
            self.assertDone(self.report(order, pieces, lot))
            self.assertEqual(self.on_hand(self.screw), 10000 - total)
        lines = order.move_finished_ids.move_line_ids.sorted("id")
        self.assertEqual([sum(line.consume_line_ids.mapped("quantity")) for line in lines], [320, 240, 240])
        self.assertDone(self.complete(order, 100))
        self.assertEqual(self.on_hand(self.screw), 10000 - 800)
        self.assertEqual(self.on_hand(self.gear), 2000, "tracked components are never guessed")

    def test_trap_8_an_unplanned_component_has_no_share(self):
        self.plant.mes_backflush_time = BackflushTime.AT_RECEIPT.value
        order = self.release()
        glue = self.make_product("GLUE", "none", self.env.ref("uom.product_uom_unit"))
        self.add_stock(glue, 50)
        self.consume(order, {(glue, None): 5})
        self.report(order, 40, "F1")
        self.assertEqual(self.on_hand(glue), 45)

    def test_named_components_are_not_backflushed(self):
        self.plant.mes_backflush_time = BackflushTime.AT_RECEIPT.value
        order = self.release()
        self.consume(order, {(self.screw, None): 100})
        self.report(order, 40, "F1")
        self.assertDone(self.complete(order, 40))
        self.assertEqual(self.on_hand(self.screw), 9900, "what the plant says it used is what it used")

    def test_a_report_takes_the_place_of_what_was_estimated(self):
        self.plant.mes_backflush_time = BackflushTime.AT_RECEIPT.value
        self.plant.mes_backflush_tracked = True
        self.plant.mes_consumption_mode = ToleranceMode.REJECT.value
        order, lot = self.release(quantity=10), self.lots[self.gear][1]
        received = self.report(order, 4, "F1")
        self.assertEqual(self.genealogy(order)["F1"]["GEAR-20-A"], 8)
        self.assertDone(self.consume(order, {(self.gear, lot): 20}))
        self.assertEqual((self.on_hand(self.gear), self.on_hand(self.gear, lot)), (1980, 980))
        self.assertEqual(self.genealogy(order)["F1"], {"HSG-100-A": 4, "GEAR-20-B": 20, "OIL-5-A": 1})
        self.assertDone(self.send("posting.reversed", order, reverses=received.event_id, reason="miscounted"))
        self.assertEqual((self.on_hand(self.gear), self.on_hand(self.screw)), (1980, 10000))

    def test_what_was_used_up_is_booked_also_after_the_end(self):
        self.plant.mes_consumption_mode = ToleranceMode.REJECT.value
        order, lot = self.release(quantity=10), self.lots[self.gear][1]
        self.env["stock.quant"]._update_available_quantity(self.gear, self.stock, -990, lot_id=lot)
        self.report(order, 10, "F1")
        self.assertStopped(late := self.consume(order, {(self.gear, lot): 20}), InboxState.PARKED, "component_shortage")
        self.assertDone(self.complete(order, 10))
        self.assertPhase(order, OrderPhase.COMPLETED)
        self.env["stock.quant"]._update_available_quantity(self.gear, self.stock, 10, lot_id=lot)
        late.action_retry()
        self.drain()
        self.assertDone(late)
        self.assertEqual(self.on_hand(self.gear, lot), 0)
        self.assertEqual(self.genealogy(order)["F1"]["GEAR-20-B"], 20)
        self.assertPhase(order, OrderPhase.POSTED)

    def test_a_reversed_receipt_takes_its_backflush_back(self):
        self.plant.mes_backflush_time = BackflushTime.AT_RECEIPT.value
        order = self.release()
        message = self.report(order, 40, "F1")
        self.assertEqual(self.kinds(message), {("estimated", "SCR-M6", 320), ("received", "GBX-100", 40)})
        self.assertDone(self.send("posting.reversed", order, reverses=message.event_id, reason="miscounted"))
        self.assertEqual((self.on_hand(self.screw), self.on_hand(self.gearbox)), (10000, 0))
        self.report(order, 50, "F1")
        self.assertEqual(self.on_hand(self.screw), 9600)

    def test_trap_12_tracked_components_only_by_leave_of_the_plant(self):
        self.plant.mes_backflush_tracked = True
        order = self.release(quantity=10)
        self.report(order, 10, "F1")
        self.assertDone(completed := self.complete(order, 10))
        self.assertEqual(self.on_hand(self.gear), 1980)
        estimated = {product for kind, product, _quantity in self.kinds(completed) if kind == "estimated"}
        self.assertEqual(estimated, {"HSG-100", "GEAR-20", "OIL-5", "SCR-M6"})
        done = order.move_raw_ids.filtered(lambda move: move.state == "done")
        self.assertTrue(all(done.mapped("mes_is_estimated")))
        self.assertEqual(self.genealogy(order)["F1"], {"HSG-100-A": 10, "GEAR-20-A": 20, "OIL-5-A": 2.5})

    def test_trap_12_a_backflush_never_goes_below_zero_unsaid(self):
        order = self.release(quantity=10)
        self.env["stock.quant"]._update_available_quantity(self.screw, self.stock, -9990)
        self.report(order, 10, "F1")
        completed = self.complete(order, 10)
        self.assertStopped(completed, InboxState.PARKED, "component_shortage")
        self.assertPhase(order, OrderPhase.PARTIALLY_CONFIRMED)
        self.assertEqual(self.on_hand(self.screw), 10)


@tagged("post_install", "-at_install", "mes")
class TestPostingPolicy(PostingCase):
    def test_on_completion_nothing_moves_before_the_end(self):
        self.plant.mes_posting_policy = PostingPolicy.ON_COMPLETION.value
        order, gear = self.release(quantity=10), self.lots[self.gear][0]
        consumed = self.consume(order, {(self.gear, gear): 21})
        item = {"product": "GEAR-20", "quantity": self.quantity(1), "lot": gear.name}
        returned = self.send("material.returned", order, items=[item])
        received = self.report(order, 8, "F1")
        scrapped = self.send("scrap.reported", order, product="GBX-100", quantity=self.quantity(2), lot="F1")
        self.assertDone(consumed, returned, received, scrapped)
        self.assertEqual(self.kinds(received), {("booked", "GBX-100", 8)})
        self.assertEqual((self.on_hand(self.gear), self.on_hand(self.gearbox)), (2000, 0))
        self.assertEqual((order.mes_qty_good, order.mes_qty_scrapped), (8, 2))
        self.assertStopped(self.report(order, 1, "F2"), InboxState.REJECTED, "over_delivery")
        self.assertDone(completed := self.complete(order, 8, 2))
        self.assertEqual((self.on_hand(self.gear), self.on_hand(self.gearbox)), (1980, 8))
        self.assertEqual(
            completed.effect_ids.sorted("id").mapped("kind"),
            ["consumed", "returned", "received", "received", "scrapped", "estimated", "completed"],
        )
        self.assertEqual(set(order.mes_booking_ids.mapped("state")), {"posted"})
        self.assertEqual(self.genealogy(order)["F1"], {"GEAR-20-A": 20})

    def test_a_booking_can_be_reversed(self):
        self.plant.mes_posting_policy = PostingPolicy.ON_COMPLETION.value
        order = self.release(quantity=10)
        wrong = self.report(order, 9, "F1")
        self.assertDone(self.send("posting.reversed", order, reverses=wrong.event_id, reason="miscounted"))
        self.assertEqual(order.mes_qty_good, 0)
        self.assertDone(self.report(order, 10, "F1"), self.complete(order, 10))
        self.assertEqual(self.on_hand(self.gearbox), 10)

    def test_the_last_operation_receives(self):
        self.plant.mes_receipt_source = ReceiptSource.LAST_OPERATION.value
        order = self.release(quantity=10)
        self.assertDone(self.confirm(order, "10", 10, lot="F1"), noted := self.report(order, 10, "F1"))
        self.assertEqual(self.on_hand(self.gearbox), 0)
        self.assertEqual(self.kinds(noted), {("noted", "GBX-100", 10)})
        self.assertDone(last := self.confirm(order, "20", 10, minutes=3, lot="F1"))
        self.assertEqual(self.on_hand(self.gearbox), 10)
        self.assertIn(("received", "GBX-100", 10), self.kinds(last))
        self.assertDone(self.send("posting.reversed", order, reverses=last.event_id, reason="miscounted"))
        self.assertEqual((self.on_hand(self.gearbox), order.workorder_ids[1].qty_produced), (0, 0))

    def test_a_posting_has_the_day_of_the_event(self):
        order = self.release(quantity=10)
        at = {"time": "2026-11-20T06:30:00+01:00"}
        self.consume(order, {(self.screw, None): 80}, envelope=at)
        self.report(order, 10, "F1", envelope=at)
        self.assertDone(self.send("scrap.reported", order, product="SCR-M6", quantity=self.quantity(1), envelope=at))
        self.complete(order, 10)
        self.assertEqual(order.state, "done")
        done = order.all_move_raw_ids.filtered(lambda move: move.product_id == self.screw and move.state == "done")
        done |= order.move_finished_ids.filtered(lambda move: move.state == "done")
        dates = {str(date) for date in (*done.mapped("date"), *done.move_line_ids.mapped("date"))}
        self.assertEqual(dates, {"2026-11-20 05:30:00"})


@tagged("post_install", "-at_install", "mes")
class TestPostingCounters(PostingCase):
    def test_a_counter_holds_what_does_not_follow(self):
        order = self.release()
        self.assertDone(self.report(order, 40, "F1", cumulative=40))
        late = self.report(order, 10, "F1", cumulative=80)
        self.assertStopped(late, InboxState.PARKED, "sequence_gap")
        self.assertDone(self.report(order, 30, "F1", cumulative=70))
        late.action_retry()
        self.drain()
        self.assertDone(late)
        self.assertEqual(self.on_hand(self.gearbox), 80)
        again = self.report(order, 10, "F1", cumulative=80)
        self.assertStopped(again, InboxState.PARKED, "suspected_duplicate")
        self.assertEqual(self.on_hand(self.gearbox), 80)

    def test_a_person_lets_a_doubtful_report_through(self):
        order = self.release()
        self.report(order, 40, "F1", cumulative=40)
        again = self.report(order, 40, "F1", cumulative=40)
        self.assertStopped(again, InboxState.PARKED, "suspected_duplicate")
        again.action_let_through()
        self.drain()
        self.assertDone(again, self.report(order, 5, "F1", cumulative=45))
        self.assertEqual(self.on_hand(self.gearbox), 85)

    def test_a_reset_counter_begins_anew(self):
        order = self.release()
        self.assertDone(self.report(order, 40, "F1", cumulative=40), self.report(order, 30, "F1", cumulative=70))
        self.assertDone(self.report(order, 5, "F1", cumulative=5), self.report(order, 6, "F1", cumulative=11))
        self.assertEqual(self.on_hand(self.gearbox), 81)

    def test_operations_count_too(self):
        order = self.release()
        self.assertDone(self.confirm(order, "10", 40, cumulative={"good": 40}))
        gap = self.confirm(order, "10", 10, cumulative={"good": 60})
        self.assertStopped(gap, InboxState.PARKED, "sequence_gap")
        self.assertDone(self.confirm(order, "20", 40, cumulative={"good": 40}))


@tagged("post_install", "-at_install", "mes")
class TestPostingProducts(PostingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        unit = cls.env.ref("uom.product_uom_unit")
        cls.swarf = cls.make_product("SWARF", "none", unit)
        cls.pump = cls.make_product("PUMP-SN", "serial", unit)
        cls.motor = cls.make_product("MOTOR-SN", "serial", unit)
        cls.pump_bom = cls.make_bom(cls.pump)
        cls.env["mrp.bom.line"].create({"bom_id": cls.pump_bom.id, "product_id": cls.motor.id, "product_qty": 1})
        cls.env["mrp.bom.byproduct"].create({"bom_id": cls.pump_bom.id, "product_id": cls.swarf.id, "product_qty": 0.5})
        cls.motors = [cls.add_stock(cls.motor, 1, f"M{number}") for number in range(8)]

    def serials(self, order, *names, **extra):
        item = {"product": "PUMP-SN", "quantity": self.quantity(len(names)), "serials": list(names)}
        return self.send("production.reported", order, items=[item, *extra.pop("more", ())], **extra)

    def use(self, order, *numbers):
        return self.consume(order, {(self.motor, self.motors[number]): 1 for number in numbers})

    def test_trap_10_serials_in_four_increments_end_closed(self):
        order = self.release(quantity=8, product=self.pump)
        for first in (0, 2, 4, 6):
            self.assertDone(self.use(order, first, first + 1), self.serials(order, f"S{first}", f"S{first + 1}"))
        expected = {f"S{number}": {f"M{number // 2 * 2}": 1, f"M{number // 2 * 2 + 1}": 1} for number in range(8)}
        self.assertEqual(self.genealogy(order), expected)
        self.assertFalse(order.lot_producing_ids)
        self.assertDone(self.complete(order, 8))
        self.assertEqual((order.state, order.qty_produced, self.genealogy(order)), ("done", 8, expected))

    def test_a_serial_component_is_used_once(self):
        self.plant.mes_shortage_mode = ShortageMode.FLAG.value
        order = self.release(quantity=3, product=self.pump)
        self.assertDone(self.use(order, 0))
        self.assertStopped(self.use(order, 0), InboxState.REJECTED, "serial_duplicate")
        double = [{"product": "MOTOR-SN", "quantity": self.quantity(1), "lot": "M1"}] * 2
        twice = self.send("material.consumed", order, items=double)
        self.assertStopped(twice, InboxState.REJECTED, "serial_duplicate")
        two = [{"product": "MOTOR-SN", "quantity": self.quantity(2), "lot": "M1"}]
        self.assertStopped(self.send("material.consumed", order, items=two), InboxState.REJECTED, "lot_required")
        back = [{"product": "MOTOR-SN", "quantity": self.quantity(1), "lot": "M0"}]
        self.assertDone(self.send("material.returned", order, items=back), self.use(order, 0))

    def test_by_products_are_received_and_scrapped(self):
        order = self.release(quantity=8, product=self.pump)
        swarf = {"product": "SWARF", "quantity": self.quantity(3)}
        self.assertDone(self.serials(order, "S0", "S1", more=[swarf]))
        self.assertEqual((self.on_hand(self.swarf), self.on_hand(self.pump)), (3, 2))
        self.assertDone(self.send("scrap.reported", order, product="SWARF", quantity=self.quantity(2), reason="dirty"))
        self.assertEqual((self.on_hand(self.swarf), order.mes_qty_scrapped, order.mes_qty_good), (3, 0, 2))
        self.assertDone(self.serials(order, "S2", more=[swarf]), self.complete(order, 3))
        self.assertEqual((self.on_hand(self.swarf), order.state), (6, "done"))

    def test_a_reason_is_known_by_the_code_that_the_plant_was_told(self):
        tag = self.env["stock.scrap.reason.tag"].create({"name": "Dirty surface", "mes_code": "D7"})
        order = self.release(quantity=8, product=self.pump)
        swarf = {"product": "SWARF", "quantity": self.quantity(3)}
        self.assertDone(self.serials(order, "S0", more=[swarf]))
        self.assertDone(self.send("scrap.reported", order, product="SWARF", quantity=self.quantity(2), reason="D7"))
        self.assertEqual(order.scrap_ids.scrap_reason_tag_ids, tag)

    def test_a_piece_scrapped_first_leaves_the_components_to_the_good_ones(self):
        order = self.release(quantity=8, product=self.pump)
        self.use(order, 0, 1)
        self.assertDone(self.send("scrap.reported", order, product="PUMP-SN", quantity=self.quantity(1), lot="S0"))
        self.assertDone(self.serials(order, "S1"))
        both = {"M0": 1, "M1": 1}
        self.assertEqual(self.genealogy(order), {"S0": both, "S1": both})
        self.assertDone(self.complete(order, 1, 1))

    def test_what_the_order_does_not_make_is_refused(self):
        order = self.release(quantity=8, product=self.pump)
        item = {"product": "GBX-100", "quantity": self.quantity(1), "lot": "X"}
        message = self.send("production.reported", order, items=[item])
        self.assertStopped(message, InboxState.REJECTED, "over_delivery")
