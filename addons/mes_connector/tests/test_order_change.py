"""Changes of released orders: sent once, followed in Odoo, answered by the plant; closing short and reopening."""

import json

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ..core.states import InboxState, OrderPhase, OutboxState, RevisionState
from .common import MesCase


@tagged("post_install", "-at_install", "mes")
class TestOrderChange(MesCase):
    def outbox(self, order, event_type):
        self.env.cr.flush()
        return order.mes_outbox_ids.filtered(lambda row: row.event_type == f"mes.{event_type}.v1")

    def changes(self, order):
        """Data of each change that was sent, checked against its schema."""
        events = [json.loads(row.payload) for row in self.outbox(order, "order.changed").sorted("id")]
        schemas = self.env["mes.dispatcher"]._schema_set()
        for event in events:
            self.assertEqual(schemas.validate(event["type"], event["data"]), ())
        return [event["data"] for event in events]

    def demand(self, order, product):
        moves = (order.move_raw_ids | order.move_finished_ids).filtered(
            lambda move: move.product_id == product and move.state not in ("done", "cancel")
        )
        return sum(moves.mapped("product_uom_qty"))

    def acknowledge(self, order, revision, accepted=True, **data):
        return self.send("order.acknowledged", order, revision=revision, accepted=accepted, **data)

    # -- what is sent ------------------------------------------------------------------------------------------------

    def test_all_edits_of_a_transaction_are_one_change(self):
        order = self.release(quantity=10)
        order.product_qty = 12
        order.priority = "1"
        order.date_start = "2027-01-04 06:00:00"
        order.move_raw_ids.filtered(lambda move: move.product_id == self.screw).product_uom_qty = 100
        [change] = self.changes(order)
        self.assertEqual((change["revision"], order.mes_revision), (2, 2))
        self.assertLessEqual({"quantity", "planned_start", "priority", "components"}, set(change["changes"]))
        self.assertEqual(change["quantity"]["value"], 12)
        amounts = {row["product"]: row["quantity"]["value"] for row in change["components"]}
        self.assertEqual((amounts["HSG-100"], amounts["GEAR-20"], amounts["SCR-M6"]), (12, 24, 100))
        self.assertEqual(order.mes_transition_ids.mapped("event"), ["release", "change"])
        order.priority = "0"
        self.assertEqual([one["changes"] for one in self.changes(order)][1:], [["priority"]])

    def test_edits_that_change_nothing_send_nothing(self):
        order = self.release(quantity=10)
        order.write({"priority": order.priority, "product_qty": 10, "date_start": order.date_start})
        order.move_raw_ids[0].product_uom_qty += 1
        order.move_raw_ids[0].product_uom_qty -= 1
        order.move_raw_ids._do_unreserve()
        self.assertEqual(self.changes(order), [])
        self.assertEqual(order.mes_revision, 1)

    def test_what_the_plant_reports_is_no_change(self):
        order = self.release(quantity=10)
        self.send("operation.started", order, operation="10", work_center="ASM1")
        self.consume(order, {(self.housing, self.lots[self.housing][0]): 4, (self.oil, self.lots[self.oil][0]): 9})
        self.confirm(order, "10", 4, minutes=30)
        self.report(order, 4, "F1")
        self.assertEqual(self.changes(order), [])

    def test_components_and_operations_that_come_and_go(self):
        order = self.release(quantity=10)
        order.write({"move_raw_ids": [(3, order.move_raw_ids.filtered(lambda one: one.product_id == self.oil).id)]})
        order.workorder_ids.filtered(lambda one: one.mes_operation == "20").workcenter_id = self.assembly
        self.env["mrp.workorder"].create(
            {"name": "Packing", "workcenter_id": self.bench.id, "production_id": order.id, "duration_expected": 3}
        )
        [change] = self.changes(order)
        self.assertEqual(
            {"components", "operations"}, set(change["changes"]) & {"components", "operations", "quantity"}
        )
        self.assertNotIn("OIL-5", [row["product"] for row in change["components"]])
        stations = {row["operation"]: row["work_center"] for row in change["operations"]}
        self.assertEqual(stations, {"10": "ASM1", "20": "ASM1", "30": "TST1"}, "a new operation gets a new number")

    # -- quantity after increments (trap 9) --------------------------------------------------------------------------

    def part_made(self, quantity=100):
        """40 of ``quantity`` made, with 100 gears instead of 80."""
        order = self.release(quantity=quantity)
        self.consume(order, {(self.housing, self.lots[self.housing][0]): 40, (self.gear, self.lots[self.gear][0]): 100})
        self.confirm(order, "10", 40, minutes=5)
        self.report(order, 40, "F1")
        return order

    def test_trap_9_open_demand_is_the_need_of_the_whole_less_what_is_consumed(self):
        for change in (self.by_wizard, self.by_editing):
            with self.subTest(change.__name__):
                order = self.part_made()
                change(order, 150)
                self.assertEqual(self.demand(order, self.gear), 300 - 100)
                self.assertEqual(self.demand(order, self.housing), 150 - 40)
                self.assertEqual(self.demand(order, self.screw), 150 * 8)
                self.assertEqual(self.demand(order, self.gearbox), 150 - 40)
                self.assertFalse(any(order.move_raw_ids.filtered(lambda one: one.state != "done").mapped("picked")))
                gear = next(row for row in self.changes(order)[-1]["components"] if row["product"] == "GEAR-20")
                self.assertEqual(gear["quantity"]["value"], 300, "the plant is told of the whole order")

    def by_wizard(self, order, quantity):
        self.env["change.production.qty"].create({"mo_id": order.id, "product_qty": quantity}).change_prod_qty()

    def by_editing(self, order, quantity):
        order.product_qty = quantity

    def test_less_than_what_is_made_is_refused(self):
        order = self.part_made()
        for change in (self.by_wizard, self.by_editing):
            with self.assertRaisesRegex(UserError, "40 are made already"), self.env.cr.savepoint():
                change(order, 39)
        self.assertEqual((order.product_qty, self.changes(order)), (100, []))

    def test_reduced_to_what_is_made_then_completed(self):
        order = self.part_made()
        self.by_wizard(order, 40)
        self.assertEqual((self.demand(order, self.gearbox), self.demand(order, self.gear)), (0, 0))
        self.assertDone(self.complete(order, 40))
        self.assertPhase(order, OrderPhase.POSTED)

    def test_a_change_on_hold_or_after_the_end_is_refused(self):
        self.plant.mes_auto_post = False
        order = self.part_made()
        order.action_mes_hold("Cracked housing")
        with self.assertRaisesRegex(UserError, "decide the hold"):
            order.product_qty = 120
        order.action_mes_resume()
        self.complete(order, 40)
        with self.assertRaisesRegex(UserError, "have a supervisor reopen"):
            order.date_start = "2027-01-04 06:00:00"

    # -- what the plant answers --------------------------------------------------------------------------------------

    def test_acknowledged_change(self):
        order = self.release(quantity=10)
        self.assertDone(self.acknowledge(order, 1))
        self.assertEqual((order.mes_plant_revision, order.mes_revision_state), (1, RevisionState.ACKNOWLEDGED.value))
        order.product_qty = 12
        sent = self.outbox(order, "order.changed")
        self.assertEqual((order.mes_plant_revision, order.mes_revision_state), (1, RevisionState.SENT.value))
        self.assertDone(self.acknowledge(order, 2))
        self.assertEqual((order.mes_plant_revision, order.mes_revision_state), (2, RevisionState.ACKNOWLEDGED.value))
        self.assertEqual(sent.state, OutboxState.CONFIRMED.value)
        self.assertEqual(self.acknowledge(order, 1).code, "already")

    def test_refused_change_keeps_the_revision_the_plant_runs(self):
        order = self.release(quantity=10)
        self.acknowledge(order, 1)
        self.send("operation.started", order, operation="10", work_center="ASM1")
        order.product_qty = 12
        sent = self.outbox(order, "order.changed")
        self.assertDone(self.acknowledge(order, 2, accepted=False, reason="CUT", text="Material is cut"))
        self.assertPhase(order, OrderPhase.IN_PROGRESS)
        self.assertEqual((order.mes_plant_revision, order.mes_revision_state), (1, RevisionState.REFUSED.value))
        self.assertEqual(sent.state, OutboxState.REFUSED.value)
        case = self.env["mes.case"].search([("production_id", "=", order.id)])
        self.assertEqual((case.code, case.text, case.state), ("change_refused", "CUT Material is cut", "open"))
        order.product_qty = 10
        self.assertEqual(self.changes(order)[-1]["revision"], 3)
        self.assertEqual(case.state, "closed")

    def test_an_acknowledgement_may_cross_a_change(self):
        order = self.release(quantity=10)
        order.product_qty = 12
        self.env.cr.flush()
        self.assertDone(self.acknowledge(order, 1))
        self.assertEqual((order.mes_plant_revision, order.mes_revision_state), (1, RevisionState.SENT.value))
        self.assertStopped(self.acknowledge(order, 3), InboxState.REJECTED, "stale_revision")
        self.assertStopped(self.acknowledge(order, 1, accepted=False), InboxState.REJECTED, "stale_revision")

    # -- the ERP's end, and back -------------------------------------------------------------------------------------

    def test_close_short(self):
        order = self.part_made()
        with self.assertRaisesRegex(UserError, "Say why"):
            order.action_mes_close()
        clerk = new_test_user(self.env, "clerk", groups="mrp.group_mrp_user")
        with self.assertRaises(AccessError):
            order.with_user(clerk).action_mes_close("No demand")
        wizard = self.env["mes.reason"].with_context(active_ids=order.ids)
        values = {"res_model": "mrp.production", "order_event": "close", "reason": "No demand"}
        wizard.create(values).action_confirm()
        self.assertPhase(order, OrderPhase.POSTED)
        event = json.loads(self.outbox(order, "order.closed").payload)
        self.assertEqual(self.env["mes.dispatcher"]._schema_set().validate(event["type"], event["data"]), ())
        self.assertEqual(event["data"], {"order": order.mes_reference, "revision": 1, "reason": "No demand"})
        self.assertEqual((self.on_hand(self.gearbox), order.state), (40, "done"))
        self.assertStopped(self.report(order, 1, "F2"), InboxState.REJECTED, "transition_refused")

    def test_close_short_needs_pieces_and_cancel_needs_none(self):
        made, begun = self.part_made(), self.release(quantity=10)
        with self.assertRaisesRegex(UserError, "close it short"):
            made.action_cancel()
        self.send("operation.started", begun, operation="10", work_center="ASM1")
        with self.assertRaisesRegex(UserError, "then cancel"):
            begun.action_mes_close("No demand")
        begun.action_cancel()
        self.assertPhase(begun, OrderPhase.CANCELLED)
        self.assertEqual(len(self.outbox(begun, "order.cancelled")), 1)

    def test_reopen(self):
        self.plant.mes_auto_post = False
        order = self.part_made()
        self.complete(order, 40)
        screws = self.on_hand(self.screw)
        self.assertEqual(self.demand(order, self.gearbox), 0)
        planner = new_test_user(self.env, "planner", groups="mes_connector.group_mes_planner")
        with self.assertRaises(AccessError):
            order.with_user(planner).action_mes_reopen("Too soon")
        order.action_mes_reopen("Too soon")
        self.assertPhase(order, OrderPhase.PARTIALLY_CONFIRMED)
        self.assertEqual(self.demand(order, self.gearbox), 60)
        self.assertEqual(self.demand(order, self.gear), 200 - 100)
        self.assertEqual(self.on_hand(self.screw), screws, "what completion consumed stays consumed")
        self.assertEqual(self.changes(order)[-1]["changes"], ["reopened"])
        self.consume(order, {(self.housing, self.lots[self.housing][0]): 60})
        self.assertDone(self.confirm(order, "10", 60, minutes=5), self.report(order, 60, "F2"))
        self.assertDone(self.complete(order, 100))
        order.action_mes_post()
        self.assertEqual((self.on_hand(self.gearbox), order.state), (100, "done"))
        with self.assertRaisesRegex(UserError, "It is closed"):
            order.action_mes_reopen("Too late")
