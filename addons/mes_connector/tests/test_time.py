"""Time on work orders: closed logs with their operators, each minute once, whatever the order of arrival."""

from itertools import permutations

from odoo.fields import Datetime
from odoo.tests import new_test_user, tagged

from ..core.states import InboxState, OrderPhase, ReceiptSource
from ..handlers.base import REPORTED
from .common import MesCase


@tagged("post_install", "-at_install", "mes")
class TestTime(MesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.anna, cls.ben = (new_test_user(cls.env, name, "base.group_user", name=name) for name in ("anna", "ben"))
        cls.anna.mes_operator_code, cls.ben.mes_operator_code = "op-1", "op-2"

    def say(self, order, fact, clock, operation="10", **data):
        """Deliver ``operation.<fact>`` (or another event) that happened at ``clock``."""
        event_type = fact if "." in fact else f"operation.{fact}"
        envelope = {"time": f"2026-11-20T{clock}:00Z"}
        if fact == "started":
            data.setdefault("work_center", "ASM1")
        return self.send(event_type, order, operation=operation, envelope=envelope, **data)

    def labor(self, order, operator, begin, end, **data):
        period = {"from": f"2026-11-20T{begin}:00Z", "to": f"2026-11-20T{end}:00Z"}
        return self.say(order, "labor.reported", end, operator=operator, **period, **data)

    def confirm_at(self, order, clock, minutes, good=1, **data):
        return self.say(
            order,
            "confirmed",
            clock,
            work_center=data.pop("work_center", "ASM1"),
            good=self.quantity(good),
            minutes=minutes,
            final=data.pop("final", False),
            **data,
        )

    def logs(self, order):
        """[(operator, begin, end)] of the first operation."""
        found = order.workorder_ids[0].time_ids.sorted(lambda log: (log.date_start, log.user_id.name or ""))
        return [
            (log.user_id.name or "", f"{log.date_start:%H:%M}", log.date_end and f"{log.date_end:%H:%M}")
            for log in found
        ]

    def test_start_pause_and_resume_are_closed_intervals_of_the_operator(self):
        order = self.release()
        self.assertDone(
            self.say(order, "started", "06:00", operator="op-1"),
            self.say(order, "started", "06:30", operator="op-2"),
            self.say(order, "paused", "07:00", operators=["op-1"]),
            self.say(order, "resumed", "07:10"),
            self.say(order, "paused", "08:00"),
        )
        self.assertEqual(
            self.logs(order),
            [("anna", "06:00", "07:00"), ("ben", "06:30", "08:00"), ("anna", "07:10", "08:00")],
        )
        self.assertEqual(order.workorder_ids[0].duration, 60 + 90 + 50)

    def test_the_order_of_arrival_does_not_matter(self):
        facts = (("started", "06:00"), ("paused", "07:00"), ("resumed", "07:30"), ("paused", "08:30"))
        for arrival in permutations(facts):
            order = self.release(10)
            for fact, clock in arrival:
                self.say(order, fact, clock)
            self.assertEqual(self.logs(order), [("", "06:00", "07:00"), ("", "07:30", "08:30")], arrival)
            self.assertFalse(order.mes_inbox_ids.filtered(lambda one: one.state != InboxState.DONE.value), arrival)

    def test_a_pause_before_its_start_is_parked_until_it_comes(self):
        order = self.release()
        pause = self.say(order, "paused", "07:00")
        self.assertStopped(pause, InboxState.PARKED, "too_early")
        self.confirm(order, "20", 1, minutes=1)
        self.assertStopped(pause, InboxState.PARKED, "too_early")
        self.say(order, "started", "06:00")
        self.assertDone(pause)
        self.assertEqual(self.logs(order), [("", "06:00", "07:00")])

    def test_a_start_while_the_work_center_is_blocked_is_booked(self):
        loss = self.env.ref("mrp.block_reason1")
        self.env["mrp.workcenter.productivity"].create({"workcenter_id": self.assembly.id, "loss_id": loss.id})
        self.assertEqual(self.assembly.working_state, "blocked")
        order = self.release()
        self.assertDone(self.say(order, "started", "06:00", operator="op-1"))
        self.assertEqual((order.workorder_ids[0].state, self.assembly.working_state), ("progress", "blocked"))
        self.assertEqual(order.date_start, Datetime.to_datetime("2026-11-20 06:00:00"))

    def test_confirmed_minutes_replace_what_start_and_pause_say(self):
        for confirmed_at in range(4):
            order = self.release(10)
            facts = [("started", "06:00"), ("paused", "07:00"), ("resumed", "07:30")]
            for position in range(4):
                if position == confirmed_at:
                    self.assertDone(self.confirm_at(order, "08:00", {"setup": 5, "machine": 15}))
                if position < 3:
                    self.say(order, *facts[position])
            self.assertEqual(self.logs(order), [("", "07:40", "08:00")], confirmed_at)

    def test_people_of_a_confirmation_have_their_time_beside_the_machine(self):
        order = self.release()
        self.assertDone(self.confirm_at(order, "08:00", {"machine": 60, "labor": 80}, operators=["op-1", "op-2"]))
        self.assertEqual(
            self.logs(order), [("", "07:00", "08:00"), ("anna", "07:20", "08:00"), ("ben", "07:20", "08:00")]
        )
        self.assertEqual(order.workorder_ids[0].duration, 60, "the operation took one hour")

    def test_labor_minutes_alone_are_the_operations_own(self):
        order = self.release()
        self.assertDone(self.confirm_at(order, "08:00", {"labor": 120}, operators=["op-1", "op-2"]))
        self.assertEqual(self.logs(order), [("anna", "07:00", "08:00"), ("ben", "07:00", "08:00")])
        self.assertEqual(order.workorder_ids[0].duration, 120)

    def test_labor_adds_only_people_the_confirmation_does_not_name(self):
        for labor_first in (True, False):
            order = self.release(10)
            facts = [
                lambda one=order: self.confirm_at(one, "08:00", {"machine": 30}, operators=["op-1"]),
                lambda one=order: self.labor(one, "op-1", "07:00", "08:00"),
                lambda one=order: self.labor(one, "op-2", "07:45", "08:00", activity="setup"),
            ]
            rows = [fact() for fact in (reversed(facts) if labor_first else facts)]
            self.assertDone(*rows)
            self.assertEqual(
                self.logs(order), [("", "07:30", "08:00"), ("anna", "07:30", "08:00"), ("ben", "07:45", "08:00")]
            )
            self.assertEqual(order.workorder_ids[0].duration, 30)
        self.assertEqual(rows[1].effect_ids.kind, "noted")

    def test_labor_comes_back_with_the_reversal_of_what_had_taken_its_place(self):
        order = self.release(10)
        self.assertDone(self.labor(order, "op-1", "07:00", "08:00", activity="setup"))
        confirmed = self.confirm_at(order, "08:00", {"machine": 30}, operators=["op-1"])
        noted = self.labor(order, "op-1", "08:00", "08:10")
        self.assertEqual(self.logs(order), [("", "07:30", "08:00"), ("anna", "07:30", "08:00")])
        self.assertDone(self.send("posting.reversed", order, reverses=confirmed.event_id, reason="miscounted"))
        self.assertEqual(self.logs(order), [("anna", "07:00", "08:00"), ("anna", "08:00", "08:10")])
        self.assertDone(self.send("posting.reversed", order, reverses=noted.event_id, reason="miscounted"))
        self.assertEqual(self.logs(order), [("anna", "07:00", "08:00")])

    def test_labor_alone_is_the_duration_and_has_its_activity(self):
        order = self.release()
        self.assertDone(self.labor(order, "op-1", "06:00", "06:30", activity="rework"))
        self.assertEqual(order.workorder_ids[0].duration, 30)
        self.assertEqual(order.workorder_ids[0].time_ids.mes_activity, "rework")
        backwards = self.labor(order, "op-1", "08:00", "07:00")
        self.assertStopped(backwards, InboxState.REJECTED, "schema_invalid")

    def test_an_unknown_operator_is_parked_by_name(self):
        order = self.release()
        message = self.labor(order, "op-9", "06:00", "06:30")
        self.assertStopped(message, InboxState.PARKED, "unmapped_code")
        self.assertEqual(message.waiting_for, "operator:op-9")
        self.env.user.mes_operator_code = "op-9"
        message.action_retry()
        self.drain()
        self.assertDone(message)
        self.assertEqual(order.workorder_ids[0].time_ids.user_id, self.env.user)

    def test_an_alternative_work_center_takes_the_operation_and_its_time(self):
        order = self.release()
        self.assertDone(self.confirm_at(order, "08:00", {"machine": 10}))
        self.assertDone(self.confirm_at(order, "09:00", {"machine": 20}, work_center="TST1", final=True))
        workorder = order.workorder_ids[0]
        self.assertEqual(workorder.workcenter_id, self.bench)
        self.assertEqual(workorder.time_ids.sorted("date_end").mapped("workcenter_id.code"), ["ASM1", "TST1"])
        unknown = self.confirm_at(order, "10:00", {"machine": 1}, work_center="NOWHERE")
        self.assertStopped(unknown, InboxState.PARKED, "unmapped_code")
        self.assertEqual(unknown.waiting_for, "work_center:NOWHERE")

    def test_rework_stands_on_the_work_order(self):
        order = self.release(10)
        self.assertDone(self.confirm_at(order, "08:00", {}, good=6, rework=self.quantity(3)))
        workorder = order.workorder_ids[0]
        self.assertEqual((workorder.qty_produced, workorder.mes_qty_rework), (6, 3))
        self.assertPhase(order, OrderPhase.PARTIALLY_CONFIRMED)
        too_much = self.confirm_at(order, "09:00", {}, good=1, rework=self.quantity(4))
        self.assertStopped(too_much, InboxState.REJECTED, "over_delivery")
        self.assertDone(self.confirm_at(order, "10:00", {}, good=4))
        self.assertEqual((workorder.qty_produced, workorder.mes_qty_rework), (10, 0), "reworked pieces are good now")

    def test_the_counter_of_an_operation_is_a_check(self):
        order = self.release()
        self.assertDone(self.confirm_at(order, "08:00", {}, good=6, cumulative={"good": 6}))
        lost = self.confirm_at(order, "09:00", {}, good=2, cumulative={"good": 10})
        self.assertStopped(lost, InboxState.PARKED, "sequence_gap")
        self.assertDone(self.confirm_at(order, "08:30", {}, good=2, cumulative={"good": 8}))
        lost.action_retry()
        self.drain()
        self.assertDone(lost)
        self.assertEqual(order.workorder_ids[0].qty_produced, 10)

    def test_the_last_operation_receives_where_that_is_the_plants_rule(self):
        self.plant.mes_receipt_source = ReceiptSource.LAST_OPERATION.value
        order = self.release(10)
        self.assertDone(self.confirm_at(order, "08:00", {"machine": 5}, good=4, lot="F1"))
        self.assertEqual(self.on_hand(self.gearbox), 0, "the first operation makes no gearbox")
        last = self.confirm_at(order, "09:00", {"machine": 5}, good=4, operation="20", lot="F1")
        self.assertDone(last)
        self.assertEqual(self.on_hand(self.gearbox), 4)
        self.assertEqual(last.effect_ids.mapped("kind"), ["confirmed", "time", "received"])

    def test_what_a_message_booked_can_be_taken_back_exactly(self):
        order = self.release()
        self.say(order, "started", "06:00", operator="op-2")
        self.confirm_at(order, "07:00", {"machine": 10}, good=5)
        before = self.logs(order)
        wrong = self.confirm_at(order, "08:00", {"machine": 30}, 7, operators=["op-1"], scrap=self.quantity(2))
        workorder = order.workorder_ids[0]
        self.assertEqual((workorder.qty_produced, workorder.mes_qty_scrapped, workorder.duration), (12, 2, 40))
        self.env["mes.time"].with_context(mes_reported=REPORTED)._take_back(wrong)
        self.assertEqual((workorder.qty_produced, workorder.mes_qty_scrapped, workorder.duration), (5, 0, 10))
        self.assertEqual(self.logs(order), before)

    def test_missing_times_are_estimated_only_where_the_plant_wants_it_and_flagged(self):
        for is_wanted, durations in ((False, [5, 0]), (True, [5, 20])):
            self.plant.mes_estimate_times = is_wanted
            order = self.release(10)
            self.confirm_at(order, "08:00", {"machine": 5}, good=10)
            self.report(order, 10, f"E{is_wanted}")
            self.assertDone(self.complete(order, 10))
            self.assertPhase(order, OrderPhase.POSTED)
            self.assertEqual(order.workorder_ids.mapped("duration"), durations)
        self.assertEqual(order.workorder_ids[1].time_ids.mes_origin, "estimated")

    def test_the_end_of_an_order_ends_what_runs(self):
        order = self.release(10)
        self.say(order, "started", "06:00", operator="op-1")
        self.report(order, 10, "F1")
        self.assertDone(self.complete(order, 10))
        self.assertTrue(all(order.workorder_ids.time_ids.mapped("date_end")))
        self.assertEqual(order.workorder_ids[1].time_ids.ids, [], "no time is invented (trap 20)")
        late = self.say(order, "paused", "07:00")
        self.assertEqual((late.state, late.code), (InboxState.DONE.value, "already"))
