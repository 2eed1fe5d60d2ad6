"""What people see of ownership: refusals in words, notes and proposals on the order, answers, whose case it is."""

from odoo.exceptions import UserError
from odoo.tests import RecordCapturer, new_test_user, tagged

from ..core.order_machine import OrderEvent
from ..core.ownership import Owner, OwnershipMode
from ..core.states import CaseState, ChangeRequestState, InboxState
from .test_ownership_doors import OwnershipCase


@tagged("post_install", "-at_install", "mes")
class TestOwnershipNews(OwnershipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.steward = cls.make_user("steward", "Stella Steward", "steward")
        cls.planner = cls.make_user("planner", "Paul Planner", "planner")

    @classmethod
    def make_user(cls, login, name, role, **values):
        groups = f"mes_connector.group_mes_{role},mrp.group_mrp_user"
        return new_test_user(cls.env, login, groups=groups, name=name, **values)

    def end(self):
        """What happens when the transaction ends."""
        self.env.flush_all()
        self.env.cr.precommit.run()

    def request_of(self, rule):
        return self.env["mes.change.request"].search([("rule_id", "=", rule.id)])

    def test_a_refusal_says_whose_it_is_and_what_to_do(self):
        order = self.release(quantity=10).with_user(self.planner)
        rule = self.own("mrp.production", "priority")
        with self.assertRaises(UserError) as refused:
            order.priority = "1"
        for words in ("Priority", order.name, "Head office", rule.name, "Stella Steward"):
            self.assertIn(words, str(refused.exception))
        with self.assertRaisesRegex(UserError, f"the plant {self.plant.name}"):
            self.env["mes.ownership"]._judge_step(order, OrderEvent.START)

    def test_a_flag_is_seen_on_the_order(self):
        order = self.release(quantity=10)
        rule = self.own("stock.move", "product_uom_qty", OwnershipMode.FLAG)
        move = order.move_raw_ids[0]
        move.with_user(self.env.ref("base.user_admin")).product_uom_qty = 12
        self.end()
        note = order.message_ids[0]
        self.assertIn(rule.name, note.body)
        self.assertIn("10 → 12", note.body)
        self.assertEqual(note.author_id, self.env.ref("base.user_admin").partner_id)
        self.assertEqual(self.case_of(rule).production_id, order)

    def test_a_flagged_part_that_is_new_is_seen_on_the_order(self):
        order = self.release(quantity=10)
        rule = self.own("stock.move", "product_id", OwnershipMode.FLAG)
        order.move_raw_ids[0].copy({"product_id": self.oil.id})
        self.end()
        self.assertIn(rule.name, order.message_ids[0].body)

    def test_a_proposal_is_seen_on_the_order_until_it_is_decided(self):
        order = self.release(quantity=10)
        rule = self.own("stock.move", "product_uom_qty", OwnershipMode.PROPOSE)
        order.move_raw_ids[0].with_user(self.planner).sudo().product_uom_qty = 12
        request = self.request_of(rule)
        self.assertEqual((request.production_id, order.mes_request_count), (order, 1))
        self.assertRegex(request.change, "10 → 12")
        self.assertEqual(order.action_mes_open_requests()["domain"], [("production_id", "=", order.id)])
        request.with_user(self.steward).action_refuse("the drum is full")
        order.invalidate_recordset()
        self.assertEqual((order.mes_request_count, order.mes_request_ids), (0, request))

    def test_the_proposer_is_told(self):
        order = self.release(quantity=10)
        rule = self.own("mrp.production", "priority", OwnershipMode.PROPOSE)
        for press, state in (("action_accept", "Accepted"), ("action_refuse", "Refused")):
            with self.subTest(answer=state):
                order.with_user(self.planner).priority = "1" if order.priority == "0" else "0"
                request = self.request_of(rule).filtered(lambda one: one.state == ChangeRequestState.PROPOSED.value)
                self.assertIn("Normal", request.change)
                with RecordCapturer(self.env["mail.message"], []) as capture:
                    reason = ["not before Monday"] if press == "action_refuse" else []
                    getattr(request.with_user(self.steward), press)(*reason)
                told = capture.records.filtered(lambda one: self.planner.partner_id in one.notified_partner_ids)
                self.assertEqual((len(told), told.model, told.res_id), (1, "mrp.production", order.id))
                self.assertIn(state, told.subject)
                self.assertIn("".join(reason), told.body)

    def test_who_may_decide_sees_the_buttons(self):
        self.own("product.template", "name", OwnershipMode.PROPOSE)
        self.gearbox.product_tmpl_id.name = "Gearbox"
        request = self.env["mes.change.request"].search([("res_model", "=", "product.template")])
        self.assertTrue(request.with_user(self.steward).may_decide)
        self.assertFalse(request.with_user(self.planner).may_decide)
        request.user_id = self.steward
        self.assertFalse(request.with_user(self.steward).may_decide)

    def test_the_reason_of_a_refusal_is_asked_for(self):
        rule = self.own("product.template", "name", OwnershipMode.PROPOSE)
        self.gearbox.product_tmpl_id.name = "Gearbox"
        request = self.request_of(rule)
        wizard = self.env["mes.reason"].with_user(self.steward).with_context(active_ids=request.ids)
        wizard.create({"res_model": request._name, "reason": "too long"}).action_confirm()
        self.assertEqual((request.state, request.answer), (ChangeRequestState.REFUSED.value, "too long"))

    def test_conflicts_go_to_the_steward_of_the_plant(self):
        other = self.env["stock.warehouse"].create({"name": "South", "code": "SOU"})
        near = self.make_user("near", "Nora Near", "steward", mes_plant_ids=self.plant.ids)
        self.make_user("far", "Fred Far", "steward", mes_plant_ids=other.ids)
        order = self.release(quantity=10)
        rules = [self.own("mrp.production", "priority", OwnershipMode.FLAG)]
        rules.append(self.own("mrp.workorder", "name", OwnershipMode.PROPOSE))
        order.priority, order.workorder_ids[0].name = "1", "Other"
        self.end()
        for rule in rules:
            case = self.case_of(rule)
            self.assertEqual((case.owner_id, case.plant_id, case.state), (near, self.plant, CaseState.OPEN.value))
            self.assertEqual(case.activity_ids.user_id, near)
        values = {"transaction": "start", "owner": Owner.ODOO.value, "plant_id": self.plant.id}
        self.rules.create(values)
        message = self.send("operation.started", order, operation="10", work_center="ASM1")
        self.assertStopped(message, InboxState.REJECTED, "not_owner")
        self.assertEqual(message.case_id.owner_id, near)
        self.own("product.template", "name", OwnershipMode.FLAG)
        self.gearbox.product_tmpl_id.name = "Gearbox"
        self.end()
        self.assertEqual(self.case_of(self.rules.search([], order="id desc", limit=1)).owner_id, self.steward)

    def test_posting_by_the_plants_rule_is_odoos_step(self):
        order = self.release(quantity=10)
        values = {"transaction": "post", "owner": Owner.SYSTEM.value, "system_id": self.erp.id}
        self.rules.create(dict(values, plant_id=self.plant.id))
        self.plant.mes_auto_post = True
        self.send("operation.started", order, operation="10", work_center="ASM1")
        self.report(order, 10, "F1")
        self.assertDone(self.complete(order, 10))
        case = self.env["mes.case"]._of_order(order, ["post_blocked"])
        self.assertIn("Head office", case.text)
        self.assertEqual(order.mes_phase, "completed")

    def test_the_end_of_an_order_asks_nobody_for_its_priority(self):
        order = self.release(quantity=10, priority="1")
        self.own("mrp.production", "priority")
        self.plant.mes_auto_post = False
        self.report(order, 10, "F1")
        self.assertDone(self.complete(order, 10))
        order.action_mes_post()
        self.assertEqual((order.state, order.priority), ("done", "0"))
