"""The order's phase: release, acknowledgement, work, hold, completion, posting, cancellation, and who may do what."""

import json

from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from ..core.states import InboxState, OrderPhase, OutboxState, SystemState
from .common import MesCase


@tagged("post_install", "-at_install", "mes")
class TestOrderLifecycle(MesCase):
    def outbox(self, order, event_type):
        return order.mes_outbox_ids.filtered(lambda row: row.event_type == f"mes.{event_type}.v1")

    def told_operations(self, order):
        return json.loads(self.outbox(order, "order.released").payload)["data"]["operations"]

    def work_all(self, order, quantity=10):
        self.consume(order, {(self.housing, self.lots[self.housing][0]): quantity})
        self.confirm(order, "10", quantity, minutes=5, final=True)
        return self.report(order, quantity, "F1")

    def test_release_tells_the_plant_everything(self):
        order = self.release(quantity=10, origin="SO7")
        self.assertPhase(order, OrderPhase.RELEASED)
        message = self.outbox(order, "order.released")
        self.assertEqual((len(message), message.state), (1, OutboxState.PENDING.value))
        event = json.loads(message.payload)
        data = event["data"]
        self.assertEqual(self.env["mes.dispatcher"]._schema_set().validate(event["type"], data), ())
        self.assertEqual((data["order"], data["revision"], data["origin"]), (order.name, 1, "SO7"))
        self.assertEqual(data["quantity"], {"value": 10, "uom": "C62"})
        self.assertEqual([one["operation"] for one in data["operations"]], ["10", "20"])
        self.assertEqual([one["work_center"] for one in data["operations"]], ["ASM1", "TST1"])
        oil = next(one for one in data["components"] if one["product"] == "OIL-5")
        self.assertEqual((oil["quantity"], oil["operation"]), ({"value": 2.5, "uom": "LTR"}, "20"))
        self.assertEqual(oil["lots"], [{"lot": "OIL-5-A", "quantity": 2.5}])

    def test_release_and_message_roll_back_together(self):
        order = self.make_order(10)
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            order.action_mes_release()
            raise ZeroDivisionError
        self.assertPhase(order, OrderPhase.PLANNED)
        self.assertFalse(self.outbox(order, "order.released"))

    def test_release_names_everything_that_is_missing(self):
        self.gear.default_code = False
        self.bench.code = False
        self.env.ref("uom.product_uom_litre").unece_code = False
        order = self.make_order(10)
        with self.assertRaises(UserError) as refusal:
            order.action_mes_release()
        for name in ("GEAR-20", "Test bench 1", "L"):
            self.assertIn(name, str(refusal.exception))
        self.assertPhase(order, OrderPhase.PLANNED)

    def test_the_plants_rule_releases_on_confirm(self):
        clerk = new_test_user(self.env, "clerk", groups="mrp.group_mrp_user")
        self.plant.mes_auto_release = True
        order = self.make_order(10, confirm=False)
        order.with_user(clerk).action_confirm()
        self.assertPhase(order, OrderPhase.RELEASED)
        self.gear.default_code = False
        blocked = self.make_order(10, confirm=False)
        blocked.with_user(clerk).action_confirm()
        self.assertPhase(blocked, OrderPhase.PLANNED)
        case = self.env["mes.case"].search([("production_id", "=", blocked.id)])
        self.assertEqual((case.code, case.state), ("release_blocked", "open"))
        self.gear.default_code = "GEAR-20"
        blocked.action_mes_release()
        self.assertEqual(case.state, "closed")

    def test_the_plants_rule_releases_only_what_has_its_components(self):
        self.plant.mes_release_reserved = True
        for lot in self.lots[self.gear]:
            self.env["stock.quant"]._update_available_quantity(self.gear, self.stock, -950, lot_id=lot)
        order = self.make_order(100)
        with self.assertRaisesRegex(UserError, "GEAR-20.*not all reserved") as refusal:
            order.action_mes_release()
        self.assertNotIn("HSG-100", str(refusal.exception))
        self.add_stock(self.gear, 2000, "GEAR-20-C")
        order.action_mes_release()
        self.assertPhase(order, OrderPhase.RELEASED)

    def test_the_release_tells_which_operations_an_operation_needs(self):
        self.assertNotIn("needs", self.told_operations(self.release())[1])
        self.bom.allow_operation_dependencies = True
        self.bom.operation_ids[1].blocked_by_operation_ids = self.bom.operation_ids[0]
        self.assertEqual([one["needs"] for one in self.told_operations(self.release())], [[], ["10"]])

    def test_without_a_route_an_order_is_plain_odoo(self):
        self.system.state = SystemState.DRAFT.value
        order = self.make_order(1)
        self.assertFalse(order.mes_phase)
        order.lot_producing_ids = self.env["stock.lot"].create({"name": "H1", "product_id": self.gearbox.id})
        order.qty_producing = 1
        order._set_qty_producing()
        order.with_context(skip_consumption=True, skip_backorder=True).button_mark_done()
        self.assertEqual((order.state, order.mes_phase), ("done", False))

    def test_acknowledged(self):
        order = self.release(quantity=10)
        self.assertDone(self.send("order.acknowledged", order, revision=1, accepted=True))
        self.assertTrue(order.mes_acknowledged_at)
        self.assertEqual(self.outbox(order, "order.released").state, OutboxState.CONFIRMED.value)
        again = self.event("order.acknowledged", order, revision=1, accepted=True)
        earlier = self.deliver({**again, "time": "2026-01-05T06:00:00Z"})
        self.assertEqual((earlier.code, str(order.mes_acknowledged_at)), ("already", "2026-01-05 06:00:00"))
        stale = self.send("order.acknowledged", order, revision=2, accepted=True)
        self.assertStopped(stale, InboxState.REJECTED, "stale_revision")

    def test_refused_by_the_plant_then_released_again(self):
        order = self.release(quantity=10)
        refusal = self.send("order.acknowledged", order, revision=1, accepted=False, reason="NO_TOOL")
        self.assertDone(refusal)
        self.assertPhase(order, OrderPhase.PLANNED)
        self.assertEqual(self.outbox(order, "order.released").state, OutboxState.REFUSED.value)
        case = self.env["mes.case"].search([("production_id", "=", order.id)])
        self.assertEqual((case.code, case.text), ("release_refused", "NO_TOOL"))
        early = self.send("operation.started", order, operation="10", work_center="ASM1")
        self.assertStopped(early, InboxState.PARKED, "too_early")
        order.action_mes_release()
        self.drain()
        self.assertDone(early)
        self.assertEqual((order.mes_revision, order.mes_phase), (2, OrderPhase.IN_PROGRESS.value))

    def test_the_whole_life(self):
        order = self.release(quantity=10)
        self.work_all(order)
        self.assertPhase(order, OrderPhase.PARTIALLY_CONFIRMED)
        self.assertDone(self.complete(order, 10))
        self.assertPhase(order, OrderPhase.POSTED)
        self.assertEqual(
            order.mes_transition_ids.mapped("event"), ["release", "consume", "confirm", "confirm", "complete", "post"]
        )
        for row in order.mes_outbox_ids:
            event = json.loads(row.payload)
            faults = self.env["mes.dispatcher"]._schema_set().validate(event["type"], event["data"])
            self.assertEqual(faults, (), row.event_type)
        posted = json.loads(self.outbox(order, "order.posted").payload)["data"]
        self.assertEqual((posted["good"]["value"], posted["yield_variance"]), (10, 0))
        gear = next(row for row in posted["consumption"] if row["product"] == "GEAR-20")
        self.assertEqual((gear["planned"]["value"], gear["deviation"]), (20, -20))

    def test_complete_waits_for_its_totals(self):
        order = self.release(quantity=10)
        self.consume(order, {(self.housing, self.lots[self.housing][0]): 10})
        self.report(order, 6, "F1")
        early = self.complete(order, 10)
        self.assertStopped(early, InboxState.PARKED, "too_early")
        self.report(order, 4, "F2")
        self.assertDone(early)
        self.assertPhase(order, OrderPhase.POSTED)

    def test_hold_parks_facts_and_resume_applies_them(self):
        quality = self.env["res.users"].browse(self.env.ref("base.user_admin").id)
        order = self.release(quantity=10)
        self.send("operation.started", order, operation="10", work_center="ASM1")
        order.with_user(quality).action_mes_hold("Cracked housing")
        self.assertPhase(order, OrderPhase.QUALITY_HOLD)
        self.assertEqual(json.loads(self.outbox(order, "hold.placed").payload)["data"]["reason"], "Cracked housing")
        with self.assertRaisesRegex(UserError, "Say why"):
            order.with_user(quality).action_mes_hold()
        fact = self.report(order, 10, "F1")
        self.assertStopped(fact, InboxState.PARKED, "order_on_hold")
        self.assertEqual(self.on_hand(self.gearbox), 0)
        order.with_user(quality).action_mes_resume()
        self.drain()
        self.assertDone(fact)
        self.assertPhase(order, OrderPhase.PARTIALLY_CONFIRMED)
        self.assertEqual(self.on_hand(self.gearbox), 10)

    def test_hold_from_the_plant_is_not_echoed_to_it(self):
        order = self.release(quantity=10)
        self.assertDone(self.send("hold.placed", order, reason="NC-7"))
        self.assertPhase(order, OrderPhase.QUALITY_HOLD)
        self.assertFalse(self.outbox(order, "hold.placed"))
        parked = self.report(order, 10, "F1")
        self.assertDone(self.send("hold.released", order, disposition="use_as_is"))
        self.assertPhase(order, OrderPhase.PARTIALLY_CONFIRMED)
        self.assertDone(parked)

    def test_cancel(self):
        order = self.release(quantity=10)
        order.action_cancel()
        self.assertPhase(order, OrderPhase.CANCELLED)
        self.assertEqual(order.state, "cancel")
        self.assertEqual(len(self.outbox(order, "order.cancelled")), 1)
        late = self.send("operation.started", order, operation="10", work_center="ASM1")
        self.assertStopped(late, InboxState.REJECTED, "transition_refused")

    def test_an_order_whose_receipts_were_all_taken_back_is_closed(self):
        order = self.release(quantity=10)
        self.assertDone(received := self.report(order, 4, "F1"))
        self.assertDone(self.send("posting.reversed", order, reverses=received.event_id, reason="wrong order"))
        with self.assertRaisesRegex(UserError, "close it short"), self.env.cr.savepoint():
            order.action_cancel()
        order.action_mes_close("Nothing will be made.")
        self.assertPhase(order, OrderPhase.POSTED)
        self.assertEqual((order.state, self.on_hand(self.gearbox)), ("done", 0))

    def test_an_order_whose_confirmations_were_all_taken_back_is_cancelled(self):
        order = self.release(quantity=10)
        self.assertDone(confirmed := self.confirm(order, "10", 3))
        self.assertDone(self.send("posting.reversed", order, reverses=confirmed.event_id, reason="wrong order"))
        self.assertPhase(order, OrderPhase.PARTIALLY_CONFIRMED)
        with self.assertRaisesRegex(UserError, "cancel"), self.env.cr.savepoint():
            order.action_mes_close("Nothing will be made.")
        order.action_cancel()
        self.assertPhase(order, OrderPhase.CANCELLED)
        self.assertEqual(order.state, "cancel")

    def test_posting_waits_for_parked_messages(self):
        order = self.release(quantity=10)
        parked = self.send(
            "material.consumed", order, operation="10", items=[{"product": "NOBODY", "quantity": self.quantity(1)}]
        )
        self.work_all(order)
        self.assertDone(self.complete(order, 10))
        self.assertPhase(order, OrderPhase.COMPLETED)
        with self.assertRaisesRegex(UserError, "still wait"):
            order.action_mes_post()
        parked.action_discard("wrong order")
        self.assertPhase(order, OrderPhase.POSTED)

    def test_a_person_cannot_finish_what_the_plant_works_on(self):
        order = self.release(quantity=10)
        with self.assertRaises(UserError):
            order.button_mark_done()
        order.qty_producing = 10
        order._set_qty_producing()
        self.assertFalse(any(order.move_raw_ids.mapped("picked")))
