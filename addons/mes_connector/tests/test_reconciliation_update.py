"""What reconciliation needs of a database that was made before it: routes of the systems for its events."""

from pathlib import Path
from runpy import run_path

from odoo.modules.module import get_module_path
from odoo.tests import tagged

from .common import MesCase

NEW = {"mes.shift.summarized.v1", "mes.shift.summary.requested.v1", "mes.resend.requested.v1"}
MIGRATION = Path(get_module_path("mes_connector")) / "migrations" / "19.0.1.3.0" / "post-add_routes.py"


@tagged("post_install", "-at_install", "mes")
class TestRoutesOfOlderSystems(MesCase):
    def setUp(self):
        super().setUp()
        self.migrate = run_path(str(MIGRATION))["migrate"]

    def routes(self, system):
        return {(one.event_type, one.direction) for one in system.with_context(active_test=False).route_ids}

    def test_a_system_of_before_gets_the_routes_a_new_one_has(self):
        maintenance = self.env["mes.system"].create({"name": "CMMS", "code": "cmms", "kind": "cmms"})
        wanted, others = self.routes(self.system), self.routes(maintenance)
        self.assertEqual({name for name, _way in wanted} & NEW, NEW)
        self.system.route_ids.filtered(lambda route: route.event_type in NEW).unlink()
        self.migrate(self.env.cr, "19.0.1.2.0")
        self.assertEqual((self.routes(self.system), self.routes(maintenance)), (wanted, others))

    def test_a_route_that_somebody_closed_stays_closed(self):
        kept = self.system.route_ids.filtered(lambda route: route.event_type in NEW)
        kept.active = False
        self.migrate(self.env.cr, "19.0.1.2.0")
        self.assertEqual(kept.mapped("active"), [False] * len(kept))
        self.assertFalse(self.system.route_ids.filtered(lambda route: route.event_type in NEW))
