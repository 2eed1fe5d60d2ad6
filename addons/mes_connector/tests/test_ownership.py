"""Ownership inside: steps of orders, new and deleted records, what Odoo does by itself, proposals and their answers."""

from psycopg2.errors import UniqueViolation

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..core.errors import IntegrationError
from ..core.order_machine import OrderEvent
from ..core.ownership import DEFAULTS, Owner, OwnershipMode
from ..core.states import CaseState, ChangeRequestState, InboxState, OrderPhase
from ..handlers.base import REPORTED
from .test_ownership_doors import OwnershipCase

#: Steps that people ask for, by the button of each.
BUTTONS = {
    OrderEvent.RELEASE: (OrderPhase.PLANNED, lambda order: order.action_mes_release()),
    OrderEvent.CLOSE: (OrderPhase.IN_PROGRESS, lambda order: order.action_mes_close("stop")),
    OrderEvent.REOPEN: (OrderPhase.COMPLETED, lambda order: order.action_mes_reopen("go on")),
    OrderEvent.HOLD: (OrderPhase.RELEASED, lambda order: order.action_mes_hold("crack")),
    OrderEvent.RESUME: (OrderPhase.QUALITY_HOLD, lambda order: order.action_mes_resume()),
    OrderEvent.POST: (OrderPhase.COMPLETED, lambda order: order.action_mes_post()),
    OrderEvent.CANCEL: (OrderPhase.RELEASED, lambda order: order.action_cancel()),
}


@tagged("post_install", "-at_install", "mes")
class TestOwnershipOfSteps(OwnershipCase):
    def step(self, event, phase=False):
        return self.rules.search([("transaction", "=", event.value), ("phase", "=", phase and phase.value)])

    def give(self, event, owner, mode=OwnershipMode.BLOCK, **values):
        """Let somebody else own a step in all phases: the rules from the table give way to one of the plant."""
        values = {"transaction": event.value, "owner": owner.value, "mode": mode.value, **values}
        return self.rules.create(dict(values, plant_id=self.plant.id))

    def judged(self, order, event, message=None):
        try:
            order.env["mes.ownership"]._judge_step(order, event, message)
        except (UserError, IntegrationError) as error:
            return str(error)
        return None

    def test_the_defaults_are_the_owner_column(self):
        made = {(rule.transaction, rule.phase, rule.owner) for rule in self.rules.search([("is_default", "=", True)])}
        self.assertEqual(made, {(one.event.value, one.phase.value, one.owner.value) for one in DEFAULTS})
        self.step(OrderEvent.START, OrderPhase.RELEASED).active = False
        self.rules._generate_defaults()
        self.assertFalse(self.step(OrderEvent.START, OrderPhase.RELEASED), "what was archived does not come back")
        with self.assertRaises(UserError):
            self.step(OrderEvent.RELEASE, OrderPhase.PLANNED).unlink()

    def test_every_default_refuses_everybody_but_its_owner(self):
        order = self.release(quantity=10)
        message = self.send("operation.paused", order, operation="10", reason="break")
        account = new_test_user(self.env, "erp_account", groups="mrp.group_mrp_user")
        self.erp.account_user_id = account
        for one in DEFAULTS:
            order.mes_phase = one.phase.value
            rule = self.step(one.event, one.phase)
            outcomes = {
                "people": self.judged(order, one.event),
                "account": self.judged(order.with_user(account), one.event),
                "plant": self.judged(order.with_context(**self.reporting(message)), one.event, message),
            }
            refused = {who for who, text in outcomes.items() if text and rule.name in text}
            expected = {Owner.ODOO: {"account", "plant"}, Owner.PLANT: {"people"}, Owner.ANYONE: set()}[one.owner]
            if one.event is OrderEvent.CHANGE:  # judged by its values, before they are written
                expected = set()
            self.assertEqual(refused, expected, rule.name)
            self.assertEqual({who for who, text in outcomes.items() if text}, expected, outcomes)

    def reporting(self, message):
        actor = self.env["mes.ownership"]._system_actor(message.system_id)
        return {"mes_reported": REPORTED, "mes_acting": actor}

    def test_each_button_is_refused_by_the_name_of_the_rule(self):
        for event, (phase, press) in BUTTONS.items():
            with self.subTest(event=event.value):
                order = self.release(quantity=10)
                if event is OrderEvent.CLOSE:
                    self.report(order, 1, "F1")
                order.mes_phase = phase.value
                rule = self.give(event, Owner.SYSTEM, system_id=self.erp.id)
                with self.assertRaisesRegex(UserError, "Head office"), self.cr.savepoint():
                    press(order)
                self.assertPhase(order, phase)
                rule.active = False

    def test_a_step_of_the_plant_that_odoo_owns_is_rejected(self):
        order = self.release(quantity=10)
        rule = self.give(OrderEvent.START, Owner.ODOO)
        steward = new_test_user(self.env, "steward", groups="mes_connector.group_mes_steward")
        message = self.send("operation.started", order, operation="10", work_center="ASM1")
        self.assertStopped(message, InboxState.REJECTED, "not_owner")
        self.assertIn(rule.name, message.text)
        self.assertEqual(message.case_id.owner_id, steward)
        self.assertPhase(order, OrderPhase.RELEASED)

    def test_a_step_of_another_system_is_rejected(self):
        order = self.release(quantity=10)
        self.give(OrderEvent.START, Owner.SYSTEM, system_id=self.erp.id)
        message = self.send("operation.started", order, operation="10", work_center="ASM1")
        self.assertStopped(message, InboxState.REJECTED, "not_owner")

    def test_a_flagged_step_is_taken_and_has_a_case(self):
        order = self.release(quantity=10)
        rule = self.give(OrderEvent.START, Owner.ODOO, OwnershipMode.FLAG)
        self.assertDone(self.send("operation.started", order, operation="10", work_center="ASM1"))
        self.assertPhase(order, OrderPhase.IN_PROGRESS)
        self.env.flush_all()
        case = self.case_of(rule)
        self.assertEqual((case.count, case.system_id, case.plant_id), (1, self.system, self.plant))

    def test_a_proposed_step_of_a_message_waits_for_its_owner(self):
        order = self.release(quantity=10)
        self.give(OrderEvent.START, Owner.ODOO, OwnershipMode.PROPOSE)
        planner = new_test_user(self.env, "planner", groups="mes_connector.group_mes_planner")
        taken = self.send("operation.started", order, operation="10", work_center="ASM1")
        self.assertStopped(taken, InboxState.PARKED, "owner_asked")
        request = self.env["mes.change.request"].search([("inbox_id", "=", taken.id)])
        self.assertEqual(len(request), 1)
        request.with_user(planner).action_accept()
        self.drain()
        self.assertDone(taken)
        self.assertPhase(order, OrderPhase.IN_PROGRESS)

    def test_a_refused_step_of_a_message_is_answered(self):
        order = self.release(quantity=10)
        self.give(OrderEvent.START, Owner.ODOO, OwnershipMode.PROPOSE)
        message = self.send("operation.started", order, operation="10", work_center="ASM1")
        self.env["mes.change.request"].search([("inbox_id", "=", message.id)]).action_refuse("not today")
        self.assertStopped(message, InboxState.DISCARDED, "discarded")
        self.assertIn("not today", message.text)
        self.assertPhase(order, OrderPhase.RELEASED)

    def test_a_proposed_button_is_pressed_when_the_owner_accepts(self):
        order = self.make_order(quantity=10)
        order.mes_phase = OrderPhase.PLANNED.value
        rule = self.give(OrderEvent.RELEASE, Owner.SYSTEM, OwnershipMode.PROPOSE, system_id=self.erp.id)
        planner = new_test_user(self.env, "planner", groups="mes_connector.group_mes_planner")
        steward = new_test_user(self.env, "steward", groups="mes_connector.group_mes_steward")
        answer = order.with_user(planner).action_mes_release()
        self.assertEqual(answer["tag"], "display_notification")
        self.assertPhase(order, OrderPhase.PLANNED)
        request = self.env["mes.change.request"].search([("rule_id", "=", rule.id)])
        with self.assertRaises(AccessError):
            request.with_user(planner).action_accept()
        request.with_user(steward).action_accept()
        self.assertPhase(order, OrderPhase.RELEASED)
        self.assertEqual((request.state, request.decided_by_id), (ChangeRequestState.ACCEPTED.value, steward))
        case = self.case_of(rule)
        self.assertEqual(case.state, CaseState.CLOSED.value)
        with self.assertRaises(UserError):
            request.with_user(steward).action_refuse()

    def test_the_rule_of_the_plant_goes_before_that_of_all(self):
        order = self.release(quantity=10)
        self.assertIn(self.step(OrderEvent.START, OrderPhase.RELEASED).name, self.judged(order, OrderEvent.START))
        self.give(OrderEvent.START, Owner.ANYONE)
        self.assertIsNone(self.judged(order, OrderEvent.START))

    def test_a_change_of_a_released_order_is_a_step_too(self):
        order = self.release(quantity=10)
        rule = self.give(OrderEvent.CHANGE, Owner.SYSTEM, system_id=self.erp.id)
        parts = (order, order.workorder_ids[0], order.move_raw_ids[0])
        for record, name in zip(parts, ("product_qty", "duration_expected", "product_uom_qty"), strict=True):
            with self.subTest(model=record._name), self.assertRaisesRegex(UserError, "Head office"):
                record[name] += 1
        with self.assertRaisesRegex(UserError, "Head office"):
            order.move_raw_ids[0]._action_cancel()
        with self.assertRaisesRegex(UserError, "Head office"):
            order.move_raw_ids = [Command.create({"product_id": self.oil.id, "product_uom_qty": 1})]
        rule.active = False
        order.product_qty = 12
        plain = self.make_order(quantity=10)
        plain.mes_phase = False
        plain.product_qty = 11
        self.assertEqual(plain.product_qty, 11, "an order without a phase is nobody's business")


@tagged("post_install", "-at_install", "mes")
class TestOwnershipOfValues(OwnershipCase):
    def test_new_records_hold_no_values_of_others(self):
        rule = self.own("product.template", "name")
        with self.assertRaisesRegex(UserError, rule.name):
            self.env["product.template"].create({"name": "Mine"})
        with self.assertRaisesRegex(UserError, rule.name):
            self.env["product.product"].create({"name": "Mine"})
        with self.assertRaisesRegex(UserError, rule.name):
            self.gearbox.product_tmpl_id.copy()
        rule.active = False
        self.own("product.template", "type")
        # The default says nothing.
        self.assertTrue(self.env["product.template"].create({"name": "Mine", "type": "consu"}))
        with self.assertRaises(UserError):
            self.env["product.template"].create({"name": "Mine", "type": "service"})

    def test_a_whole_object_is_not_deleted_by_others(self):
        lot = self.env["stock.lot"].create({"name": "L-1", "product_id": self.housing.id})
        rule = self.own("stock.lot")
        with self.assertRaisesRegex(UserError, rule.name):
            lot.unlink()
        with self.assertRaisesRegex(UserError, rule.name):
            lot.name = "L-2"
        rule.active = False
        self.own("stock.lot", "ref")
        lot.unlink()
        self.assertFalse(lot.exists())

    def test_translations_are_values(self):
        self.env["res.lang"]._activate_lang("de_DE")
        template = self.gearbox.product_tmpl_id
        template.update_field_translations("name", {"de_DE": "Getriebe"})
        rule = self.own("product.template", "name")
        for mode in (OwnershipMode.BLOCK, OwnershipMode.PROPOSE):
            rule.mode = mode.value
            with self.assertRaisesRegex(UserError, rule.name):
                template.update_field_translations("name", {"de_DE": "Schraube"})
        self.assertEqual(template.with_context(lang="de_DE").name, "Getriebe")

    def test_nobody_takes_an_order_out_of_its_phase(self):
        order = self.release(quantity=10).with_user(self.env.ref("base.user_admin"))
        for vals in ({"mes_phase": False}, {"mes_reference": "X"}, {"mes_revision": 9}):
            with self.assertRaises(AccessError):
                order.write(vals)
        with self.assertRaises(AccessError):
            order.create({"product_id": self.gearbox.id, "mes_phase": OrderPhase.POSTED.value})
        order.action_mes_hold("crack")
        self.assertPhase(order, OrderPhase.QUALITY_HOLD)

    def test_sudo_is_the_same_person(self):
        rule = self.own("product.template", "name")
        person = new_test_user(self.env, "person", groups="base.group_user")
        with self.assertRaisesRegex(UserError, rule.name):
            self.gearbox.product_tmpl_id.with_user(person).sudo().name = "Mine"

    def test_inherited_and_related_fields_lead_to_the_owned_one(self):
        rule = self.own("product.template", "name")
        with self.assertRaisesRegex(UserError, rule.name):
            self.gearbox.name = "Mine"
        rule.active = False
        rule = self.own("product.product", "default_code")
        with self.assertRaisesRegex(UserError, rule.name):
            self.gearbox.product_tmpl_id.default_code = "MINE"

    def test_the_same_value_is_no_change(self):
        self.own("product.template", "name")
        template = self.gearbox.product_tmpl_id
        template.write({"name": template.name, "list_price": 7})
        self.assertEqual(template.list_price, 7)

    def test_some_records_of_many_may_be_written(self):
        order, plain = self.release(quantity=10), self.make_order(quantity=10)
        plain.mes_phase = False
        self.own("mrp.production", "priority", OwnershipMode.PROPOSE)
        (order | plain).write({"priority": "1", "origin": "S1"})
        self.assertEqual((order.priority, order.origin), ("0", "S1"))
        self.assertEqual((plain.priority, plain.origin), ("1", "S1"))

    def test_what_odoo_computes_is_nobodys_change(self):
        order = self.release(quantity=10)
        self.own("mrp.production", "date_finished")
        before = order.date_finished
        order.workorder_ids[0].duration_expected += 600
        self.env.flush_all()
        self.assertGreater(order.date_finished, before)

    def test_booking_a_report_is_decided_by_its_step(self):
        self.plant.mes_over_delivery_percent = 20
        order = self.release(quantity=10)
        for model, name in (("mrp.production", "product_qty"), ("mrp.production", "date_start"), ("stock.move", False)):
            self.own(model, name)
        self.assertDone(self.send("operation.started", order, operation="10", work_center="ASM1"))
        self.assertDone(self.consume(order, {(self.housing, self.lots[self.housing][0]): 10}))
        self.assertDone(self.report(order, 11, "F1"))
        self.assertEqual(order.product_qty, 11)
        with self.assertRaises(UserError):
            order.product_qty = 12

    def test_the_plant_names_another_center_than_its_owner_planned(self):
        order = self.release(quantity=10)
        rule = self.own("mrp.workorder", "workcenter_id")
        message = self.send("operation.started", order, operation="10", work_center="TST1")
        self.assertStopped(message, InboxState.REJECTED, "not_owner")
        rule.write({"mode": OwnershipMode.PROPOSE.value})
        message = self.send("operation.started", order, operation="10", work_center="TST1")
        self.assertDone(message)
        self.assertEqual(order.workorder_ids[0].workcenter_id, self.assembly)
        request = self.env["mes.change.request"].search([("rule_id", "=", rule.id)])
        self.assertEqual((request.system_id, request.res_id), (self.system, order.workorder_ids[0].id))
        request.action_accept()
        self.assertEqual(order.workorder_ids[0].workcenter_id, self.bench)

    def test_an_accepted_value_is_written_and_a_stale_one_is_not(self):
        rule = self.own("product.template", "name", OwnershipMode.PROPOSE)
        template, requests = self.gearbox.product_tmpl_id, self.env["mes.change.request"]
        template.name = "Gearbox"
        template.name = "Gearbox"
        request = requests.search([("rule_id", "=", rule.id)])
        self.assertEqual((len(request), template.name), (1, "GBX-100"))
        request.action_accept()
        self.assertEqual(template.name, "Gearbox")
        template.name = "Gear"
        late = requests.search([("rule_id", "=", rule.id), ("state", "=", ChangeRequestState.PROPOSED.value)])
        rule.active = False
        template.name = "Box"
        rule.active = True
        with self.assertRaisesRegex(UserError, "changed since"):
            late.action_accept()

    def test_the_account_of_the_owner_decides(self):
        rule = self.own("product.template", "name", OwnershipMode.PROPOSE)
        account = new_test_user(self.env, "erp_account", groups="mes_connector.group_mes_user")
        other = new_test_user(self.env, "mes_account", groups="mes_connector.group_mes_user")
        self.erp.account_user_id, self.system.account_user_id = account, other
        self.gearbox.product_tmpl_id.name = "Gearbox"
        request = self.env["mes.change.request"].search([("rule_id", "=", rule.id)])
        with self.assertRaises(AccessError):
            request.with_user(other).action_accept()
        request.with_user(account).action_accept()
        self.assertEqual(self.gearbox.name, "Gearbox")

    def test_who_may_not_write_may_not_propose(self):
        self.own("product.template", "name", OwnershipMode.PROPOSE)
        person = new_test_user(self.env, "person", groups="base.group_user")
        with self.assertRaises(AccessError):
            self.gearbox.product_tmpl_id.with_user(person).name = "Mine"

    def test_only_stewards_make_rules(self):
        integrator = new_test_user(self.env, "integrator", groups="mes_connector.group_mes_integrator")
        steward = new_test_user(self.env, "steward", groups="mes_connector.group_mes_steward")
        values = {"transaction": OrderEvent.START.value, "owner": Owner.ANYONE.value}
        with self.assertRaises(AccessError):
            self.rules.with_user(integrator).create(values)
        self.assertTrue(self.rules.with_user(steward).create(values))

    def test_cells_are_unique_and_possible(self):
        self.own("product.template", "name")
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"), self.cr.savepoint():
            self.own("product.template", "name")
        with self.assertRaises(ValidationError):
            self.own("product.template", "list_price")
        with self.assertRaises(ValidationError):
            self.own("product.template", "uom_id", phase=OrderPhase.RELEASED.value)

    def test_without_a_rule_for_the_model_nothing_is_asked(self):
        self.own("product.template", "name")
        template, workcenter = self.gearbox.product_tmpl_id, self.assembly
        template.list_price, workcenter.name = 1, "Line"
        self.env.flush_all()
        with self.assertQueryCount(0):
            ownership = self.env["mes.ownership"]
            self.assertFalse(ownership._named(workcenter, {"name": "Line 2"}))
            self.assertFalse(ownership._named(template, {"list_price": 2}))
            self.assertTrue(ownership._named(template, {"name": "Gearbox"}))

    def test_the_matrix_shows_every_rule(self):
        rule = self.own("product.template", "name")
        matrix = self.env["mes.ownership.matrix"].create({"plant_id": self.plant.id})
        for one in self.rules.search([]):
            self.assertIn(f'href="/odoo/mes-ownership/{one.id}"', matrix.table)
        self.assertIn("Head office", matrix.table)
        rule.active = False
        matrix.invalidate_recordset()
        self.assertNotIn(f'href="/odoo/mes-ownership/{rule.id}"', matrix.table)
