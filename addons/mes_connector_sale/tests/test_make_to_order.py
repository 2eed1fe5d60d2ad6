"""From a confirmed sale to the release, and back: levels, attributes, custom values, phases on the line, dates."""

import json

from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from odoo.addons.mes_connector.core.states import OrderPhase
from odoo.addons.mes_connector.tests.common import MesCase


@tagged("post_install", "-at_install", "mes")
class TestMakeToOrder(MesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plant.mes_auto_release = True
        mto = cls.env.ref("stock.route_warehouse0_mto")
        mto.active = True
        cls.make_route = mto | cls.plant.manufacture_pull_id.route_id
        cls.gearbox.route_ids = [Command.set(cls.make_route.ids)]
        cls.customer = cls.env["res.partner"].create({"name": "Hall 7"})
        cls.machine = cls.make_machine()

    @classmethod
    def make_machine(cls):
        """A configured product that needs one gearbox: colour makes variants, engraving is free text."""
        color, engraving = cls.env["product.attribute"].create(
            [
                {"name": "Color", "create_variant": "always"},
                {"name": "Engraving", "create_variant": "no_variant"},
            ]
        )
        values = cls.env["product.attribute.value"].create(
            [
                {"name": "Blue", "attribute_id": color.id},
                {"name": "Red", "attribute_id": color.id},
                {"name": "None", "attribute_id": engraving.id},
                {"name": "Text", "attribute_id": engraving.id, "is_custom": True},
            ]
        )
        lines = [
            Command.create({"attribute_id": one.id, "value_ids": [Command.set(one.value_ids.ids)]})
            for one in color | engraving
        ]
        template = cls.env["product.template"].create(
            {
                "name": "Machine",
                "is_storable": True,
                "route_ids": [Command.set(cls.make_route.ids)],
                "attribute_line_ids": lines,
            }
        )
        for variant in template.product_variant_ids:
            variant.default_code = f"MCH-{variant.product_template_attribute_value_ids.name}"
        cls.env["mrp.bom"].create(
            {
                "product_tmpl_id": template.id,
                "bom_line_ids": [Command.create({"product_id": cls.gearbox.id, "product_qty": 1})],
            }
        )
        cls.values = values
        return template.product_variant_ids.filtered(lambda one: one.default_code == "MCH-Blue")

    def sell(self, product=None, quantity=2.0, **line):
        sale = self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "client_order_ref": "PO 4711",
                "warehouse_id": self.plant.id,
                "order_line": [
                    Command.create(dict(line, product_id=(product or self.gearbox).id, product_uom_qty=quantity))
                ],
            }
        )
        sale.action_confirm()
        return sale

    def sent(self, order, event_type="order.released"):
        self.env.cr.flush()
        [row] = order.mes_outbox_ids.filtered(lambda one: one.event_type == f"mes.{event_type}.v1")
        event = json.loads(row.payload)
        self.assertEqual(self.env["mes.dispatcher"]._schema_set().validate(event["type"], event["data"]), ())
        return event["data"]

    def test_from_the_sale_to_the_release(self):
        sale = self.sell()
        order = sale.order_line.mes_production_ids
        self.assertEqual((order.product_id, order.product_qty, order.mes_phase), (self.gearbox, 2, "released"))
        data = self.sent(order)
        self.assertEqual(data["sale"], {"order": sale.name, "customer_reference": "PO 4711"})
        self.assertNotIn("parent", data)
        self.assertNotIn("attributes", data)

    def test_the_line_is_told_when_the_phase_moves(self):
        sale = self.sell()
        line, order = sale.order_line, sale.order_line.mes_production_ids
        self.assertEqual(line.mes_phase, OrderPhase.RELEASED.value)
        self.send("operation.started", order, operation="10", work_center="ASM1")
        self.assertEqual(line.mes_phase, OrderPhase.IN_PROGRESS.value)
        order.action_mes_hold("Cracked housing")
        self.assertEqual(line.mes_phase, OrderPhase.QUALITY_HOLD.value)
        notes = sale.message_ids.mapped("body")
        for words in ("Released", "In progress", "Quality hold in the plant. Cracked housing"):
            self.assertTrue([note for note in notes if order.name in note and words in note], (words, notes))
        self.confirm_nothing(sale, order)

    def confirm_nothing(self, sale, order):
        """What does not move the phase is no news."""
        order.action_mes_resume()
        count = len(sale.message_ids)
        self.consume(order, {(self.housing, self.lots[self.housing][0]): 1})
        self.assertEqual(len(sale.message_ids), count)

    def test_a_clerk_sees_the_phase_without_manufacturing_rights(self):
        clerk = new_test_user(self.env, "seller", groups="sales_team.group_sale_salesman_all_leads")
        sale = self.sell()
        self.assertEqual(sale.order_line.with_user(clerk).mes_phase, OrderPhase.RELEASED.value)

    def test_the_least_advanced_order_counts(self):
        sale = self.sell()
        first = sale.order_line.mes_production_ids
        self.send("operation.started", first, operation="10", work_center="ASM1")
        second = self.make_order(1, sale_line_id=sale.order_line.id)
        self.assertEqual(sale.order_line.mes_phase, OrderPhase.RELEASED.value)
        second.action_cancel()
        self.assertEqual(sale.order_line.mes_phase, OrderPhase.IN_PROGRESS.value)

    def test_levels_attributes_and_custom_values(self):
        template = self.machine.product_tmpl_id
        free_text = template.attribute_line_ids.product_template_value_ids.filtered(lambda one: one.name == "Text")
        sale = self.sell(
            self.machine,
            product_no_variant_attribute_value_ids=[Command.set(free_text.ids)],
            product_custom_attribute_value_ids=[
                Command.create(
                    {"custom_product_template_attribute_value_id": free_text.id, "custom_value": "To our founder"}
                )
            ],
        )
        machine = sale.order_line.mes_production_ids
        gearbox = machine.mes_child_ids
        self.assertEqual((gearbox.product_id, gearbox.mes_phase), (self.gearbox, OrderPhase.RELEASED.value))
        self.assertEqual(
            self.sent(machine)["attributes"],
            [
                {"attribute": "Color", "value": "Blue"},
                {"attribute": "Engraving", "value": "Text", "custom": "To our founder"},
            ],
        )
        below = self.sent(gearbox)
        self.assertEqual((below["parent"], below["sale"]["order"]), (machine.mes_reference, sale.name))
        self.assertNotIn("attributes", below)
        self.send("operation.started", gearbox, operation="10", work_center="ASM1")
        self.assertEqual(machine.mes_child_ids.mes_phase, OrderPhase.IN_PROGRESS.value)
        self.assertEqual(sale.order_line.mes_phase, OrderPhase.RELEASED.value, "the line is told of its own order")

    def test_another_promised_date_reaches_the_plant(self):
        sale = self.sell()
        order = sale.order_line.mes_production_ids
        self.env.cr.flush()
        sale.commitment_date = "2027-03-01 12:00:00"
        data = self.sent(order, "order.changed")
        self.assertIn("due", data["changes"])
        self.assertEqual(data["due"], "2027-03-01T12:00:00Z")
