"""Units by UN/ECE code: all of Odoo's, archived ones too, converted with Odoo's rounding, never guessed."""

from odoo.tests import tagged

from ..core.states import CodeKind, InboxState
from .test_code_map import CodeMapCase

#: Recommendation 20 has no code for it: it is a pack, not a unit of count.
WITHOUT = {"product_uom_pack_6"}
#: One of each in the first unit of its kind, by Recommendation 20; Odoo's own factors are rounded to six digits.
REC_20 = {
    "DZN": ("C62", 12),
    "MIN": ("HUR", 1 / 60),
    "CMT": ("MMT", 10),
    "MTR": ("MMT", 1000),
    "KMT": ("MMT", 1e6),
    "INH": ("MMT", 25.4),
    "FOT": ("MMT", 304.8),
    "YRD": ("MMT", 914.4),
    "SMI": ("MMT", 1609344),
    "FTK": ("MTK", 0.09290304),
    "MLT": ("LTR", 0.001),
    "MTQ": ("LTR", 1000),
    "OZA": ("LTR", 0.02957353),
    "QTL": ("LTR", 0.9463529),
    "GLL": ("LTR", 3.785412),
    "INQ": ("LTR", 0.01638706),
    "FTQ": ("LTR", 28.31685),
    "KGM": ("GRM", 1000),
    "TNE": ("GRM", 1e6),
    "ONZ": ("GRM", 28.34952),
    "LBR": ("GRM", 453.59237),
}


@tagged("post_install", "-at_install", "mes")
class TestUnits(CodeMapCase):
    def unit(self, code):
        return self.env["mes.resolver"]._unit(code)

    def converted(self, value, uom, to):
        return self.env["mes.resolver"]._quantity({"value": value, "uom": uom}, to)

    def test_every_unit_of_odoo_has_its_code(self):
        names = self.env["ir.model.data"].search([("module", "=", "uom"), ("model", "=", "uom.uom")])
        units = {one.name: self.env["uom.uom"].browse(one.res_id) for one in names}
        self.assertEqual({name for name, unit in units.items() if not unit.unece_code}, WITHOUT)
        codes = [unit.unece_code for unit in units.values() if unit.unece_code]
        self.assertEqual(len(codes), len(set(codes)))

    def test_the_codes_stand_at_the_right_units(self):
        for code, (base, factor) in REC_20.items():
            with self.subTest(code):
                unit, first = self.unit(code), self.unit(base)
                self.assertTrue(unit._has_common_reference(first))
                ratio = unit._compute_quantity(1, first, round=False) / factor
                self.assertAlmostEqual(ratio, 1, 4)

    def test_an_archived_unit_is_understood_unless_another_has_its_code(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        dozen.active = False
        self.assertEqual(self.unit("DZN"), dozen)
        own = dozen.copy({"name": "Twelve", "active": True})
        self.assertEqual(self.unit("DZN"), own)

    def test_quantities_are_rounded_as_odoo_rounds(self):
        litre = self.oil.uom_id
        self.env.ref("uom.decimal_product_uom").digits = 2
        for value, expected in ((1234, 1.23), (1235, 1.24), (5, 0.01), (4, 0.0)):
            self.assertEqual(self.converted(value, "MLT", litre), expected)
        self.assertEqual(self.converted(2, "DZN", self.screw.uom_id), 24)

    def test_an_alias_is_the_systems_own(self):
        self.map("L", "LTR", CodeKind.UNIT)
        other = self.system.copy({"code": "mes-south"})
        self.map("L", "MLT", CodeKind.UNIT, system_id=other.id)
        order, lot = self.release(5), self.lots[self.oil][0].name
        self.assertEqual(self.oil.uom_id.mes_code_map_ids.mapped("system_id"), self.system)
        message = self.use(order, "OIL-5", uom="L", operation="20", lot=lot)
        self.assertDone(message)
        self.assertEqual(message.effect_ids.quantity, 1)

    def test_what_is_no_unit_here_waits_and_what_is_another_kind_is_rejected(self):
        order, lot = self.release(5), self.lots[self.oil][0].name
        unknown = self.use(order, "OIL-5", uom="BLL", operation="20", lot=lot)
        self.assertStopped(unknown, InboxState.PARKED, "unmapped_code")
        self.assertEqual(unknown.waiting_for, "unit:BLL")
        for uom in ("KGM", "C62", "MTR", "HUR"):
            with self.subTest(uom):
                wrong = self.use(order, "OIL-5", uom=uom, operation="20", lot=lot)
                self.assertStopped(wrong, InboxState.REJECTED, "uom_mismatch")
