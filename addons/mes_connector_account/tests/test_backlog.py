"""What is reported and not posted yet, in money."""

from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.mes_connector.core.states import InboxState, PostingPolicy

from .common import MoneyCase


@tagged("post_install", "-at_install", "mes")
class TestBacklog(MoneyCase):
    def rows(self, order):
        return self.env["mes.backlog"].search([("production_id", "=", order.id)])

    def test_a_parked_report_is_worth_its_standard_price(self):
        self.value_by("average")
        order = self.release()
        message = self.consume(order, {(self.housing, self.lots[self.housing][0]): 501, (self.screw, None): 10})
        self.assertEqual(message.state, InboxState.PARKED.value)
        rows = self.rows(order)
        self.assertEqual(rows.inbox_id, message)
        amounts = {row.product_id: row.amount for row in rows}
        self.assertMoney(amounts[self.housing], 5010)
        self.assertMoney(amounts[self.screw], 1)
        message.action_discard("counted wrong")
        self.assertFalse(self.rows(order))

    def test_units_are_those_of_the_product(self):
        self.value_by("average")
        order = self.release()
        dozens = {"product": "HSG-100", "quantity": {"value": 50, "uom": "DZN"}, "lot": "HSG-100-A"}
        self.send("material.consumed", order, items=[dozens])
        self.assertEqual((self.rows(order).quantity, self.rows(order).amount), (600, 6000))

    def test_codes_of_the_system_count_by_what_they_meant_then(self):
        self.value_by("average")
        order = self.release()
        self.map("product", "4711", "HSG-100", valid_to=self.clock + timedelta(hours=1))
        self.map("product", "4711", "GEAR-20", valid_from=self.clock + timedelta(hours=1))
        self.map("unit", "DTZD", "DZN", plant_id=self.plant.id)
        first = self.report_use(order, "4711", "DTZD")
        self.clock += timedelta(hours=1)
        second = self.report_use(order, "4711", "C62")
        amounts = {row.inbox_id: (row.product_id, row.quantity, row.amount) for row in self.rows(order)}
        self.assertEqual(amounts[first], (self.housing, 60000, 600000))
        self.assertEqual(amounts[second], (self.gear, 5000, 25000))

    def test_what_no_code_says_is_worth_nothing_yet(self):
        self.value_by("average")
        order = self.release()
        self.map("product", "4711", "HSG-100", valid_from=self.clock + timedelta(hours=1))
        reports = [("4711", "C62"), ("NOBODY", "C62"), ("HSG-100", "BLL")]
        messages = [self.report_use(order, *codes) for codes in reports]
        self.system.has_same_codes = False
        rows = {row.inbox_id: row for row in self.rows(order)}
        self.assertEqual([rows[one].amount for one in messages], [0, 0, 0])
        self.assertFalse(rows[messages[2]].product_id, "Its codes are not Odoo's any more.")
        self.system.has_same_codes = True
        self.env.invalidate_all()
        self.assertEqual((rows[messages[2]].product_id, rows[messages[2]].quantity), (self.housing, 0))

    def map(self, kind, code, own_code, **values):
        owner = {} if "plant_id" in values else {"system_id": self.system.id}
        self.env["mes.code.map"].create(dict(values, **owner, kind=kind, code=code, own_code=own_code))

    def report_use(self, order, product, uom):
        """A use of 5,000 of whatever it is: more than there is."""
        item = {"product": product, "quantity": {"value": 5000, "uom": uom}, "lot": "?"}
        message = self.send("material.consumed", order, operation="10", items=[item])
        self.assertEqual(message.state, InboxState.PARKED.value)
        return message

    def test_what_is_kept_for_completion_is_in_it_until_then(self):
        self.value_by("average")
        self.plant.mes_posting_policy = PostingPolicy.ON_COMPLETION.value
        order = self.release(10)
        self.work(order, 10, "F1")
        housings = self.rows(order).filtered(lambda row: row.product_id == self.housing)
        self.assertMoney(sum(housings.mapped("amount")), 100)
        self.assertDone(self.complete(order, 10))
        self.assertFalse(self.rows(order))
        self.assertMoney(order.mes_value_in_progress, 0)

    def test_another_company_sees_nothing_of_it(self):
        self.value_by("average")
        order = self.release()
        self.consume(order, {(self.housing, self.lots[self.housing][0]): 501})
        stranger = self.env["res.company"].create({"name": "Elsewhere"})
        user = self.env["res.users"].create(
            {
                "name": "Stranger",
                "login": "stranger",
                "company_id": stranger.id,
                "company_ids": stranger.ids,
                "group_ids": self.env.ref("mes_connector.group_mes_auditor").ids,
            }
        )
        self.assertFalse(self.env["mes.backlog"].with_user(user).search([]))
        self.assertTrue(self.rows(order))
