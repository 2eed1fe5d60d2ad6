"""Two plants and two companies with the same codes, lots and numbers: nothing of one ever touches the other."""

from contextlib import contextmanager

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from ..core.states import InboxState, OrderPhase, SystemState
from .common import MesCase


class MultiCase(MesCase):
    @classmethod
    def make_system(cls, code, plant):
        return cls.env["mes.system"].create(
            {
                "name": code,
                "code": code,
                "company_id": plant.company_id.id,
                "plant_ids": plant.ids,
                "endpoint_url": f"https://{code}.example.com/events",
                "state": SystemState.ACTIVE.value,
            }
        )

    @contextmanager
    def sent_by(self, system):
        """What is delivered inside comes from ``system``."""
        usual, self.system = self.system, system
        try:
            yield
        finally:
            self.system = usual

    def order_at(self, plant, product=None, quantity=10):
        order = self.env["mrp.production"].create(
            {
                "product_id": (product or self.gearbox).id,
                "product_qty": quantity,
                "company_id": plant.company_id.id,
                "picking_type_id": plant.manu_type_id.id,
            }
        )
        order.action_confirm()
        return order

    def release_at(self, plant, product=None):
        order = self.order_at(plant, product)
        order.action_mes_release()
        return order


@tagged("post_install", "-at_install", "mes")
class TestMultiPlant(MultiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.south = cls.env["stock.warehouse"].create({"name": "South", "code": "STH"})
        cls.south_system = cls.make_system("mes-south", cls.south)
        for product, quantity in ((cls.housing, 50), (cls.gear, 100), (cls.oil, 50)):
            cls.env["stock.quant"]._update_available_quantity(
                product, cls.south.lot_stock_id, quantity, lot_id=cls.lots[product][0]
            )

    def test_a_release_and_a_change_go_to_the_systems_of_their_plant(self):
        north, south = self.release_at(self.plant), self.release_at(self.south)
        north.product_qty = south.product_qty = 12
        self.env.cr.flush()
        self.assertEqual(north.mes_outbox_ids.mapped("system_id.code"), ["mes-north"])
        self.assertEqual(south.mes_outbox_ids.mapped("system_id.code"), ["mes-south"])
        self.assertEqual((len(north.mes_outbox_ids), len(south.mes_outbox_ids)), (2, 2))

    def test_a_system_cannot_speak_of_another_plants_order(self):
        north = self.release_at(self.plant)
        with self.sent_by(self.south_system):
            self.assertStopped(self.report(north, 1, "F1"), InboxState.PARKED, "unknown_order")
            refusal = self.send("order.acknowledged", north, revision=1, accepted=False)
        self.assertStopped(refusal, InboxState.PARKED, "unknown_order")
        self.assertPhase(north, OrderPhase.RELEASED)
        self.assertFalse(north.mes_effect_ids)

    def test_stock_is_taken_from_the_orders_plant(self):
        south = self.release_at(self.south)
        with self.sent_by(self.south_system):
            self.assertDone(self.consume(south, {(self.housing, self.lots[self.housing][0]): 10}))
            short = self.consume(south, {(self.housing, self.lots[self.housing][1]): 1})
        self.assertStopped(short, InboxState.PARKED, "component_shortage")
        self.assertEqual(self.on_hand(self.housing), 1000, "the north still has all of its own")

    def test_rules_hold_for_their_plant_only(self):
        self.plant.mes_auto_release = True
        self.assertPhase(self.order_at(self.plant), OrderPhase.RELEASED)
        self.assertPhase(self.order_at(self.south), OrderPhase.PLANNED)
        self.south_system.state = SystemState.DRAFT.value
        self.assertFalse(self.order_at(self.south).mes_phase)

    def test_paper_mode_is_of_one_plant(self):
        self.plant.action_mes_paper_start("Network is down")
        north, south = self.release_at(self.plant), self.release_at(self.south)
        self.assertEqual((north.mes_is_paper, south.mes_is_paper), (True, False))

    def test_a_person_of_one_plant_sees_that_plant(self):
        north, south = self.release_at(self.plant), self.release_at(self.south)
        operator = new_test_user(self.env, "operator", groups="mes_connector.group_mes_operator")
        operator.mes_plant_ids = self.south
        for model in ("mes.order.transition", "mes.outbox.message"):
            seen = self.env[model].with_user(operator).search([("production_id", "in", (north | south).ids)])
            self.assertEqual(seen.production_id, south, model)


@tagged("post_install", "-at_install", "mes")
class TestMultiCompany(MultiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.env["res.company"].create({"name": "Other Works"})
        cls.env.user.company_ids |= cls.other
        cls.env = cls.env(context=dict(cls.env.context, allowed_company_ids=[cls.env.company.id, cls.other.id]))
        cls.other_plant = cls.env["stock.warehouse"].search([("company_id", "=", cls.other.id)], limit=1)
        cls.other_system = cls.make_system("mes-other", cls.other_plant)
        for product in (cls.gearbox, cls.housing, cls.gear, cls.oil, cls.screw):
            product.company_id = cls.plant.company_id
        # The same codes and lot as in the first company.
        cls.other_box, cls.other_housing = (cls.other_product(code) for code in ("GBX-100", "HSG-100"))
        line = fields.Command.create({"product_id": cls.other_housing.id, "product_qty": 1})
        cls.env["mrp.bom"].create(
            {
                "product_tmpl_id": cls.other_box.product_tmpl_id.id,
                "company_id": cls.other.id,
                "bom_line_ids": [line],
            }
        )
        cls.other_lot = cls.env["stock.lot"].create(
            {"name": "HSG-100-A", "product_id": cls.other_housing.id, "company_id": cls.other.id}
        )
        cls.env["stock.quant"]._update_available_quantity(
            cls.other_housing, cls.other_plant.lot_stock_id, 100, lot_id=cls.other_lot
        )

    @classmethod
    def other_product(cls, code):
        product = cls.make_product(code, "lot", cls.env.ref("uom.product_uom_unit"))
        product.company_id = cls.other
        return product

    def test_the_same_number_lot_and_codes_in_two_companies(self):
        ours, theirs = self.release(quantity=10), self.release_at(self.other_plant, self.other_box)
        theirs.mes_reference = ours.mes_reference
        lot = self.lots[self.housing][0]
        self.assertDone(self.consume(ours, {(self.housing, lot): 10}), self.report(ours, 10, "F1"))
        self.assertPhase(theirs, OrderPhase.RELEASED)
        items = [{"product": "HSG-100", "lot": lot.name, "quantity": self.quantity(4)}]
        with self.sent_by(self.other_system):
            message = self.send("material.consumed", theirs, items=items)
        self.assertDone(message)
        line = theirs.move_raw_ids.filtered(lambda one: one.state == "done").move_line_ids
        self.assertEqual((line.lot_id, line.quantity, line.company_id), (self.other_lot, 4, self.other))
        self.assertEqual(message.effect_ids.company_id, self.other)
        self.assertEqual(self.on_hand(self.housing), 990)

    def test_an_order_of_the_other_company_is_unknown(self):
        theirs = self.release_at(self.other_plant, self.other_box)
        self.assertStopped(self.report(theirs, 1, "F1"), InboxState.PARKED, "unknown_order")
        self.assertPhase(theirs, OrderPhase.RELEASED)

    def test_a_person_of_one_company_sees_that_company(self):
        ours, theirs = self.release(quantity=10), self.release_at(self.other_plant, self.other_box)
        auditor = new_test_user(self.env, "auditor", groups="mes_connector.group_mes_auditor,mrp.group_mrp_user")
        log = self.env(user=auditor, context={})["mes.order.transition"]
        self.assertEqual(log.search([("production_id", "in", (ours | theirs).ids)]).production_id, ours)
        with self.assertRaises(AccessError):
            log.env["mrp.production"].browse(theirs.id).read(["mes_phase"])
