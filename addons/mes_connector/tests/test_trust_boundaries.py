"""What a caller cannot claim: defaults in its context, records of another company, decisions of somebody else."""

from datetime import datetime

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.sql_db import db_connect
from odoo.tests import new_test_user, tagged

from ..core.order_machine import OrderEvent
from ..core.ownership import Owner, OwnershipMode
from ..core.reconciliation_states import DifferenceKind
from ..core.states import ChangeRequestState, CodeKind, CodeMapState, InboxState, OrderPhase
from .test_code_map import CodeMapCase
from .test_ownership_doors import OwnershipCase
from .test_reconciliation import ReconciliationCase


@tagged("post_install", "-at_install", "mes")
class TestOwnershipBoundaries(OwnershipCase):
    def test_a_default_in_the_context_is_said_by_the_caller(self):
        admin = self.env.ref("base.user_admin")
        orders = self.env["mrp.production"].with_user(admin).with_context(default_mes_phase=OrderPhase.POSTED.value)
        with self.assertRaises(AccessError):
            orders.create({"product_id": self.gearbox.id})

    def test_archived_rules_judge_nobody_wherever_they_are_read(self):
        rule = self.own("product.template", "name")
        rule.active = False
        template = self.gearbox.product_tmpl_id.with_context(active_test=False)
        template.name = "Mine"
        self.assertEqual(template.name, "Mine")

    def test_what_an_older_transaction_sees_is_nobody_elses_rule(self):
        self.own("product.template", "name")
        ownership, name = self.env["mes.ownership"], frozenset({"name"})
        with db_connect(self.cr.dbname).cursor() as other:
            # It began before the rule was there, and asks after it.
            older = self.env(cr=other)["mes.ownership"]
            self.assertFalse(older._rules().concerns("product.template", name))
            self.assertTrue(ownership._rules().concerns("product.template", name))
            self.env.cr.cache.clear()
            self.assertTrue(ownership._rules().concerns("product.template", name))
            self.assertFalse(older._rules().concerns("product.template", name))

    def test_a_steward_of_one_plant_leaves_the_rules_of_all_alone(self):
        ours, all_plants = (
            self.own("mrp.production", "date_start", plant_id=self.plant.id),
            self.own("product.template", "name"),
        )
        steward = new_test_user(self.env, "of one plant", groups="mes_connector.group_mes_steward")
        steward.mes_plant_ids = self.plant
        (ours | all_plants).with_user(steward).read(["name"])
        ours.with_user(steward).mode = OwnershipMode.FLAG.value
        with self.assertRaises(AccessError):
            all_plants.with_user(steward).mode = OwnershipMode.FLAG.value

    def test_the_case_of_a_rule_stays_in_its_company(self):
        self.own("product.template", "name", OwnershipMode.FLAG)
        other = self.env["res.company"].create({"name": "Elsewhere"})
        theirs = self.env["product.template"].create({"name": "Secret", "company_id": other.id})
        ours = self.env["product.template"].create({"name": "Known", "company_id": self.env.company.id})
        (ours | theirs).name = "Changed"
        self.env.cr.flush()
        cases = self.env["mes.case"].search([("code", "=", "not_owner")])
        self.assertEqual(cases.company_id, other | self.env.company)
        for case in cases:
            self.assertEqual("Secret" in case.text, case.company_id == other)

    def test_parts_of_plain_orders_are_judged_by_two_reads(self):
        orders = self.env["mrp.production"].union(*(self.make_order(quantity=1) for _number in range(4)))
        orders.mes_phase = False
        for parts, vals in ((orders.workorder_ids, {"sequence": 7}), (orders.move_raw_ids, {"product_uom_qty": 7})):
            ownership, parts = self.env["mes.ownership"], parts.browse(parts.ids)
            names = ownership._named(parts, vals)
            self.env.flush_all()
            self.env.invalidate_all()
            with self.assertQueryCount(2):
                ownership._judge_write(parts, vals, names)

    def test_consent_is_to_the_rule_that_was_asked_for(self):
        order = self.release(quantity=10)
        values = {"transaction": OrderEvent.START.value, "mode": OwnershipMode.PROPOSE.value, "plant_id": self.plant.id}
        rule = self.rules.create(dict(values, owner=Owner.ODOO.value))
        message = self.send("operation.started", order, operation="10", work_center="ASM1")
        self.assertStopped(message, InboxState.PARKED, "owner_asked")
        requests = self.env["mes.change.request"].search([("inbox_id", "=", message.id)])
        requests.action_accept()
        rule.active = False
        self.env.flush_all()
        other = self.rules.create(dict(values, owner=Owner.SYSTEM.value, system_id=self.erp.id))
        self.drain()
        self.assertStopped(message, InboxState.PARKED, "owner_asked")
        asked = requests.search([("inbox_id", "=", message.id), ("state", "=", ChangeRequestState.PROPOSED.value)])
        self.assertEqual(asked.rule_id, other)
        asked.action_accept()
        self.drain()
        self.assertDone(message)

    def test_who_only_reads_orders_asks_for_no_step(self):
        order = self.release(quantity=10)
        values = {"transaction": OrderEvent.HOLD.value, "mode": OwnershipMode.PROPOSE.value, "plant_id": self.plant.id}
        self.rules.create(dict(values, owner=Owner.SYSTEM.value, system_id=self.erp.id))
        reader = new_test_user(self.env, "reader", groups="mes_connector.group_mes_user")
        with self.assertRaises(AccessError):
            order.with_user(reader).action_mes_hold("because")
        self.assertFalse(self.env["mes.change.request"].search([("res_id", "=", order.id)]))


@tagged("post_install", "-at_install", "mes")
class TestCrosswalkBoundaries(CodeMapCase):
    def test_codes_without_records_each_have_their_own_code(self):
        rows = self.map("R-1", "ROUTE-A", CodeKind.ROUTING_VERSION) | self.map(
            "R-2", "ROUTE-B", CodeKind.ROUTING_VERSION
        )
        self.assertEqual(rows.mapped("own_code"), ["ROUTE-A", "ROUTE-B"])

    def test_a_code_never_means_a_record_of_another_company(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        self.steward.company_ids |= other
        washer = self.make_product("WSH-6", "none", self.screw.uom_id)
        washer.company_id = other
        steward = (
            self.env["mes.code.map"]
            .with_user(self.steward)
            .with_context(allowed_company_ids=[self.env.company.id, other.id])
        )
        with self.assertRaises(ValidationError):
            steward.create(
                {"system_id": self.system.id, "kind": CodeKind.PRODUCT.value, "code": "4711", "res_id": washer.id}
            )

    def test_a_system_is_told_its_codes_whatever_another_company_calls_its_own(self):
        self.map("4711", "SCR-M6")
        other = self.env["res.company"].create({"name": "Elsewhere"})
        self.make_product("SCR-M6", "none", self.screw.uom_id).company_id = other
        told = self.env["mes.code.map"]._told(self.system, self.plant.id, {"product": "SCR-M6"})
        self.assertEqual(told, {"product": "4711"})

    def test_a_system_without_rows_costs_one_query(self):
        order = self.release(5)
        message = self.use(order, "SCR-M6")
        rows, scope = self.env["mes.code.map"], message._code_scope()
        with self.assertQueryCount(1):
            resolver = self.env["mes.resolver"].with_context(mes_code_scope=rows._with_kinds(scope))
        with self.assertQueryCount(0):
            for kind in CodeKind:
                self.assertEqual(resolver._mapped(kind, ["SCR-M6"]), {})

    def test_asking_for_an_end_does_not_make_the_asker_of_the_row_its_approver(self):
        self.plant.mes_second_person = True
        row = self.map("4711", "SCR-M6")
        with self.assertRaises(UserError):
            row.with_user(self.second).valid_to = datetime(2030, 1, 1)
        with self.assertRaises(AccessError):
            row.action_approve()
        row.valid_to = datetime(2031, 1, 1)
        row.with_user(self.second).action_approve()
        self.assertEqual((row.state, row.valid_to), (CodeMapState.IN_FORCE.value, datetime(2031, 1, 1)))

    def test_no_code_of_a_sender_is_taken_for_ours(self):
        self.system.holds_suspects = True
        message = self.use(self.release(5), "SCR-M6", uom="uom:abc")
        self.assertStopped(message, InboxState.PARKED, "unmapped_code")

    def test_a_sheet_for_which_nothing_waits_costs_one_query(self):
        rows = self.env["mes.code.map"].union(
            *(self.map(f"S-{number}", "SCR-M6", is_alias=True) for number in range(9))
        )
        self.env.flush_all()
        with self.assertQueryCount(1):
            rows._let_through()

    def test_who_may_approve_may_refuse(self):
        self.plant.mes_second_person = True
        row = self.map("4711", "SCR-M6")
        row.with_user(new_test_user(self.env, "chief", groups="mes_connector.group_mes_plant_manager")).action_refuse()
        self.assertFalse(row.exists())

    def test_nobody_signs_for_somebody_else(self):
        rows = self.env["mes.code.map"].with_user(self.steward).with_context(default_approved_by_id=self.second.id)
        with self.assertRaises(AccessError):
            rows.create({"system_id": self.system.id, "code": "4711", "own_code": "SCR-M6"})

    def test_habits_come_from_decisions_alone(self):
        supervisor = new_test_user(self.env, "supervisor", groups="mes_connector.group_mes_supervisor")
        with self.assertRaises(AccessError):
            self.env["mes.habit"].with_user(supervisor).create(
                {"system_id": self.system.id, "context": "x", "value": 0.0, "subject": "Nothing is too soon"}
            )


@tagged("post_install", "-at_install", "mes")
class TestReconciliationBoundaries(ReconciliationCase):
    def sum_up(self, order, shift, hours):
        total = {"order": order.mes_reference, "kind": "received", "product": "GBX-100", "quantity": self.quantity(5)}
        event = self.event("shift.summarized", order)
        period = dict(zip(("from", "to"), (f"2026-11-22T{hour:02d}:00:00Z" for hour in hours), strict=True))
        event["data"] = {"shift": shift, **period, "totals": [total]}
        run = self.env["mes.reconciliation"].search([("inbox_id", "=", self.deliver(event).id)])
        run.action_compare()
        return run.line_ids.mapped("kind")

    def test_a_reason_given_for_one_shift_says_nothing_of_the_next(self):
        order = self.release(quantity=5)
        differs = [DifferenceKind.TOTAL_DIFFERS.value]
        self.assertEqual(self.sum_up(order, "early", (6, 14)), differs)
        self.env["mes.reconciliation.line"].search([("production_id", "=", order.id)]).action_adjust("scale broken")
        self.assertEqual(self.sum_up(order, "early", (6, 14)), [])
        self.assertEqual(self.sum_up(order, "late", (14, 22)), differs)

    def test_a_run_is_about_the_systems_and_plants_of_its_company(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        plant = self.env["stock.warehouse"].search([("company_id", "=", other.id)], limit=1)
        day = {"since": datetime(2026, 11, 22), "until": datetime(2026, 11, 23)}
        with self.assertRaises(UserError):
            self.env["mes.reconciliation"].create(dict(day, plant_id=plant.id))
        with self.assertRaises(UserError):
            self.env["mes.reconciliation"].create(dict(day, system_id=self.system.id, company_id=other.id))
