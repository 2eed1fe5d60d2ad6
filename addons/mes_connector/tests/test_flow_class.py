"""Flow classes as people edit them, and the settings of lanes; how messages are collected is tested with the queue."""

from unittest.mock import patch

from psycopg2.errors import CheckViolation

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger

from ..core.states import FlowClass
from .common import MesCase

#: Longer than any horizon, also that of the tests' own world.
KEPT_DAYS = 40_000
INBOX_CRON = "mes_connector.ir_cron_mes_process_inbox"


@tagged("post_install", "-at_install", "mes")
class TestFlowClass(MesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.classes = cls.env["mes.flow.class"]
        cls.window = cls.env.ref("mes_connector.flow_class_window")
        cls.quick = cls.classes.create(
            {"name": "Quick window", "kind": FlowClass.WINDOW.value, "retention_days": KEPT_DAYS}
        )

    def test_the_default_moves(self):
        self.quick.is_default = True
        self.assertFalse(self.window.is_default)
        self.assertEqual(self.classes._defaults()[FlowClass.WINDOW], self.quick)

    def test_a_new_default_takes_it_over(self):
        other = self.classes.create(
            {"name": "Other", "kind": FlowClass.WINDOW.value, "is_default": True, "retention_days": KEPT_DAYS}
        )
        self.assertEqual(self.classes._defaults()[FlowClass.WINDOW], other)

    def test_every_kind_keeps_a_default(self):
        for values in ({"is_default": False}, {"active": False}, {"kind": FlowClass.BATCH.value}):
            with self.subTest(values), self.assertRaises(ValidationError):
                self.window.write(values)

    def test_a_class_in_use_is_not_deleted(self):
        with self.assertRaisesRegex(UserError, "default of its kind"):
            self.window.unlink()
        route = self.system.route_ids[0]
        route.flow_class_id = self.quick
        with self.assertRaisesRegex(UserError, route.event_type):
            self.quick.unlink()
        released = self.system.route_ids.filtered(lambda one: one.event_type == "mes.order.released.v1")
        released.flow_class_id = self.quick
        message = self.release(1).mes_outbox_ids
        self.assertEqual(message.flow_class_id, self.quick, "the route's class counts")
        (route | released).flow_class_id = self.window
        with self.assertRaisesRegex(UserError, "Archive it"):
            self.quick.unlink()

    def test_a_class_that_nobody_uses_is_deleted(self):
        self.quick.unlink()
        self.assertFalse(self.quick.exists())

    def test_values_that_mean_nothing_are_refused(self):
        wrong = (
            {"opens_at": 25},
            {"window_seconds": -1},
            {"batch_size": 0},
            {"error_budget": 101},
        )
        for values in wrong:
            with self.subTest(values), mute_logger("odoo.sql_db"), self.assertRaises(CheckViolation):
                self.quick.write(values)
                self.quick.flush_recordset()

    def test_only_integrators_change_classes(self):
        supervisor = new_test_user(self.env, "mes_supervisor", groups="mes_connector.group_mes_supervisor")
        integrator = new_test_user(self.env, "mes_integrator", groups="mes_connector.group_mes_integrator")
        with self.assertRaises(AccessError):
            self.quick.with_user(supervisor).target_seconds = 5
        self.quick.with_user(integrator).target_seconds = 5


@tagged("post_install", "-at_install", "mes")
class TestLaneSettings(TransactionCase):
    def set_lanes(self, inbox=1, **values):
        self.env["res.config.settings"].create(dict(values, mes_inbox_lanes=inbox)).execute()

    def lane(self, number):
        return self.env.ref(f"{INBOX_CRON}_{number}", raise_if_not_found=False)

    def test_lanes_are_made_and_removed(self):
        self.set_lanes(3)
        self.assertEqual(self.env["mes.lane"]._crons("mes.inbox.message")[1:], self.lane(2) | self.lane(3))
        self.assertEqual(self.lane(2).code, "model._cron_process_inbox(2)")
        self.assertEqual(self.lane(2).user_id, self.env.ref(INBOX_CRON).user_id)
        before = self.lane(2)
        action = self.lane(3).ir_actions_server_id
        self.set_lanes(2)
        self.assertEqual((self.lane(2), self.lane(3)), (before, None))
        self.assertFalse(action.exists(), "nothing of a lane is left")
        self.assertFalse(self.env.ref(f"{INBOX_CRON}_3_ir_actions_server", raise_if_not_found=False))

    def test_a_running_lane_is_removed_later(self):
        self.set_lanes(2)
        lane = self.lane(2)
        refused = UserError("This cron task is currently being executed and may not be modified")
        with self.patch_unlink(refused):
            self.set_lanes(1)
        self.assertTrue(lane.exists(), "it ends by itself")
        self.env["mes.lane"]._cron_process_inbox(2)
        self.env["mes.lane.count"]._gc_lanes()
        self.assertFalse(lane.exists())

    def patch_unlink(self, error):
        return patch.object(type(self.env["ir.cron"]), "unlink", side_effect=error)

    def test_settings_that_mean_nothing_are_refused(self):
        for values in ({"mes_inbox_lanes": 0}, {"mes_outbox_lanes": 99}, {"mes_idempotency_days": 1}):
            with self.subTest(values), self.assertRaises(ValidationError):
                self.env["res.config.settings"].create(values)

    def test_too_few_threads_are_told(self):
        settings = self.env["res.config.settings"].new({"mes_inbox_lanes": 2, "mes_outbox_lanes": 2})
        for threads, lacks in ((3, True), (4, False)):
            with patch.object(
                type(self.env["mes.lane.count"]), "_cron_threads", lambda _self, threads=threads: threads
            ):
                settings.invalidate_recordset(["mes_lacks_threads"])
                self.assertEqual(settings.mes_lacks_threads, lacks)

    def test_the_horizon_is_kept(self):
        self.set_lanes(1, mes_idempotency_days=30)
        value = self.env["ir.config_parameter"].get_param("mes_connector.idempotency_days")
        self.assertEqual(int(value), 30)
