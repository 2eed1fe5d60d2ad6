"""Master data in bulk: sent again with progress, stopped and resumed, compared at night; by plant; few statements."""

from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ..core.states import ReplayState, SystemState
from ..models import mes_master, mes_publication_run
from .test_master_data import BOM, PRODUCT, MasterCase

CENTER = "mes.work_center.published.v1"


@tagged("post_install", "-at_install", "mes")
class TestMasterRun(MasterCase):
    def setUp(self):
        super().setUp()
        self.publish()

    def run_for(self, **values):
        run = self.env["mes.publication.run"].create({"system_id": self.system.id, **values})
        run.action_start()
        return run

    def work(self, run):
        while run._try_step() is not None:
            self.env.cr.flush()

    def states(self, run):
        return run.state, run.progress, run.done_count, run.failed_count

    def test_all_of_a_kind_is_sent_again_with_its_revision(self):
        before = len(self.messages(PRODUCT))
        run = self.run_for(kind="product")
        self.assertEqual(run.total, before)
        self.work(run)
        self.assertEqual(self.states(run), (ReplayState.DONE.value, 100, before, 0))
        self.assertEqual((run.sent_count, len(self.messages(PRODUCT))), (before, 2 * before))
        last = self.messages(PRODUCT, "GBX-100")[-1]
        self.assertEqual(self.data(last)["revision"], 1)
        self.assertFalse(last.collect_until, "Somebody waits for it: not before the night would be late.")

    def test_a_comparison_sends_only_what_no_mark_told(self):
        self.env.cr.execute("UPDATE product_product SET barcode = '4711' WHERE id = %s", [self.gear.id])
        self.env.cr.execute("UPDATE mrp_bom SET active = FALSE WHERE id = %s", [self.bom.id])
        self.env.invalidate_all()
        self.env["mes.publication.run"]._cron_compare()
        run = self.env["mes.publication.run"].search([("state", "=", ReplayState.RUNNING.value)])
        self.assertEqual(run.system_id, self.system)
        self.work(run)
        self.assertEqual((run.state, run.sent_count), (ReplayState.DONE.value, 3))
        self.assertEqual(self.told(PRODUCT, "GEAR-20")[-1]["barcode"], "4711")
        self.assertTrue(self.told(BOM, self.key_of(self.bom))[-1]["is_deleted"])
        self.env["mes.publication.run"]._cron_compare()
        self.assertFalse(run.exists(), "One comparison is kept, the last.")

    def test_stopped_and_resumed_nothing_is_lost_or_sent_twice(self):
        products = len(self.messages(PRODUCT))
        with patch.object(mes_publication_run, "BATCH", 2):
            run = self.run_for(kind="product")
            run._try_step()
            self.assertEqual((run.state, run.done_count), (ReplayState.RUNNING.value, 2))
            run.action_cancel()
            self.assertIsNone(run._try_step())
            self.assertEqual(run.state, ReplayState.CANCELLED.value)
            run.action_resume()
            self.work(run)
        self.assertEqual((run.state, run.done_count, run.sent_count), (ReplayState.DONE.value, products, products))
        self.assertEqual(len(self.messages(PRODUCT)), 2 * products)

    def test_a_batch_that_cannot_be_read_is_counted_and_left(self):
        source = type(self.env["mes.master.product"])
        with patch.object(source, "_snapshots", side_effect=ValueError("Not readable")), self.assertLogs(level="ERROR"):
            run = self.run_for()
            self.work(run)
        self.assertEqual((run.state, run.text), (ReplayState.FAILED.value, "Not readable"))
        self.assertEqual(run.failed_count, len(self.messages(PRODUCT)))
        self.assertEqual(len(self.messages(CENTER, "ASM1")), 2)

    def test_who_may_send_again_and_what_is_refused(self):
        run = self.run_for(kind="product")
        with self.assertRaises(UserError):
            run.action_start()
        with self.assertRaises(UserError):
            run.action_resume()
        operator = new_test_user(self.env, "op-master", "mes_connector.group_mes_operator")
        steward = new_test_user(self.env, "st-master", "mes_connector.group_mes_steward")
        with self.assertRaises(AccessError):
            run.with_user(operator).action_cancel()
        run.with_user(steward).action_cancel()
        with self.assertRaises(AccessError):
            run.with_user(steward).done_count = 5
        self.system.state = SystemState.DRAFT.value
        with self.assertRaises(UserError):
            self.run_for()

    def test_the_button_of_the_system_and_the_counts(self):
        action = self.system.action_resend_master_data()
        run = self.env[action["res_model"]].with_context(**action["context"]).create({})
        self.assertEqual((run.system_id, run.is_forced), (self.system, True))
        self.assertEqual(self.system.publication_count, self.env["mes.publication"].search_count([]))
        for one in (self.gearbox, self.gearbox.product_tmpl_id, self.assembly):
            self.assertEqual(one.mes_publication_count, 1)
            self.assertEqual(len(self.env["mes.publication"].search(one.action_mes_open_publications()["domain"])), 1)
        self.assertEqual(self.bom.mes_publication_count, 2)


@tagged("post_install", "-at_install", "mes")
class TestMasterOfPlants(MasterCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.south = cls.env["stock.warehouse"].create({"name": "South", "code": "STH"})
        cls.system_south = cls.make_system("mes-south", cls.south)
        cls.company = cls.env["res.company"].create({"name": "Other works"})
        cls.abroad = cls.env["stock.warehouse"].search([("company_id", "=", cls.company.id)], limit=1)
        cls.system_abroad = cls.make_system("mes-abroad", cls.abroad)

    @classmethod
    def make_system(cls, code, plant):
        values = {"name": code, "code": code, "company_id": plant.company_id.id, "plant_ids": plant.ids}
        values.update(endpoint_url=f"https://{code}.example.com", state=SystemState.ACTIVE.value)
        return cls.env["mes.system"].create(values)

    def keys(self, event_type, system):
        return set(self.messages(event_type, system=system).mapped("ordering_key"))

    def test_each_gets_what_concerns_its_plants_and_company(self):
        north_only = self.make_bom(self.gear, picking_type_id=self.plant.manu_type_id.id)
        self.gear.company_id = self.env.company
        center = self.env["mrp.workcenter"].with_company(self.company).create({"name": "Abroad", "code": "ABR"})
        self.publish()
        key = self.key_of(north_only)
        self.assertIn(key, self.keys(BOM, self.system))
        self.assertNotIn(key, self.keys(BOM, self.system_south))
        self.assertIn(self.key_of(self.bom), self.keys(BOM, self.system_south))
        self.assertIn("GEAR-20", self.keys(PRODUCT, self.system_south))
        self.assertNotIn("GEAR-20", self.keys(PRODUCT, self.system_abroad))
        self.assertEqual(self.keys(CENTER, self.system_abroad), {center.code})
        self.assertNotIn(center.code, self.keys(CENTER, self.system))

    def test_moved_to_another_plant_it_is_gone_for_the_first(self):
        self.publish()
        self.bom.picking_type_id = self.south.manu_type_id
        self.publish()
        key = self.key_of(self.bom)
        self.assertTrue(self.told(BOM, key)[-1]["is_deleted"])
        self.assertEqual([one["is_deleted"] for one in self.told(BOM, key, self.system_south)], [False])

    def test_revisions_count_for_each_system(self):
        self.publish()
        self.system_south.state = SystemState.DRAFT.value
        self.gearbox.name = "Second"
        self.publish()
        self.system_south.state = SystemState.ACTIVE.value
        self.gearbox.name = "Third"
        self.publish()
        self.assertEqual([one["revision"] for one in self.told(PRODUCT, "GBX-100")], [1, 2, 3])
        self.assertEqual([one["revision"] for one in self.told(PRODUCT, "GBX-100", self.system_south)], [1, 2])


@tagged("post_install", "-at_install", "mes")
class TestMasterStatements(MasterCase):
    def statements(self, products):
        """How many statements telling of these products takes, with nothing in memory."""
        source, ids = self.env["mes.master.product"], products.ids
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        sent = self.env["mes.master"]._publish(source, ids, self.system)
        self.env.flush_all()
        self.assertEqual(sent, len(ids))
        return self.env.cr.sql_log_count - before

    def test_a_batch_takes_as_many_statements_as_one_product(self):
        unit = self.gearbox.uom_id
        products = self.env["product.product"].create(
            [
                {"name": f"Part {number}", "default_code": f"PRT-{number}", "is_storable": True, "uom_id": unit.id}
                for number in range(210)
            ]
        )
        self.statements(products[:5])
        few, first, second = (self.statements(part) for part in (products[5:10], products[10:110], products[110:]))
        self.assertEqual(mes_master.BATCH, len(products[110:]))
        self.assertEqual((first, second), (few, few))
        products.write({"description_sale": "nothing a plant is told of"})
        self.assertLess(first, 40)
