"""Equipment as master data: told by its plant code, changed, gone; its event is in the registry and in its schema."""

import json
from pathlib import Path

from odoo.tests import tagged

from odoo.addons.mes_connector.core.schema import SchemaSet
from odoo.addons.mes_connector.tests.common import MesCase

EQUIPMENT = "mes.equipment.published.v1"
SCHEMAS = Path(__file__).parent.parent / "schemas"


@tagged("post_install", "-at_install", "mes")
class TestEquipment(MesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.schemas = SchemaSet.load(SCHEMAS)
        cls.press = cls.env["maintenance.equipment"].create(
            {"name": "Press 1", "mes_code": "PRS-01", "serial_no": "88-1234", "mes_workcenter_id": cls.assembly.id}
        )

    def told(self):
        """What was said of the press, the first first."""
        self.env.cr.flush()
        while self.env["mes.master"]._publish_marked():
            self.env.cr.flush()
        messages = self.env["mes.outbox.message"].search([("event_type", "=", EQUIPMENT)], order="id")
        found = [json.loads(message.payload)["data"] for message in messages]
        for data in found:
            self.assertEqual(self.schemas.validate(EQUIPMENT, data), ())
        return found

    def test_told_by_its_code_changed_and_gone(self):
        [data] = self.told()
        self.assertEqual(
            (data["equipment"], data["name"], data["serial_number"], data["work_center"], data["revision"]),
            ("PRS-01", "Press 1", "88-1234", "ASM1", 1),
        )
        self.assertEqual(self.press.mes_publication_count, 1)
        self.press.note = "Nothing a plant is told of"
        self.assertEqual(len(self.told()), 1)
        self.assembly.code = "ASM9"
        self.assertEqual((self.told()[-1]["work_center"], self.told()[-1]["revision"]), ("ASM9", 2))
        self.press.action_archive()
        self.assertEqual((self.told()[-1]["is_deleted"], len(self.told())), (True, 3))

    def test_without_a_code_nobody_is_told(self):
        self.press.mes_code = False
        self.assertEqual(self.told(), [])

    def test_the_registry_and_the_goldens_know_it(self):
        row = self.env["mes.event.type"].search([("name", "=", EQUIPMENT)])
        self.assertTrue(row.is_to_plant)
        self.assertIn(EQUIPMENT, self.system.route_ids.mapped("event_type"))
        for path in (SCHEMAS / "mes.equipment.published" / "examples").glob("*.json"):
            self.assertEqual(self.schemas.validate(EQUIPMENT, json.loads(path.read_text())["data"]), ())
