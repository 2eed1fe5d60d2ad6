"""Secrets: shown once, stored encrypted, readable through no API; who may make them; what registration asks."""

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .. import vault
from ..core.states import SystemState
from .common import MesCase


@tagged("post_install", "-at_install", "mes")
class TestCredentials(MesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.integrator = new_test_user(cls.env, "connie", groups="mes_connector.group_mes_integrator")
        cls.auditor = new_test_user(cls.env, "audrey", groups="mes_connector.group_mes_auditor")

    def test_the_secret_is_stored_encrypted_and_read_by_nobody(self):
        issued = self.system.with_user(self.integrator).issue_credential("signature")
        credential = self.env["mes.credential"].browse(issued["credential_id"])
        self.env.cr.execute("SELECT secret_encrypted FROM mes_credential WHERE id = %s", [credential.id])
        stored = self.env.cr.fetchone()[0]
        self.assertNotIn(issued["secret"], stored)
        self.assertEqual(vault.decrypt(stored), issued["secret"])
        for user in (self.integrator, self.env.ref("base.user_admin")):
            self.assertNotIn("secret_encrypted", credential.with_user(user).read()[0])
            with self.assertRaises(AccessError):
                credential.with_user(user).read(["secret_encrypted"])

    def test_the_wizard_shows_the_secret_and_does_not_keep_it(self):
        wizard = self.env["mes.credential.issue"].with_user(self.integrator).create({"system_id": self.system.id})
        action = wizard.action_issue()
        self.assertTrue(action["context"]["default_secret"].startswith("whsec_"))
        self.assertNotIn("secret", self.env["mes.credential.issue"]._fields["secret"].column_type or ())
        self.assertFalse(wizard.secret)

    def test_only_integrators_issue(self):
        with self.assertRaises(AccessError):
            self.system.with_user(self.auditor).issue_credential("signature")

    def test_a_key_the_server_lost_authenticates_nobody(self):
        issued = self.system.issue_credential("bearer")
        self.env["mes.credential"].browse(issued["credential_id"]).secret_encrypted = "not-a-token"
        self.env.flush_all()
        _caller, secrets = self.env["mes.identity"]._load_caller(self.system.code)
        self.assertFalse(secrets)

    def test_activation_needs_a_credential(self):
        system = self.env["mes.system"].create({"name": "New", "code": "new"})
        with self.assertRaisesRegex(UserError, "no valid credential"):
            system.action_activate()
        system.issue_credential("signature")
        system.action_activate()
        self.assertEqual(system.state, SystemState.ACTIVE.value)

    def test_registration_brings_the_routes_of_its_kind(self):
        system = self.env["mes.system"].create({"name": "Lab", "code": "lab", "kind": "lims"})
        types = set(system.route_ids.mapped("event_type"))
        self.assertIn("mes.hold.placed.v1", types)
        self.assertNotIn("mes.order.released.v1", types)
        with self.assertRaises(ValidationError):
            system.route_ids.create({"system_id": system.id, "event_type": "mes.nothing.v1", "direction": "in"})

    def test_the_database_refuses_what_must_not_be(self):
        for values in (
            {"code": "Bad Code"},
            {"code": "mes-north"},
            {"endpoint_url": "ftp://x"},
            {"endpoint_url": "http://user:pw@x/"},
        ):
            with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                self.env["mes.system"].create(dict({"name": "X", "code": "x"}, **values))

    def test_revoked_and_expired_are_not_valid(self):
        first = self.env["mes.credential"].browse(self.system.issue_credential("bearer")["credential_id"])
        second = self.env["mes.credential"].browse(self.system.issue_credential("bearer")["credential_id"])
        first.action_revoke()
        second.expires_at = fields.Datetime.subtract(fields.Datetime.now(), days=1)
        self.assertFalse((first | second)._valid())
        self.assertFalse(first.is_valid or second.is_valid)
