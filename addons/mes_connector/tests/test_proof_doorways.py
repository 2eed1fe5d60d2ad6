"""The way from what was posted to the messages that reported it, and from a message to what it posted."""

from odoo.tests import new_test_user, tagged

from .test_reconciliation import ReconciliationCase


@tagged("post_install", "-at_install", "mes")
class TestDoorways(ReconciliationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        groups = "mes_connector.group_mes_finance,mrp.group_mrp_user,stock.group_stock_user"
        cls.person = new_test_user(cls.env, "finn", groups=groups)

    def setUp(self):
        super().setUp()
        self.order, lot = self.release(quantity=10), self.lots[self.housing][0]
        self.events = {
            "used": self.used(self.order, self.housing, lot, 2),
            "made": self.made(self.order, 2, "F1"),
            "worked": self.worked(self.order),
            "confirmed": self.confirmed(self.order),
        }
        self.messages = dict(zip(self.events, self.deliver(*self.events.values()), strict=True))
        self.assertDone(*self.messages.values())

    def led_to(self, record, *names):
        """What the button of a record shows a person, and how many it says there are."""
        record = record.with_user(self.person)
        action = record.action_mes_open_messages()
        self.assertEqual(action["res_model"], "mes.inbox.message")
        found = self.env["mes.inbox.message"].with_user(self.person).search(action["domain"])
        self.assertEqual(found, self.env["mes.inbox.message"].union(*(self.messages[name] for name in names)))
        if "mes_message_count" in record._fields:
            self.assertEqual(record.mes_message_count, len(names))
        return action

    def line(self, name):
        return self.env["stock.move.line"].browse(self.messages[name].effect_ids.res_id)

    def test_from_the_stock(self):
        for name in ("used", "made"):
            line = self.line(name)
            self.assertEqual(self.led_to(line, name)["res_id"], self.messages[name].id)
            self.led_to(line.move_id, name)
        both = self.line("used").move_id | self.line("made").move_id
        shown = both.with_user(self.person).action_mes_open_messages()["domain"][0][2]
        self.assertEqual(set(shown), {self.messages["used"].id, self.messages["made"].id})

    def test_from_the_lot(self):
        self.led_to(self.line("made").lot_id, "made")
        self.messages["scrapped"] = self.deliver(self.scrapped(self.order, "F1"))
        action = self.led_to(self.line("made").lot_id, "made", "scrapped")
        self.assertEqual(action["view_mode"], "list,form")
        other = self.lots[self.housing][1].with_user(self.person)
        self.assertFalse(other.mes_message_count)

    def test_from_the_work_order_and_its_time(self):
        first, second = self.order.workorder_ids
        self.led_to(first, "worked")
        self.led_to(second, "confirmed")
        self.led_to(second.time_ids, "confirmed")

    def test_what_takes_a_move_back_leads_to_who_said_so(self):
        self.messages["undone"] = self.deliver(self.undone(self.order, self.events["used"]))
        move = self.line("used").move_id
        counter = self.env["stock.move"].search([("origin_returned_move_id", "=", move.id)])
        self.led_to(counter, "undone")

    def test_from_a_message_to_its_records(self):
        for name, model in (("used", "stock.move.line"), ("worked", "mrp.workorder")):
            action = self.messages[name].effect_ids.with_user(self.person).action_open_record()
            self.assertEqual((action["res_model"], action["res_id"]), (model, self.messages[name].effect_ids.res_id))

    def test_from_the_order_to_what_differs(self):
        order = self.order.with_user(self.person)
        self.assertFalse(order.mes_difference_count)
        self.messages["made"].effect_ids.unlink()
        run = self.compare(production_id=self.order.id)
        order.invalidate_recordset()
        self.assertEqual(order.mes_difference_count, 1)
        lines = run.line_ids.search(order.action_mes_open_differences()["domain"])
        self.assertEqual(lines, run.line_ids)
        self.assertEqual(lines.action_open_message()["res_id"], self.messages["made"].id)
        self.assertEqual(lines.action_open_record()["res_model"], "stock.move.line")
