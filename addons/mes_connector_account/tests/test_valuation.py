"""Receipts in parts, scrap and reversals are worth what went into them, for each cost method, and the books agree."""

from odoo.tests import tagged

from odoo.addons.mes_connector.core.states import BackflushTime, OrderPhase, ScrapCost

from .common import MoneyCase

MATERIAL = 10 + 2 * 5 + 8 * 0.1 + 0.25 * 4
#: Ten increments: 12 minutes of assembly with two people, 6 of the bench.
LABOR = 10 * (12 * 60 + 2 * 12 * 20 + 6 * 30) / 60


@tagged("post_install", "-at_install", "mes")
class TestValuation(MoneyCase):
    def ten_increments(self, method, valuation="real_time"):
        self.value_by(method, valuation)
        order = self.release(100)
        for number in range(10):
            self.work(order, 10, f"F{number}", index=number)
        self.assertDone(self.complete(order, 100))
        self.assertPhase(order, OrderPhase.POSTED)
        return order

    def assertLedger(self, order, consumed, labor, received):
        self.assertMoney(order.mes_value_consumed, consumed, "consumed")
        self.assertMoney(order.mes_value_labor, labor, "labor")
        self.assertMoney(order.mes_value_received, received, "received")
        self.assertMoney(order.mes_value_in_progress, consumed + labor - received, "in progress")

    def assertBooks(self, order):
        """The order's account holds what the order holds; labor is in the journal once."""
        self.assertMoney(self.balance(self.production_account), order.mes_value_in_progress)
        self.assertMoney(-self.balance(self.labor_account), order.mes_value_labor)
        moves = self.entries(self.production_account).move_id
        self.assertTrue(moves)
        for move in moves:
            self.assertEqual(sum(move.line_ids.mapped("debit")), sum(move.line_ids.mapped("credit")), move.name)

    def test_average_ten_increments(self):
        order = self.ten_increments("average")
        total = 100 * MATERIAL + LABOR
        self.assertLedger(order, 100 * MATERIAL, LABOR, total)
        self.assertBooks(order)
        self.assertMoney(self.gearbox.total_value, total)

    def test_fifo_ten_increments(self):
        order = self.ten_increments("fifo")
        total = 100 * MATERIAL + LABOR
        self.assertLedger(order, 100 * MATERIAL, LABOR, total)
        self.assertBooks(order)
        self.assertMoney(self.gearbox.total_value, total)

    def test_standard_ten_increments(self):
        order = self.ten_increments("standard")
        self.assertLedger(order, 100 * MATERIAL, LABOR, 100 * 25)
        self.assertBooks(order)

    def test_periodic_ten_increments_without_a_journal(self):
        order = self.ten_increments("average", "periodic")
        self.assertLedger(order, 100 * MATERIAL, LABOR, 100 * MATERIAL + LABOR)
        self.assertFalse(self.entries(self.production_account) | self.entries(self.labor_account))

    def test_trap_18_consumption_reported_apart_is_carried_whole(self):
        self.value_by("average")
        order = self.release(20)
        for operation, product, quantity in (("10", self.housing, 10), ("10", self.gear, 20), ("20", self.oil, 2.5)):
            self.assertDone(self.consume(order, {(product, self.lots[product][0]): quantity}, operation=operation))
        self.report(order, 10, "F1")
        self.assertMoney(order.mes_value_received, 10 * MATERIAL, "the screws nobody reported are accrued")

    def test_a_report_in_place_of_an_estimate_is_carried_by_the_next_pieces(self):
        self.value_by("average")
        self.plant.write({"mes_backflush_time": BackflushTime.AT_RECEIPT.value, "mes_backflush_tracked": True})
        order = self.release(10)
        self.assertDone(self.report(order, 4, "F1"))
        self.assertLedger(order, 4 * MATERIAL, 0, 4 * MATERIAL)
        self.assertDone(self.consume(order, {(self.gear, self.lots[self.gear][1]): 25}))
        self.assertDone(self.report(order, 6, "F2"), self.complete(order, 10))
        used = 10 * MATERIAL + 5 * 5
        self.assertLedger(order, used, 0, used)
        self.assertBooks(order)

    def test_trap_19_each_increment_carries_the_labor_since_the_one_before(self):
        self.value_by("average")
        self.gearbox.product_tmpl_id.bom_ids.bom_line_ids.unlink()
        order = self.release(20)
        for minutes, lot in ((30, "F1"), (10, "F2")):
            self.confirm(order, "10", 10, minutes=minutes)
            self.report(order, 10, lot)
        received = order.move_finished_ids.filtered(lambda move: move.state == "done").sorted("id")
        self.assertEqual(received.mapped("value"), [30, 10])
        self.assertEqual(self.entries(self.labor_account).sorted("id").mapped("credit"), [30, 10])

    def test_late_labor_stays_with_the_order_and_is_booked_once(self):
        self.value_by("average")
        self.plant.mes_auto_post = False
        order = self.release(10)
        self.work(order, 10, "F1")
        self.complete(order, 10)
        late = {"from": "2026-11-22T10:00:00Z", "to": "2026-11-22T10:30:00Z"}
        self.env["res.users"].search([("login", "=", "op-1")]).copy({"login": "op-3", "mes_operator_code": "op-3"})
        self.assertDone(self.send("labor.reported", order, operation="10", operator="op-3", **late))
        self.assertMoney(order.mes_value_in_progress, 10)
        order.action_mes_post()
        self.assertBooks(order)

    def test_scrap_goes_to_its_account(self):
        self.value_by("average")
        self.plant.mes_scrap_cost = ScrapCost.SCRAP_ACCOUNT.value
        order = self.release(10)
        self.work(order, 10, "F1", receive=False)
        self.assertDone(self.scrap(order, 2, "F1"))
        self.assertDone(self.report(order, 8, "F1"), self.complete(order, 8, 2))
        self.assertBooks(order)
        lost = self.balance(self.scrap_account)
        planned = MATERIAL + 2 * 60 / 60 + 2 * 30 / 60
        self.assertMoney(lost, 2 * planned)
        self.assertMoney(self.gearbox.total_value + lost, order.mes_value_consumed + order.mes_value_labor)
        self.assertMoney(order.mes_value_in_progress, 0)

    def test_scrap_is_paid_by_the_good_pieces(self):
        for method in ("average", "fifo"):
            with self.subTest(method):
                self.value_by(method)
                self.plant.mes_scrap_cost = ScrapCost.GOOD_PIECES.value
                first = self.release(10)
                self.work(first, 10, f"{method}-0")
                self.complete(first, 10)
                before, lost = self.gearbox.total_value, self.balance(self.scrap_account)
                order = self.release(10)
                self.work(order, 10, f"{method}-1", minutes=24, receive=False)
                self.assertDone(self.scrap(order, 2, f"{method}-1"))
                self.assertMoney(self.gearbox.total_value, before, "scrap leaves the stock as it was")
                self.assertDone(self.report(order, 8, f"{method}-1"), self.complete(order, 8, 2))
                self.assertMoney(self.balance(self.scrap_account), lost)
                cost = order.mes_value_consumed + order.mes_value_labor
                self.assertMoney(self.gearbox.total_value - before, cost)
                self.assertMoney(order.mes_value_in_progress, 0)
                (self.env["stock.quant"].search([("product_id", "=", self.gearbox.id)])).sudo().unlink()

    def test_what_is_reversed_is_carried_by_the_next_receipt(self):
        self.value_by("average")
        order = self.release(20)
        self.work(order, 10, "F1", receive=False)
        wrong = self.report(order, 10, "F1")
        cost = order.mes_value_received
        undo = self.send("posting.reversed", order, reverses=wrong.event_id, reason="wrong lot")
        self.assertDone(undo)
        self.assertMoney(order.mes_value_received, 0)
        self.assertDone(self.report(order, 10, "F2"))
        self.assertMoney(order.mes_value_received, cost)
        self.assertBooks(order)

    def test_a_by_product_takes_its_share(self):
        self.value_by("average")
        chips = self.make_product("CHIPS", "none", self.env.ref("uom.product_uom_unit"))
        chips.categ_id = self.gearbox.categ_id
        self.price_long_ago(chips)
        self.bom.byproduct_ids = [(0, 0, {"product_id": chips.id, "product_qty": 1, "cost_share": 10})]
        order = self.release(20)
        self.work(order, 10, "F1")
        total = order.mes_value_received / 0.9
        item = {"product": "CHIPS", "quantity": self.quantity(10)}
        self.assertDone(self.send("production.reported", order, items=[item]))
        self.assertMoney(chips.total_value, total * 0.1)
        self.assertMoney(order.mes_value_received, total)

    def test_the_plant_is_told_what_the_order_has_cost(self):
        order = self.ten_increments("average")
        document = self.env["mes.order.document"]._posted(order)
        self.assertEqual(document["value"]["currency"], self.company.currency_id.name)
        self.assertMoney(document["value"]["labor"], LABOR)
        faults = self.env["mes.dispatcher"]._schema_set().validate("mes.order.posted.v1", document)
        self.assertFalse(faults)
