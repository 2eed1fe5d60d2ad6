"""Master data to systems: told once, told again when it changed, told when it is gone, never half; by marks."""

import json
from pathlib import Path

from odoo.tests import tagged

from ..core.master_data import content_hash
from ..core.schema import SchemaSet
from ..core.states import CaseState, OutboxState, SystemState
from .common import MesCase

PRODUCT, BOM, ROUTING = "mes.product.published.v1", "mes.bom.published.v1", "mes.routing.published.v1"
VERSION = {"content_hash", "revision", "is_deleted"}


class MasterCase(MesCase):
    """Reads what systems are told, always against its schema."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.schemas = SchemaSet.load(Path(__file__).parent.parent / "schemas")

    def publish(self):
        """End the transaction as a commit would, and work all marks."""
        self.env.cr.flush()
        while self.env["mes.master"]._publish_marked():
            self.env.cr.flush()

    def messages(self, event_type, key=None, system=None):
        """The messages about an object, the first one first."""
        domain = [("event_type", "=", event_type), ("system_id", "=", (system or self.system).id)]
        found = self.env["mes.outbox.message"].search(domain + ([("ordering_key", "=", key)] if key else []))
        return found.sorted("id")

    def data(self, message):
        """The data of a message, valid by the contract and by its own hash."""
        data = json.loads(message.payload)["data"]
        self.assertEqual(self.schemas.validate(message.event_type, data), ())
        content = {name: value for name, value in data.items() if name not in VERSION}
        if data.keys() >= VERSION:
            self.assertEqual(data["content_hash"], content_hash(content))
        return data

    def told(self, event_type, key=None, system=None):
        return [self.data(message) for message in self.messages(event_type, key, system)]

    def key_of(self, bom, prefix="BOM"):
        return f"{prefix}-{bom.id}-{bom.product_tmpl_id.product_variant_id.id}"


@tagged("post_install", "-at_install", "mes")
class TestMasterData(MasterCase):
    def setUp(self):
        super().setUp()
        self.publish()

    def test_everything_new_is_told_once(self):
        [product] = self.told(PRODUCT, "GBX-100")
        self.assertEqual(
            {name: value for name, value in product.items() if name != "content_hash"},
            {
                "product": "GBX-100",
                "name": "GBX-100",
                "uom": "C62",
                "tracking": "lot",
                "type": "storable",
                "revision": 1,
                "is_deleted": False,
            },
        )
        [bom] = self.told(BOM, self.key_of(self.bom))
        self.assertEqual(
            [(one["product"], one["quantity"]["value"], one["operation"]) for one in bom["components"]],
            [("HSG-100", 1, "10"), ("GEAR-20", 2, "10"), ("SCR-M6", 8, "10"), ("OIL-5", 0.25, "20")],
        )
        [routing] = self.told(ROUTING, self.key_of(self.bom, "RTG"))
        self.assertEqual(
            [(one["operation"], one["work_center"], one["duration_minutes"]) for one in routing["operations"]],
            [("10", "ASM1", 2), ("20", "TST1", 2)],
        )
        [center] = self.told("mes.work_center.published.v1", "ASM1")
        self.assertEqual((center["name"], center["capacity"]), ("Assembly line 1", 1))
        [lot] = self.told("mes.lot.published.v1", "HSG-100/HSG-100-A")
        self.assertEqual((lot["product"], lot["lot"], lot["tracking"]), ("HSG-100", "HSG-100-A", "lot"))

    def test_what_did_not_change_is_not_told_again(self):
        self.gearbox.name = self.gearbox.name
        self.bom.product_qty = self.bom.product_qty
        self.publish()
        self.assertEqual(len(self.messages(PRODUCT, "GBX-100")), 1)
        self.assertEqual(len(self.messages(BOM, self.key_of(self.bom))), 1)

    def test_a_change_is_the_next_revision_and_replaces_what_was_not_sent(self):
        self.gearbox.name = "Gearbox 100"
        self.publish()
        first, second = self.messages(PRODUCT, "GBX-100")
        self.assertEqual((first.state, second.state), (OutboxState.SUPERSEDED.value, OutboxState.PENDING.value))
        data = self.data(second)
        self.assertEqual((data["name"], data["revision"], second.revision), ("Gearbox 100", 2, 2))

    def test_a_line_of_a_bill_changes_the_bill_and_nothing_else(self):
        before = len(self.messages(PRODUCT))
        self.bom.bom_line_ids[1].product_qty = 3
        self.publish()
        last = self.told(BOM, self.key_of(self.bom))[-1]
        self.assertEqual((last["components"][1]["quantity"]["value"], last["revision"]), (3, 2))
        self.bom.bom_line_ids[1].unlink()
        self.publish()
        last = self.told(BOM, self.key_of(self.bom))[-1]
        self.assertEqual([one["product"] for one in last["components"]], ["HSG-100", "SCR-M6", "OIL-5"])
        self.assertEqual(len(self.messages(ROUTING)), 1)
        self.assertEqual(len(self.messages(PRODUCT)), before)

    def test_archived_and_deleted_objects_leave_a_tombstone(self):
        spare = self.make_product("SPARE-1", "none", self.gearbox.uom_id)
        self.publish()
        spare.unlink()
        self.bom.action_archive()
        self.publish()
        for event_type, key in (
            (PRODUCT, "SPARE-1"),
            (BOM, self.key_of(self.bom)),
            (ROUTING, self.key_of(self.bom, "RTG")),
        ):
            last = self.told(event_type, key)[-1]
            self.assertEqual((last["is_deleted"], last["revision"]), (True, 2), key)
            self.assertEqual(len(last), 4, "A tombstone names nothing but its key.")
        self.bom.action_unarchive()
        self.publish()
        self.assertEqual(self.told(BOM, self.key_of(self.bom))[-1]["revision"], 3)

    def test_a_new_code_ends_the_old_one(self):
        self.screw.default_code = "SCR-M8"
        self.publish()
        self.assertTrue(self.told(PRODUCT, "SCR-M6")[-1]["is_deleted"])
        self.assertEqual(self.told(PRODUCT, "SCR-M8")[-1]["revision"], 1)
        self.assertEqual(self.told(BOM, self.key_of(self.bom))[-1]["components"][2]["product"], "SCR-M8")

    def test_half_a_bill_is_never_told(self):
        self.oil.default_code = False
        self.bench.code = False
        self.publish()
        bom, routing = self.key_of(self.bom), self.key_of(self.bom, "RTG")
        self.assertEqual((len(self.messages(BOM, bom)), len(self.messages(ROUTING, routing))), (1, 1))
        rows = self.env["mes.publication"].search([("missing", "!=", False)])
        self.assertEqual(set(rows.mapped("object_key")), {bom, routing})
        cases = self.env["mes.case"].search(
            [("code", "=", "master_data_incomplete"), ("state", "=", CaseState.OPEN.value)]
        )
        self.assertEqual(set(cases.mapped("event_type")), {BOM, ROUTING})
        self.assertIn("Test bench 1", " ".join(cases.mapped("text")))
        self.assertEqual(cases.owner_id, self.system.owner_id)
        self.oil.default_code = "OIL-6"
        self.bench.code = "TST2"
        self.publish()
        self.assertEqual(set(cases.mapped("state")), {CaseState.CLOSED.value})
        self.assertEqual(self.told(BOM, bom)[-1]["components"][3]["product"], "OIL-6")
        self.assertEqual(self.told(ROUTING, routing)[-1]["operations"][1]["work_center"], "TST2")

    def test_of_two_products_with_one_code_neither_is_guessed(self):
        other = self.make_product("GEAR-20", "none", self.gearbox.uom_id)
        self.publish()
        self.assertEqual(len(self.messages(PRODUCT, "GEAR-20")), 1)
        row = self.env["mes.publication"].search([("object_key", "=", "GEAR-20"), ("kind", "=", "product")])
        self.assertIn("GEAR-20", row.missing)
        other.default_code = "GEAR-21"
        self.publish()
        self.assertEqual(len(self.messages(PRODUCT, "GEAR-21")), 1)

    def test_without_a_route_a_change_leaves_no_mark(self):
        self.system.state = SystemState.DRAFT.value
        self.gearbox.name = "Another"
        self.env.cr.flush()
        self.assertFalse(self.env["mes.mark"].search([]))

    def test_variants_have_bills_of_their_own(self):
        attribute = self.env["product.attribute"].create(
            {"name": "Ratio", "value_ids": [(0, 0, {"name": name}) for name in ("1:10", "1:20")]}
        )
        template = self.env["product.template"].create(
            {
                "name": "Reducer",
                "attribute_line_ids": [
                    (0, 0, {"attribute_id": attribute.id, "value_ids": [(6, 0, attribute.value_ids.ids)]})
                ],
            }
        )
        slow, fast = template.product_variant_ids
        slow.default_code, fast.default_code = "RED-10", "RED-20"
        bom = self.env["mrp.bom"].create({"product_tmpl_id": template.id})
        for component, variant in ((self.gear, slow), (self.screw, fast)):
            values = variant.product_template_attribute_value_ids
            self.env["mrp.bom.line"].create(
                {
                    "bom_id": bom.id,
                    "product_id": component.id,
                    "product_qty": 1,
                    "bom_product_template_attribute_value_ids": values.ids,
                }
            )
        self.publish()
        for variant, component in ((slow, "GEAR-20"), (fast, "SCR-M6")):
            [data] = self.told(BOM, f"BOM-{bom.id}-{variant.id}")
            self.assertEqual(
                (data["product"], [one["product"] for one in data["components"]]), (variant.default_code, [component])
            )
        [product] = self.told(PRODUCT, "RED-10")
        self.assertEqual(product["attributes"], [{"attribute": "Ratio", "value": "1:10"}])
