"""What becomes of an event: its turn, duplicates, parking and resuming, retries, blocking of a key, answers."""

import json
from datetime import timedelta
from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..core.backoff import POLICIES
from ..core.message_machine import InboxEvent
from ..core.states import InboxState, OrderPhase
from ..models import mes_message_mixin
from .common import AlwaysMine, MesCase

LOG = "odoo.addons.mes_connector.models.mes_dispatcher"


@tagged("post_install", "-at_install", "mes")
class TestDispatcher(MesCase):
    def failing(self, error):
        """Make every handler of order starts fail with ``error``."""
        handler = type(self.env["mes.handler.operation.started"])
        return patch.object(handler, "_handle", side_effect=error)

    def started(self, order, **extra):
        return self.event("operation.started", order, operation="10", work_center="ASM1", **extra)

    def test_a_duplicate_is_one_row_and_one_effect(self):
        order = self.release(quantity=10)
        event = self.event(
            "production.reported", order, items=[{"product": "GBX-100", "quantity": self.quantity(4), "lot": "F1"}]
        )
        first, again = self.deliver(event), self.deliver(event)
        twice = self.deliver(event, event)
        self.assertEqual(first, again)
        self.assertEqual(twice, first)
        self.assertEqual(self.on_hand(self.gearbox), 4)
        counted = self.env["mes.counter"].search([("name", "=", "duplicate")])
        self.assertEqual(sum(counted.mapped("value")), 3)

    def test_same_identity_with_other_content_is_a_conflict(self):
        order = self.release(quantity=10)
        event = self.started(order)
        self.deliver(event)
        intake = self.env["mes.intake"]
        caller, _secrets = self.env["mes.identity"]._load_caller("mes-north")
        _batch, readings = intake._read(caller, json.dumps(dict(event, time="2026-11-22T11:00:00Z")).encode())
        self.assertEqual(intake._store(caller, readings)[0]["status"], "conflict")

    def test_numbered_events_apply_in_order_however_they_arrive(self):
        order = self.release(quantity=10)
        item = {"product": "GBX-100", "quantity": self.quantity(5)}
        events = [
            self.started(order, envelope={"sequence": 1}),
            self.event("production.reported", order, items=[dict(item, lot="F1")], envelope={"sequence": 2}),
            self.event("production.reported", order, items=[dict(item, lot="F2")], envelope={"sequence": 3}),
            self.event("order.completed", order, totals={"good": self.quantity(10)}, envelope={"sequence": 4}),
        ]
        last = self.deliver(events[3])
        self.assertStopped(last, InboxState.PARKED, "sequence_gap")
        self.assertEqual(last.waiting_for, "sequence:3")
        self.deliver(events[2], events[1])
        self.assertEqual(self.on_hand(self.gearbox), 0)
        self.deliver(events[0])
        self.assertPhase(order, OrderPhase.POSTED)
        lots = order.move_finished_ids.move_line_ids.sorted("id").lot_id.mapped("name")
        self.assertEqual(lots, ["F1", "F2"], "in the order of their numbers, not of their arrival")

    def test_a_parked_message_lets_its_successors_through(self):
        order = self.release(quantity=10)
        unknown = {"product": "NOBODY", "quantity": self.quantity(1)}
        parked = self.deliver(
            self.event("material.consumed", order, items=[unknown], envelope={"sequence": 1}),
            self.started(order, envelope={"sequence": 2}),
        )
        self.assertStopped(parked[0], InboxState.PARKED, "unmapped_code")
        self.assertEqual(parked[0].waiting_for, "product:NOBODY")
        self.assertDone(parked[1])

    def test_an_unknown_order_waits_for_its_release(self):
        order = self.make_order(10)
        message = self.send("operation.started", order.name, operation="10", work_center="ASM1")
        self.assertStopped(message, InboxState.PARKED, "unknown_order")
        self.assertEqual(message.owner_id, self.system.owner_id)
        order.action_mes_release()
        self.drain()
        self.assertDone(message)
        self.assertPhase(order, OrderPhase.IN_PROGRESS)

    def test_another_plants_order_is_unknown(self):
        other = self.env["stock.warehouse"].create({"name": "Elsewhere", "code": "ELS"})
        order = self.release(quantity=10)
        self.system.plant_ids = other
        message = self.send("operation.started", order, operation="10", work_center="ASM1")
        self.assertStopped(message, InboxState.PARKED, "unknown_order")

    def test_units(self):
        order = self.release(quantity=10)
        lot = self.lots[self.oil][0]
        item = {"product": "OIL-5", "lot": lot.name}
        mass = self.send("material.consumed", order, items=[dict(item, quantity={"value": 1, "uom": "KGM"})])
        self.assertStopped(mass, InboxState.REJECTED, "uom_mismatch")
        unknown = self.send("material.consumed", order, items=[dict(item, quantity={"value": 1, "uom": "XXX"})])
        self.assertStopped(unknown, InboxState.PARKED, "unmapped_code")
        self.assertDone(
            self.send("material.consumed", order, items=[dict(item, quantity={"value": 1500, "uom": "MLT"})])
        )
        self.assertEqual(self.on_hand(self.oil, lot), 498.5)

    def test_a_late_event_expires(self):
        order = self.release(quantity=10)
        message = self.deliver(self.started(order, envelope={"expirytime": "2026-01-01T00:00:00Z"}))
        self.assertStopped(message, InboxState.EXPIRED, "event_expired")
        self.assertEqual(message.answer_outcome, "expired")
        self.assertPhase(order, OrderPhase.RELEASED)

    def test_a_parked_event_expires_at_its_deadline(self):
        order = self.make_order(10)
        message = self.deliver(self.started(order.name, envelope={"expirytime": "2099-01-01T00:00:00Z"}))
        self.assertStopped(message, InboxState.PARKED, "unknown_order")
        self.env["mes.case"]._cron_escalate()
        self.assertEqual(message.state, InboxState.PARKED.value)
        message.expires_at = fields.Datetime.now() - timedelta(minutes=1)
        self.env["mes.case"]._cron_escalate()
        self.assertStopped(message, InboxState.EXPIRED, "event_expired")
        self.assertEqual((message.answer_outcome, message.case_id.state), ("expired", "open"))

    def test_a_technical_error_waits_blocks_its_key_and_undoes_its_work(self):
        order = self.release(quantity=10)
        with (
            mute_logger(LOG),
            self.failing(ValueError("boom")),
            patch.object(mes_message_mixin, "delay_for", return_value=60),
        ):
            broken, behind = self.deliver(self.started(order), self.event("hold.placed", order, reason="R"))
        self.assertStopped(broken, InboxState.WAITING, "technical")
        self.assertEqual((behind.state, behind.attempt_count), (InboxState.PENDING.value, 0), "blocked by its key")
        self.assertEqual(broken.attempt_ids.code, "technical")
        broken.next_attempt_at = fields.Datetime.now() - timedelta(seconds=1)
        self.drain()
        self.assertDone(broken, behind)

    def test_a_message_dies_after_its_tries_and_is_resumed_by_a_person(self):
        order = self.release(quantity=10)
        with mute_logger(LOG), self.failing(ValueError("boom")):
            message = self.send("operation.started", order, operation="10", work_center="ASM1")
            message.write({"attempt_count": POLICIES["technical"].max_attempts - 1, "next_attempt_at": False})
            self.drain()
        self.assertStopped(message, InboxState.DEAD, "technical")
        self.assertEqual((message.case_id.state, message.case_id.is_technical), ("open", True))
        case = message.case_id
        message.action_retry()
        self.drain()
        self.assertDone(message)
        self.assertEqual(case.state, "closed")

    def test_a_conflict_is_the_lanes_affair_and_costs_no_try(self):
        order = self.release(quantity=10)
        with self.failing(SerializationFailure()), self.assertRaises(SerializationFailure):
            self.deliver(self.started(order))

    def test_a_settled_message_is_not_applied_again(self):
        order = self.release(quantity=10)
        message = self.report(order, 4, "F1")
        self.assertFalse(self.env["mes.dispatcher"]._apply(message), "the fence holds")
        self.assertEqual(self.on_hand(self.gearbox), 4)

    def test_each_end_has_one_answer(self):
        order = self.release(quantity=10)
        good = self.report(order, 4, "F1")
        bad = self.report(order, 40, "F2")
        parked = self.consume(order, {(self.oil, self.lots[self.oil][0]): 9999})
        self.assertEqual(good.answer_ids.mapped("event_type"), ["mes.message.accepted.v1"])
        self.assertEqual(bad.answer_ids.mapped("event_type"), ["mes.message.rejected.v1"])
        self.assertFalse(parked.answer_ids)
        event = json.loads(good.answer_ids.payload)
        self.assertEqual(event["causationid"], good.event_id)
        self.assertEqual(event["data"]["effects"][0]["quantity"], {"value": 4, "uom": "C62"})
        for answer in (good.answer_ids, bad.answer_ids):
            data = json.loads(answer.payload)
            self.assertEqual(self.env["mes.dispatcher"]._schema_set().validate(data["type"], data["data"]), ())

    def test_effects_prove_the_posting(self):
        order = self.release(quantity=10)
        effect = self.report(order, 4, "F1").effect_ids
        line = self.env["stock.move.line"].browse(effect.res_id)
        self.assertEqual((effect.kind, effect.product, effect.lot, effect.quantity), ("received", "GBX-100", "F1", 4))
        self.assertEqual((line.quantity, line.lot_id.name, line.move_id.production_id), (4, "F1", order))

    def test_the_table_alone_moves_a_message(self):
        order = self.release(quantity=10)
        message = self.report(order, 4, "F1")
        with self.assertRaisesRegex(Exception, "does not allow"):
            message._move(InboxEvent.APPLY)

    def test_the_lane_works_a_shard_under_its_guard(self):
        order = self.release(quantity=10)
        message = self.deliver_unapplied(self.started(order))
        with self.enter_registry_test_mode():
            worked = self.env["mes.lane"]._run("mes.inbox.message", AlwaysMine()).worked
        self.assertEqual(worked, 1)
        self.env.invalidate_all()
        self.assertDone(message)

    def deliver_unapplied(self, event):
        intake = self.env["mes.intake"]
        caller, _secrets = self.env["mes.identity"]._load_caller("mes-north")
        _batch, readings = intake._read(caller, json.dumps(event).encode())
        uuid = intake._store(caller, readings)[0]["message"]
        return self.env["mes.inbox.message"].search([("uuid", "=", uuid)])
