"""Stops of work centers: mapped loss, closed by their own id, in any order of arrival, and when they never end."""

from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.fields import Datetime
from odoo.tests import new_test_user, tagged

from ..core.states import CaseState, InboxState
from .common import COUNTER, MesCase


@tagged("post_install", "-at_install", "mes")
class TestDowntime(MesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.loss = cls.env.ref("mrp.block_reason1")
        cls.loss.mes_code = "BREAKDOWN"
        cls.assembly.resource_calendar_id = False

    def say(self, fact, stop, clock, center="ASM1", **data):
        envelope = {
            "specversion": "1.0",
            "id": f"d-{next(COUNTER)}",
            "source": "/plant/north",
            "type": f"mes.downtime.{fact}.v1",
            "time": f"2026-11-20T{clock}:00Z",
        }
        return self.deliver(dict(envelope, data=dict(data, downtime=stop, work_center=center)))

    def stop(self, name):
        return self.env["mes.downtime"].search([("name", "=", name)])

    def test_a_stop_is_a_log_with_the_mapped_loss_and_blocks_the_work_center(self):
        order = self.release()
        started = self.say("started", "s1", "06:00", reason="BREAKDOWN", text="Clamp", order=order.mes_reference)
        self.assertDone(started)
        downtime = self.stop("s1")
        self.assertEqual((downtime.log_id.loss_id, downtime.production_id), (self.loss, order))
        self.assertEqual((downtime.plant_id, downtime.company_id), (self.plant, self.env.company))
        self.assertEqual(self.assembly.working_state, "blocked")
        ended = self.say("ended", "s1", "06:40")
        self.assertDone(ended)
        self.assertEqual((downtime.duration, self.assembly.working_state), (40, "normal"))
        self.assertEqual(
            dict(zip(ended.effect_ids.mapped("kind"), ended.effect_ids.mapped("quantity"), strict=True)),
            {"running_again": 0, "downtime": 40},
        )
        self.assertFalse(order.workorder_ids.time_ids, "a stop costs no operation anything")

    def test_overlapping_stops_close_their_own_log_and_leave_timers_alone(self):
        order = self.release()
        self.say("started", "s1", "06:00", reason="BREAKDOWN")
        self.say("started", "s2", "06:10", reason="BREAKDOWN")
        self.send("operation.started", order, operation="10", work_center="ASM1")
        self.assertEqual(self.assembly.working_state, "blocked", "a timer that runs does not hide the stop")
        self.say("ended", "s1", "06:30")
        self.assertEqual((self.stop("s1").duration, self.stop("s2").ended_at), (30, False))
        self.assertEqual(self.assembly.working_state, "blocked")
        self.say("ended", "s2", "06:20")
        self.assertEqual(self.stop("s2").duration, 10)
        self.assertEqual(self.assembly.working_state, "done", "the operation goes on")
        self.assertFalse(order.workorder_ids[0].time_ids.date_end)

    def test_an_end_before_its_start_waits_for_it_by_name(self):
        ended = self.say("ended", "s1", "06:40")
        self.assertStopped(ended, InboxState.PARKED, "too_early")
        self.assertEqual(ended.waiting_for, "downtime:s1")
        other = self.say("started", "s2", "06:00", reason="BREAKDOWN")
        self.assertDone(other)
        self.assertStopped(ended, InboxState.PARKED, "too_early")
        self.assertDone(self.say("started", "s1", "06:00", reason="BREAKDOWN"))
        self.assertDone(ended)
        self.assertEqual(self.stop("s1").duration, 40)

    def test_said_again_is_already_there(self):
        self.say("started", "s1", "06:00", reason="BREAKDOWN")
        again = self.say("started", "s1", "06:05", reason="BREAKDOWN")
        self.say("ended", "s1", "06:40")
        ended_again = self.say("ended", "s1", "07:00")
        self.assertEqual([again.code, ended_again.code], ["already", "already"])
        self.assertEqual(self.stop("s1").duration, 40)

    def test_an_unmapped_reason_or_work_center_is_parked_by_name(self):
        unknown = self.say("started", "s1", "06:00", reason="GREMLINS")
        self.assertStopped(unknown, InboxState.PARKED, "unmapped_code")
        self.assertEqual(unknown.waiting_for, "reason:GREMLINS")
        nowhere = self.say("started", "s2", "06:00", center="NOWHERE")
        self.assertEqual(nowhere.waiting_for, "work_center:NOWHERE")
        self.env.ref("mrp.block_reason0").mes_code = "GREMLINS"
        unknown.action_retry()
        self.drain()
        self.assertDone(unknown)

    def test_the_end_corrects_the_reason(self):
        self.env.ref("mrp.block_reason5").mes_code = "DEFECT"
        self.say("started", "s1", "06:00", reason="BREAKDOWN")
        self.assertDone(self.say("ended", "s1", "06:40", reason="DEFECT"))
        self.assertEqual(self.stop("s1").log_id.loss_id, self.env.ref("mrp.block_reason5"))

    def test_a_stop_that_never_ends_gets_one_case_until_it_ends(self):
        self.plant.mes_downtime_hours = 8
        self.say("started", "s1", "06:00", reason="BREAKDOWN")
        downtime = self.stop("s1")
        downtime.started_at = Datetime.now() - timedelta(hours=7)
        self.env["mes.case"]._cron_escalate()
        self.assertFalse(downtime.case_id)
        downtime.started_at = Datetime.now() - timedelta(hours=8)
        self.env["mes.case"]._cron_escalate()
        case = downtime.case_id
        self.assertEqual((case.code, case.plant_id, case.state), ("downtime_open", self.plant, CaseState.OPEN.value))
        self.env["mes.case"]._cron_escalate()
        self.assertEqual(self.env["mes.case"].search_count([("code", "=", "downtime_open")]), 1)
        self.say("ended", "s1", "23:00")
        self.assertEqual(case.state, CaseState.CLOSED.value)

    def test_a_stop_of_no_named_plant_waits_as_long_as_the_least_patient(self):
        other = self.env["stock.warehouse"].create({"name": "South", "code": "SOU", "mes_downtime_hours": 2})
        self.plant.mes_downtime_hours = 8
        self.system.plant_ids += other
        self.say("started", "s1", "06:00", reason="BREAKDOWN")
        downtime = self.stop("s1")
        self.assertFalse(downtime.plant_id)
        downtime.started_at = Datetime.now() - timedelta(hours=2)
        self.env["mes.case"]._cron_escalate()
        self.assertEqual(downtime.case_id.code, "downtime_open")

    def test_a_supervisor_ends_a_stop_and_the_plants_own_end_is_taken_instead(self):
        self.plant.mes_downtime_hours = 1
        self.say("started", "s1", "06:00", reason="BREAKDOWN")
        downtime = self.stop("s1")
        self.env["mes.case"]._cron_escalate()
        planner = new_test_user(self.env, "planner-1", groups="mes_connector.group_mes_planner")
        with self.assertRaises(AccessError):
            downtime.with_user(planner).action_end()
        supervisor = new_test_user(self.env, "supervisor-1", groups="mes_connector.group_mes_supervisor")
        downtime.with_user(supervisor).action_end()
        self.assertEqual((downtime.ended_by_id, downtime.case_id.state), (supervisor, CaseState.CLOSED.value))
        self.assertEqual(self.assembly.working_state, "normal")
        self.assertDone(self.say("ended", "s1", "06:25"))
        self.assertEqual((downtime.duration, downtime.ended_by_id.ids), (25, []))
        self.assertEqual(self.say("ended", "s1", "06:30").code, "already")

    def test_a_stop_ended_by_hand_still_takes_the_plants_time(self):
        self.say("started", "s1", "06:00", reason="BREAKDOWN")
        self.assembly.unblock()
        self.assertDone(self.say("ended", "s1", "06:25"))
        self.assertEqual(self.stop("s1").duration, 25)
