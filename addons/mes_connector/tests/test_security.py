"""Roles: who reads, retries, releases, holds, configures; plants and companies are walls, also by API."""

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from ..core.states import InboxState, OrderPhase
from .common import MesCase

ROLES = (
    "operator",
    "supervisor",
    "plant_manager",
    "planner",
    "quality",
    "maintenance",
    "steward",
    "finance",
    "integrator",
    "auditor",
)
#: What each role may do to a parked message, and to a system.
MAY_RETRY = {"supervisor", "plant_manager", "steward", "integrator"}
MAY_CONFIGURE = {"integrator"}
MAY_HOLD = {"quality"}
MAY_WORK_CASES = set(ROLES) - {"auditor"}


@tagged("post_install", "-at_install", "mes")
class TestSecurity(MesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = {
            role: new_test_user(cls.env, f"mes_{role}", groups=f"mes_connector.group_mes_{role}") for role in ROLES
        }
        cls.outsider = new_test_user(cls.env, "outsider", groups="base.group_user")

    def parked(self):
        return self.send("operation.started", "NO/SUCH/ORDER", operation="10", work_center="ASM1")

    def allowed(self, action):
        """Roles for which ``action(user)`` is not refused."""
        found = set()
        for role, user in self.users.items():
            try:
                with self.env.cr.savepoint():
                    action(user)
                found.add(role)
            except AccessError:
                continue
        return found

    def test_every_role_reads_and_outsiders_do_not(self):
        message = self.parked()
        for user in self.users.values():
            self.assertEqual(message.with_user(user).state, InboxState.PARKED.value)
            self.assertTrue(self.env["mes.overview"].with_user(user).get_figures()["queues"])
        with self.assertRaises(AccessError):
            message.with_user(self.outsider).read(["state"])
        with self.assertRaises(AccessError):
            self.env["mes.overview"].with_user(self.outsider).get_figures()

    def test_who_may_retry(self):
        def retry(user):
            self.parked().with_user(user).action_retry()

        self.assertEqual(self.allowed(retry), MAY_RETRY)

    def test_who_may_discard(self):
        self.plant.mes_auto_post = True

        def discard(user):
            order = self.release(quantity=1)
            parked = self.send("material.consumed", order, items=[{"product": "X", "quantity": self.quantity(1)}])
            self.report(order, 1, "F1")
            self.complete(order, 1)
            parked.with_user(user).action_discard("never happened")
            self.assertEqual(order.mes_phase, OrderPhase.POSTED.value, "the last thing that waited")

        self.assertEqual(self.allowed(discard), MAY_RETRY)

    def test_who_may_release(self):
        def release(user):
            self.make_order(1).with_user(user).action_mes_release()

        self.assertEqual(self.allowed(release), {"planner"})

    def test_who_may_configure(self):
        def configure(user):
            self.system.with_user(user).name = user.login

        self.assertEqual(self.allowed(configure), MAY_CONFIGURE)

    def test_who_may_work_cases(self):
        def close(user):
            self.parked().case_id.with_user(user).action_close()

        self.assertEqual(self.allowed(close), MAY_WORK_CASES)

    def test_who_may_hold(self):
        order = self.release(quantity=1)

        def hold(user):
            order.with_user(user).action_mes_hold("why")

        self.assertEqual(self.allowed(hold), MAY_HOLD)

    def test_a_planner_releases(self):
        order = self.make_order(1)
        order.with_user(self.users["planner"]).action_mes_release()
        self.assertEqual(order.mes_phase, OrderPhase.RELEASED.value)
        self.assertEqual(order.mes_transition_ids.user_id, self.users["planner"])

    def test_nobody_writes_history(self):
        order = self.release(quantity=1)
        self.report(order, 1, "F1")
        admin = self.env.ref("base.user_admin")
        for record in (order.mes_transition_ids[:1], order.mes_effect_ids[:1], order.mes_inbox_ids.attempt_ids[:1]):
            for method in (lambda row: row.write({"company_id": row.company_id.id}), lambda row: row.unlink()):
                with self.assertRaises(AccessError):
                    method(record.with_user(admin))

    def test_nobody_edits_what_was_told_or_became_of_it(self):
        message = self.parked()
        answer = self.env["mes.outbox.message"].search([], limit=1)
        for vals in ({"payload": "{}"}, {"state": InboxState.DONE.value}, {"event_id": "mine"}):
            self.assertEqual(self.allowed(lambda user, vals=vals: message.with_user(user).write(vals)), set())
        self.assertEqual(self.allowed(lambda user: answer.with_user(user).write({"payload": "{}"})), set())
        forged = message.with_user(self.users["supervisor"]).with_context(mes_moving=True)
        with self.assertRaises(AccessError):
            forged.state = InboxState.DONE.value

    def test_a_plant_is_a_wall(self):
        other = self.env["stock.warehouse"].create({"name": "South", "code": "SOU"})
        message = self.parked()
        self.assertEqual(message.plant_id, self.plant)
        user = self.users["supervisor"]
        self.assertIn(message, message.with_user(user).search([]))
        user.mes_plant_ids = other
        for record in (message, message.case_id, self.system):
            self.assertFalse(record.with_user(user).search([("id", "=", record.id)]), record._name)
        user.mes_plant_ids = other | self.plant
        self.assertTrue(message.with_user(user).search([("id", "=", message.id)]))

    def test_a_company_is_a_wall(self):
        company = self.env["res.company"].create({"name": "Elsewhere Ltd"})
        user = new_test_user(
            self.env, "far", groups="mes_connector.group_mes_auditor", company_id=company.id, company_ids=company.ids
        )
        message = self.parked()
        for record in (message, message.case_id, self.system):
            self.assertFalse(record.with_user(user).search([("id", "=", record.id)]), record._name)
