"""Pause, drain and resume: what is held, who may, what is shown, and what becomes of systems paused before."""

from pathlib import Path
from runpy import run_path

from odoo import fields
from odoo.exceptions import AccessError
from odoo.modules.module import get_module_path
from odoo.tests import new_test_user, tagged

from ..core.states import Direction, FlowState, InboxState, PauseKind, SystemState
from .common import MesCase

STARTED, HOLD = "mes.operation.started.v1", "mes.hold.placed.v1"
MIGRATION = Path(get_module_path("mes_connector")) / "migrations" / "19.0.1.1.0" / "post-fill_new_columns.py"


class PauseCase(MesCase):
    def store(self, event_type, order, **data):
        """Store one event without working it; the inbox row."""
        self.drain, drain = lambda: None, self.drain
        try:
            return self.send(event_type, order, **data)
        finally:
            self.drain = drain

    def start(self, order):
        return self.store("operation.started", order, operation="10", work_center="ASM1")

    def make_older(self, message):
        """As if it had been stored a minute ago: in a test all is stored in one transaction, that is at one time."""
        message.flush_recordset()
        self.env.cr.execute(
            "UPDATE mes_inbox_message SET create_date = create_date - interval '1 minute' WHERE id = %s", [message.id]
        )
        message.invalidate_recordset()

    def route(self, event_type, direction=Direction.IN):
        return self.system.route_ids.filtered(
            lambda one: (one.event_type, one.direction) == (event_type, direction.value)
        )

    def event_type(self, name):
        return self.env["mes.event.type"].search([("name", "=", name)])


@tagged("post_install", "-at_install", "mes")
class TestPause(PauseCase):
    def test_a_pause_holds_what_waits_and_what_comes(self):
        message = self.start(self.release(1))
        self.system.action_pause("maintenance")
        self.drain()
        self.assertEqual((message.state, self.system.flow_state), (InboxState.PENDING.value, FlowState.PAUSED.value))
        self.system.action_resume()
        self.drain()
        self.assertDone(message)
        self.assertEqual(self.system.flow_state, FlowState.RUNNING.value)

    def test_a_drain_works_what_is_there_and_holds_what_comes(self):
        earlier, later = self.start(self.release(1)), self.start(self.release(1))
        self.make_older(earlier)
        self.system.action_drain()
        self.assertEqual((self.system.flow_state, self.system.left_count), (FlowState.DRAINING.value, 1))
        self.drain()
        self.assertDone(earlier)
        self.assertEqual(later.state, InboxState.PENDING.value)
        self.env.invalidate_all()
        self.assertEqual(self.system.flow_state, FlowState.DRAINED.value)
        self.assertTrue(later.is_held)

    def test_a_route_holds_its_own_event_type_and_direction_only(self):
        order = self.release(1)
        started = self.start(order)
        self.route(STARTED).action_pause("wrong clock")
        self.assertFalse(self.route(HOLD).pause_id)
        self.drain()
        self.assertEqual(started.state, InboxState.PENDING.value)
        other = self.send("order.acknowledged", self.release(1), revision=1, accepted=True)
        self.assertDone(other)

    def test_an_event_type_is_held_for_every_system(self):
        order = self.release(1)
        self.event_type(STARTED).action_pause("wrong data")
        message = self.start(order)
        self.assertEqual(self.event_type(STARTED).held_count, 1)
        self.assertEqual(message.held_by_id, self.event_type(STARTED).pause_id)
        self.event_type(STARTED).action_resume()
        self.drain()
        self.assertDone(message)

    def test_a_held_message_holds_its_key(self):
        order = self.release(1)
        started = self.start(order)
        self.route(STARTED).action_pause()
        acknowledged = self.store("order.acknowledged", order, revision=1, accepted=True)
        self.drain()
        self.assertEqual({started.state, acknowledged.state}, {InboxState.PENDING.value})
        self.assertFalse(acknowledged.is_held, "it waits for its predecessor, not for a pause")

    def test_a_drain_replaces_a_pause(self):
        self.system.action_pause("first")
        first = self.system.pause_id
        self.system.action_drain("second")
        self.assertTrue(first.ended_at)
        self.assertEqual((self.system.pause_id.reason, self.system.pause_id.kind), ("second", PauseKind.DRAIN.value))
        self.assertEqual(len(self.system.pause_ids), 2, "the history stays")

    def test_what_was_paused_by_an_answer_is_resumed_at_its_route(self):
        route = self.route("mes.order.released.v1", Direction.OUT)
        self.env["mes.pause"]._begin(PauseKind.PAUSE, "HTTP 410", code="endpoint_gone", **route._pause_scope())
        self.assertEqual(route.flow_state, FlowState.PAUSED.value)
        route.action_resume()
        self.assertEqual(route.flow_state, FlowState.RUNNING.value)

    def test_held_messages_can_be_searched(self):
        inbox = self.env["mes.inbox.message"]
        message = self.start(self.release(1))
        self.assertFalse(inbox.search([("is_held", "=", True)]))
        self.assertIn(message, inbox.search([("is_held", "=", False)]))
        self.system.action_pause()
        message.invalidate_recordset()
        self.assertEqual(inbox.search([("is_held", "=", True)]), message)
        self.assertEqual(inbox.search([("held_by_id", "=", self.system.pause_id.id)]), message)
        self.assertNotIn(message, inbox.search([("is_held", "=", False)]))
        self.assertEqual(message.held_by_id, self.system.pause_id)

    def test_what_is_paused_can_be_searched(self):
        systems = self.env["mes.system"]
        self.assertNotIn(self.system, systems.search([("flow_state", "!=", FlowState.RUNNING.value)]))
        self.system.action_pause()
        self.assertIn(self.system, systems.search([("flow_state", "!=", FlowState.RUNNING.value)]))
        self.assertNotIn(self.system, systems.search([("flow_state", "=", FlowState.RUNNING.value)]))

    def test_the_screen_says_since_when_by_whom_and_why(self):
        self.start(self.release(1))
        self.system.action_pause("the MES is updated")
        self.assertIn(self.env.user.name, self.system.pause_note)
        self.assertIn("the MES is updated", self.system.pause_note)
        self.assertEqual(self.system.pause_id.held_inbox_count, 1)
        self.assertEqual(self.system.held_count, 1 + self.system.pause_id.held_outbox_count)

    def test_the_wizard_asks_for_a_reason(self):
        reason = {"res_model": "mes.system", "pause_kind": PauseKind.DRAIN.value, "reason": "update tonight"}
        wizard = self.env["mes.reason"].with_context(active_ids=self.system.ids).create(reason)
        wizard.action_confirm()
        self.assertEqual((self.system.pause_id.kind, self.system.pause_id.reason), ("drain", "update tonight"))

    def test_every_event_type_has_a_row(self):
        known = self.env["mes.dispatcher"]._event_types()
        rows = self.env["mes.event.type"].search([])
        self.assertEqual(set(rows.mapped("name")), set(known))
        started = self.event_type(STARTED)
        self.assertTrue(started.is_from_plant and not started.is_to_plant)
        ids = rows.ids
        self.env["mes.event.type"]._sync("mes_connector")
        self.assertEqual(self.env["mes.event.type"].search([]).ids, ids, "the same rows")


@tagged("post_install", "-at_install", "mes")
class TestPauseRights(PauseCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.roles = {
            role: new_test_user(cls.env, f"mes_{role}", groups=f"mes_connector.group_mes_{role}")
            for role in ("operator", "supervisor", "plant_manager", "planner", "steward", "integrator", "auditor")
        }
        cls.south = cls.env["stock.warehouse"].create({"name": "South", "code": "SOU"})

    def allowed(self, record):
        found = set()
        for role, user in self.roles.items():
            for act in (record.action_pause, record.action_drain, record.action_resume):
                try:
                    with self.env.cr.savepoint():
                        getattr(record.with_user(user), act.__name__)()
                    found.add((role, act.__name__))
                except AccessError:
                    continue
        self.assertEqual(len(found) % 3, 0, "who may pause may drain and resume")
        return {role for role, _name in found}

    def test_who_may(self):
        steerers = {"supervisor", "plant_manager", "integrator"}
        self.assertEqual(self.allowed(self.system), steerers)
        self.assertEqual(self.allowed(self.route(STARTED)), steerers)
        self.assertEqual(self.allowed(self.event_type(STARTED)), {"integrator"})

    def test_a_supervisor_of_another_plant_may_not(self):
        supervisor = self.roles["supervisor"]
        supervisor.mes_plant_ids = self.south
        with self.assertRaises(AccessError):
            self.system.with_user(supervisor).action_pause()

    def test_a_system_that_serves_another_plant_too_is_not_the_supervisors(self):
        supervisor = self.roles["supervisor"]
        supervisor.mes_plant_ids = self.plant
        self.system.with_user(supervisor).action_pause()
        self.system.plant_ids |= self.south
        for record in (self.system, self.route(STARTED), self.system.pause_id):
            with self.assertRaises(AccessError):
                record.with_user(supervisor).action_resume()
        self.system.with_user(self.roles["integrator"]).action_resume()

    def test_a_pause_is_resumed_in_the_list_by_who_may_resume_its_record(self):
        self.event_type(STARTED).action_pause()
        pause = self.event_type(STARTED).pause_id
        with self.assertRaises(AccessError):
            pause.with_user(self.roles["supervisor"]).action_resume()
        pause.with_user(self.roles["integrator"]).action_resume()
        self.assertEqual(pause.ended_by_id, self.roles["integrator"])

    def test_nobody_writes_pauses_by_hand(self):
        self.system.action_pause()
        for values in ({"ended_at": fields.Datetime.now()}, {"reason": "other"}):
            with self.assertRaises(AccessError):
                self.system.pause_id.with_user(self.roles["integrator"]).write(values)
        with self.assertRaises(AccessError):
            self.event_type(STARTED).with_user(self.roles["integrator"]).write({"name": "x"})

    def test_pauses_of_other_plants_and_companies_are_not_seen(self):
        self.system.action_pause()
        auditor, pauses = self.roles["auditor"], self.env["mes.pause"]
        self.assertTrue(pauses.with_user(auditor).search([]))
        auditor.mes_plant_ids = self.south
        self.assertFalse(pauses.with_user(auditor).search([]))
        company = self.env["res.company"].create({"name": "Elsewhere Ltd"})
        far = new_test_user(
            self.env, "far", groups="mes_connector.group_mes_auditor", company_id=company.id, company_ids=company.ids
        )
        self.assertFalse(pauses.with_user(far).search([]))


@tagged("post_install", "-at_install", "mes")
class TestMigration(PauseCase):
    def setUp(self):
        super().setUp()
        self.migrate = run_path(str(MIGRATION))["migrate"]

    def test_a_paused_system_is_active_and_paused(self):
        self.env.cr.execute("UPDATE mes_system SET state = 'paused' WHERE id = %s", [self.system.id])
        self.system.invalidate_recordset()
        self.migrate(self.env.cr, "19.0.1.0.0")
        self.assertEqual(
            (self.system.state, self.system.flow_state), (SystemState.ACTIVE.value, FlowState.PAUSED.value)
        )
        self.assertTrue(self.system.pause_id.reason)

    def test_routes_and_messages_get_what_they_lack(self):
        message = self.start(self.release(1))
        route, answer = self.route(STARTED), self.env["mes.outbox.message"].search([], limit=1)
        consumed = self.route("mes.material.consumed.v1")
        self.env.flush_all()
        self.env.cr.execute("UPDATE mes_route SET flow_class_id = NULL")
        self.env.cr.execute("UPDATE mes_inbox_message SET flow_class_id = NULL, create_date = NULL")
        self.env.cr.execute("UPDATE mes_outbox_message SET flow_class_id = NULL")
        self.env.invalidate_all()
        self.migrate(self.env.cr, "19.0.1.0.0")
        self.env.invalidate_all()
        real_time = self.env.ref("mes_connector.flow_class_real_time")
        self.assertEqual(route.flow_class_id | message.flow_class_id | answer.flow_class_id, real_time)
        self.assertEqual(consumed.flow_class_id, self.env.ref("mes_connector.flow_class_window"))
        self.assertEqual(message.create_date, message.received_at)
