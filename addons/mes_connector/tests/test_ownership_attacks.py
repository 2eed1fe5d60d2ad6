"""Ways around the ownership rules, each tried: other commands, contexts, defaults of one's own, methods, fields."""

import xmlrpc.client
from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from ..core.order_machine import OrderEvent
from ..core.ownership import Owner
from ..core.states import OrderPhase
from .test_ownership_doors import OwnershipCase

#: Somebody of Odoo who may do all that Manufacturing, Inventory and Products allow, and nothing of ours.
GROUPS = "mrp.group_mrp_manager,stock.group_stock_manager,product.group_product_manager"


@tagged("post_install", "-at_install", "mes")
class TestOwnershipAttacks(OwnershipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.person = new_test_user(cls.env, "person", groups=GROUPS)

    def assertRefused(self, text, act):
        with self.assertRaisesRegex(UserError, text), self.cr.savepoint():
            act()

    def own_changes(self):
        """Only the head office changes released orders."""
        values = {"transaction": OrderEvent.CHANGE.value, "owner": Owner.SYSTEM.value, "system_id": self.erp.id}
        return self.rules.create(dict(values, plant_id=self.plant.id))

    def part(self, **values):
        """Values of a component that belongs to nothing yet."""
        places = {"location_id": self.stock.id, "location_dest_id": self.gearbox.property_stock_production.id}
        return {"product_id": self.oil.id, "product_uom_qty": 1, **places, **values}

    # -- new records -------------------------------------------------------------------------------------------------

    def test_a_default_from_the_context_is_a_value(self):
        rule, templates = self.own("product.template", "name"), self.env["product.template"]
        for values in ({}, {"name": "Mine"}):
            with self.subTest(values=values):
                self.assertRefused(rule.name, lambda v=values: templates.with_context(default_name="Mine").create(v))
        self.assertRefused(rule.name, lambda: templates.name_create("Mine"))
        self.assertRefused(rule.name, lambda: self.gearbox.with_context(default_name="Mine").create({}))
        self.assertRefused(rule.name, lambda: self.gearbox.copy())

    def test_a_default_of_ones_own_is_a_value_and_the_companys_is_none(self):
        rule, templates = self.own("product.template", "type"), self.env["product.template"].with_user(self.person)
        default = self.env["ir.default"].with_user(self.person)
        default.set("product.template", "type", "service", user_id=True)
        self.assertRefused(rule.name, lambda: templates.create({"name": "Mine"}))
        self.env["ir.default"].search([("user_id", "=", self.person.id)]).unlink()
        self.env["ir.default"].set("product.template", "type", "service")
        self.assertEqual(templates.create({"name": "Ours"}).type, "service")

    def test_an_order_from_the_context_is_the_order(self):
        order, rule = self.release(quantity=10), self.own_changes()
        moves = self.env["stock.move"].with_context(default_raw_material_production_id=order.id)
        self.assertRefused(rule.name, lambda: moves.create(self.part()))
        operations = self.env["mrp.workorder"].with_context(default_production_id=order.id)
        values = {"name": "Polish", "workcenter_id": self.bench.id}
        self.assertRefused(rule.name, lambda: operations.create(values))
        rule.active = False
        moves.create(self.part())
        self.env.cr.flush()
        self.assertEqual(order.mes_revision, 2, "the plant is told")

    def test_import_of_lines_with_an_order(self):
        order, rule = self.release(quantity=10), self.own_changes()
        header = [".id", "move_raw_ids/product_id/.id", "move_raw_ids/product_uom_qty"]
        with mute_logger("odoo.sql_db"):
            result = order.with_user(self.person).load(header, [[str(order.id), str(self.oil.id), "3"]])
        self.assertIn(rule.name, result["messages"][0]["message"])

    # -- parts that come and go --------------------------------------------------------------------------------------

    def test_every_command_of_every_list_of_an_order(self):
        order, rule = self.release(quantity=10), self.own_changes()
        move = order.move_raw_ids.filtered(lambda one: one.product_id == self.oil)
        stray = self.env["stock.move"].create(self.part())
        commands = {
            "update": Command.update(move.id, {"product_uom_qty": 9}),
            "create": Command.create(self.part()),
            "delete": Command.delete(move.id),
            "unlink": Command.unlink(move.id),
            "link": Command.link(stray.id),
            "set": Command.set((order.move_raw_ids - move).ids),
            "clear": Command.clear(),
        }
        for name in ("move_raw_ids", "all_move_raw_ids"):
            for kind, command in commands.items():
                with self.subTest(field=name, command=kind):
                    self.assertRefused(rule.name, lambda f=name, c=command: order.write({f: [c]}))
        self.assertRefused(
            rule.name, lambda: order.write({"workorder_ids": [Command.delete(order.workorder_ids[0].id)]})
        )

    def test_parts_are_moved_neither_in_nor_out_by_their_own_field(self):
        order, rule = self.release(quantity=10), self.own_changes()
        move, stray = order.move_raw_ids[0], self.env["stock.move"].create(self.part())
        for name, record, value in (
            ("out", move, False),
            ("in", stray, order.id),
            ("elsewhere", move, self.make_order(1).id),
        ):
            with self.subTest(way=name):
                self.assertRefused(rule.name, lambda r=record, v=value: r.write({"raw_material_production_id": v}))
        rule.active = False
        field_rule = self.own("stock.move", "product_uom_qty", phase=OrderPhase.RELEASED.value)
        self.assertRefused(field_rule.name, lambda: stray.write({"raw_material_production_id": order.id}))
        field_rule.active = False
        stray.raw_material_production_id = order
        self.env.cr.flush()
        self.assertEqual(order.mes_revision, 2, "the plant is told")

    def test_another_model_that_holds_the_part(self):
        order, rule = self.release(quantity=10), self.own("stock.move", "product_uom_qty")
        move = order.move_raw_ids[0]
        picking = self.env["stock.picking"].create({"picking_type_id": self.plant.out_type_id.id})
        command = Command.update(move.id, {"product_uom_qty": 9})
        for record, name in ((picking, "move_ids"), (order.workorder_ids[0], "move_raw_ids")):
            with self.subTest(model=record._name):
                self.assertRefused(rule.name, lambda r=record, f=name: r.write({f: [command]}))

    def test_the_state_of_a_move_is_no_way_to_cancel_it(self):
        order, rule = self.release(quantity=10), self.own_changes()
        self.assertRefused(rule.name, lambda: order.move_raw_ids[0].write({"state": "cancel"}))
        self.assertRefused(rule.name, lambda: order.move_raw_ids[0]._action_cancel())

    def test_a_bill_of_materials_through_its_product(self):
        rule = self.own("mrp.bom.line", "product_qty")
        line = self.bom.bom_line_ids[0]
        update = Command.update(line.id, {"product_qty": 7})
        product = Command.update(self.bom.id, {"bom_line_ids": [update]})
        self.assertRefused(rule.name, lambda: self.bom.write({"bom_line_ids": [update]}))
        self.assertRefused(rule.name, lambda: self.gearbox.product_tmpl_id.write({"bom_ids": [product]}))

    # -- what happened -----------------------------------------------------------------------------------------------

    def test_progress_is_not_written_by_hand(self):
        order = self.release(quantity=10).with_user(self.person)
        first, move = order.workorder_ids[0], order.move_raw_ids[0]
        for record, values in (
            (order, {"state": "done"}),
            (first, {"state": "done"}),
            (first, {"qty_produced": 5}),
            (move, {"state": "done"}),
        ):
            with self.subTest(model=record._name, values=values):
                self.assertRefused("for the plant to report", lambda r=record, v=values: r.write(v))
        self.assertRefused("The cancellation of an operation", first.with_user(self.env.user).action_cancel)
        self.assertEqual((order.state, first.state), ("confirmed", "ready"))

    def test_a_delivery_posts_no_component(self):
        order = self.release(quantity=10)
        move = order.move_raw_ids.filtered(lambda one: one.product_id == self.screw)
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": self.plant.out_type_id.id,
                "location_id": self.stock.id,
                "location_dest_id": move.location_dest_id.id,
                "move_ids": [Command.link(move.id)],
            }
        )
        move.picked = True
        self.assertRefused("The posting of a move", picking.button_validate)
        self.assertNotEqual(move.state, "done")

    def test_a_posted_move_stays_with_its_order(self):
        order = self.release(quantity=10)
        self.consume(order, {(self.housing, self.lots[self.housing][0]): 10})
        done = order.move_raw_ids.filtered(lambda move: move.state == "done")
        self.assertRefused("have the plant reverse", lambda: done.write({"raw_material_production_id": False}))
        self.assertRefused("", lambda: order.write({"move_raw_ids": [Command.unlink(done.id)]}))
        self.assertEqual(done.raw_material_production_id, order)

    def test_what_only_our_code_knows(self):
        order = self.release(quantity=10).with_user(self.person)
        for record, values in (
            (order, {"mes_qty_extra": 5}),
            (order, {"mes_readings": {"received": [1, 1]}}),
            (order.workorder_ids[0], {"mes_qty_scrapped": 5}),
            (order.workorder_ids[0], {"mes_operation": "99"}),
            (order.move_raw_ids[0], {"mes_is_estimated": True}),
        ):
            with self.subTest(values=values), self.assertRaises(AccessError), self.cr.savepoint():
                record.write(values)

    def test_minutes_belong_to_who_reports_them(self):
        order = self.release(quantity=10)
        self.send("operation.started", order, operation="10", work_center="ASM1")
        first, logs = order.workorder_ids[0].with_user(self.person), self.env["mrp.workcenter.productivity"]
        logs, start = logs.with_user(self.person), fields.Datetime.now() - timedelta(hours=1)
        values = {"workcenter_id": self.assembly.id, "loss_id": first.time_ids.loss_id.id, "date_start": start}
        rule = self.rules.search([("transaction", "=", "report_time"), ("phase", "=", OrderPhase.IN_PROGRESS.value)])
        for act in (
            lambda: logs.create(dict(values, workorder_id=first.id)),
            lambda: logs.with_context(default_workorder_id=first.id).create(values),
            lambda: first.time_ids.write({"date_start": start}),
            lambda: first.time_ids.unlink(),
            lambda: first.write({"duration": 500}),
            lambda: first.write({"time_ids": [Command.create(values)]}),
        ):
            self.assertRefused(rule.name, act)
        stray = logs.create(values)
        self.assertRefused(rule.name, lambda: stray.write({"workorder_id": first.id}))
        rule.owner = Owner.ANYONE.value
        self.assertTrue(logs.create(dict(values, workorder_id=first.id)))


@tagged("post_install", "-at_install", "mes")
class TestOwnershipAttacksByHttp(OwnershipCase, HttpCase):
    """Methods called from outside: steps of orders over JSON-2 and XML-RPC, by people and by accounts of systems."""

    def setUp(self):
        super().setUp()
        self.account = new_test_user(
            self.env, "erp_account", password="erp_account", groups="mrp.group_mrp_user,mes_connector.group_mes_planner"
        )
        self.order = self.make_order(quantity=10)
        self.order.action_mes_release()
        expiry = fields.Datetime.now() + timedelta(days=1)
        self.key = self.env["res.users.apikeys"].with_user(self.account)._generate("rpc", "test", expiry)

    def json2(self, record, method, context=None, **arguments):
        body = {"ids": record.ids, "context": context or {}, **arguments}
        headers = {"Authorization": f"Bearer {self.key}"}
        with mute_logger("odoo.http", "odoo.addons.rpc"):
            response = self.url_open(f"/json/2/{record._name}/{method}", json=body, headers=headers)
        self.env.invalidate_all()
        return None if response.ok else response.json()["message"]

    def xmlrpc(self, record, method, *arguments):
        call = (self.env.cr.dbname, self.account.id, "erp_account", record._name, method)
        try:
            with mute_logger("odoo.http", "odoo.addons.rpc", "odoo.addons.rpc.controllers.xmlrpc"):
                self.xmlrpc_object.execute_kw(*call, [record.ids, *arguments])
        except xmlrpc.client.Fault as fault:
            return fault.faultString
        finally:
            self.env.invalidate_all()
        return None

    def rule(self, event, phase):
        return self.rules.search([("transaction", "=", event.value), ("phase", "=", phase.value)])

    def test_the_account_of_a_system_takes_no_step_of_odoos(self):
        self.erp.account_user_id = self.account
        planned, started = self.make_order(quantity=10), self.release(quantity=10)
        self.send("operation.started", started, operation="10", work_center="ASM1")
        self.report(started, 1, "F1")
        for order, event, phase, call in (
            (planned, OrderEvent.RELEASE, OrderPhase.PLANNED, ("action_mes_release", {})),
            (planned, OrderEvent.CANCEL, OrderPhase.PLANNED, ("action_cancel", {})),
            (self.order, OrderEvent.CHANGE, OrderPhase.RELEASED, ("write", {"vals": {"product_qty": 11}})),
            (self.order, OrderEvent.CANCEL, OrderPhase.RELEASED, ("action_cancel", {})),
            (started, OrderEvent.CLOSE, OrderPhase.PARTIALLY_CONFIRMED, ("action_mes_close", {"reason": "stop"})),
        ):
            method, arguments = call
            with self.subTest(step=event.value):
                self.assertIn(self.rule(event, phase).name, self.json2(order, method, **arguments) or "done")
                self.assertIn(self.rule(event, phase).name, self.xmlrpc(order, method, *arguments.values()) or "done")
                self.assertPhase(order, phase)
        self.rule(OrderEvent.RELEASE, OrderPhase.PLANNED).owner = Owner.ANYONE.value
        self.assertIsNone(self.json2(planned, "action_mes_release"))
        self.assertPhase(planned, OrderPhase.RELEASED)

    def test_a_person_takes_no_step_of_the_plants(self):
        first = self.order.workorder_ids[0]
        forged = {"mes_reported": True, "mes_acting": {"system": self.system.id}, "skip_mo_check": True, "su": True}
        reports, table = "for the plant to report", "which does not allow this"
        for record, method, refusal in (
            (self.order, "action_start", reports),
            (self.order, "button_mark_done", table),
            (first, "button_start", reports),
            (first, "button_finish", reports),
            (first, "action_mark_as_done", reports),
        ):
            with self.subTest(method=method):
                self.assertIn(refusal, self.json2(record, method, context=forged) or "done")
                self.assertIn(refusal, self.xmlrpc(record, method) or "done")
        self.assertPhase(self.order, OrderPhase.RELEASED)

    def test_an_operation_is_not_cancelled_by_itself(self):
        # The administrator: with accounting, Odoo lets nobody cancel it who may not read analytic lines.
        self.account, first = self.env.ref("base.user_admin"), self.order.workorder_ids[0]
        self.account.password = "erp_account"
        self.assertIn("The cancellation of an operation", self.xmlrpc(first, "action_cancel") or "done")
        self.assertIn("The progress of an operation", self.xmlrpc(first, "write", {"state": "cancel"}) or "done")
        self.assertEqual(first.state, "ready")
        plain = self.make_order(quantity=10)
        self.assertIsNone(self.xmlrpc(plain.workorder_ids[0], "action_cancel"))
        self.assertEqual(plain.workorder_ids[0].state, "cancel")

    def test_what_is_private_stays_so(self):
        for record, method, arguments in (
            (self.order, "_action_cancel", {}),
            (self.order.move_raw_ids[0], "_action_done", {}),
            (self.env["mes.order.lifecycle"], "_apply", {}),
            (self.env["mes.ownership"], "_judge_step", {}),
            (self.order, "with_context", {"mes_acting": 1}),
            (self.order, "sudo", {}),
        ):
            with self.subTest(method=method):
                self.assertTrue(self.json2(record, method, **arguments))
        self.assertIn("life cycle", self.json2(self.order, "write", vals={"mes_phase": False}))

    def test_an_api_user_changes_no_part_of_an_order_that_others_own(self):
        self.erp.account_user_id = self.account
        move = self.order.move_raw_ids[0]
        rule = self.rule(OrderEvent.CHANGE, OrderPhase.RELEASED)
        update = [[int(Command.UPDATE), move.id, {"product_uom_qty": 99}]]
        for record, values in (
            (move, {"product_uom_qty": 99}),
            (self.order, {"move_raw_ids": update}),
            (self.order.workorder_ids[0], {"duration_expected": 99}),
            (move, {"raw_material_production_id": False}),
        ):
            with self.subTest(values=values):
                self.assertIn(rule.name, self.json2(record, "write", vals=values) or "written")
                self.assertIn(rule.name, self.xmlrpc(record, "write", values) or "written")
        self.assertEqual(self.order.mes_revision, 1)
