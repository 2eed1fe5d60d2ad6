"""Rows of the crosswalk by spreadsheet, and what PostgreSQL refuses, each constraint by itself."""

import io
from datetime import timedelta

import openpyxl
import psycopg2

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..core.states import CodeKind, CodeMapState
from .test_code_map import HAPPENED, HOUR, CodeMapCase

NAMES = ["id", "system_id", "kind", "code", "own_code", "valid_from", "valid_to", "note"]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@tagged("post_install", "-at_install", "mes")
class TestCodeMapConstraints(CodeMapCase):
    """Rows that would mean two things at once, written as the superuser: only PostgreSQL stands there."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # "4711" means the screw until HAPPENED.
        cls.row = cls.env["mes.code.map"].create(
            {
                "system_id": cls.system.id,
                "kind": CodeKind.PRODUCT.value,
                "code": "4711",
                "own_code": "SCR-M6",
                "valid_to": HAPPENED,
            }
        )
        cls.other = {"own_code": "HSG-100", "res_id": cls.housing.id}

    def add(self, **values):
        row = self.env["mes.code.map"].create(dict(self.row.copy_data()[0], **values))
        row.flush_recordset()
        return row

    def assertRefused(self, constraint, **values):
        refused = self.assertRaises(psycopg2.IntegrityError)
        with mute_logger("odoo.sql_db"), refused as caught, self.env.cr.savepoint():
            self.add(**values)
        self.assertEqual(caught.exception.diag.constraint_name, f"mes_code_map_{constraint}")

    def test_a_code_has_one_meaning_at_a_time(self):
        self.assertRefused("one_meaning", **self.other)
        self.assertRefused("one_meaning", **self.other, is_alias=True)
        self.assertRefused("one_meaning", **self.other, valid_from=HAPPENED - HOUR, valid_to=False)
        self.add(**self.other, valid_from=HAPPENED, valid_to=False)
        self.add(**self.other, code="4712", valid_from=HAPPENED - HOUR, valid_to=HAPPENED)

    def test_a_thing_is_told_by_one_code_at_a_time(self):
        self.assertRefused("one_told", code="4712")
        self.assertRefused("one_told", code="4712", valid_from=HAPPENED - timedelta(seconds=1), valid_to=False)
        self.add(code="4712", is_alias=True)
        self.add(code="4713", valid_from=HAPPENED, valid_to=False)

    def test_a_thing_without_a_record_is_told_by_one_code_too(self):
        operation = {"kind": CodeKind.OPERATION.value, "own_code": "10", "res_id": False}
        self.add(**operation, code="A")
        self.assertRefused("one_told", **operation, code="B")
        self.assertRefused("one_meaning", **dict(operation, own_code="20"), code="A")

    def test_systems_and_plants_speak_for_themselves(self):
        plant = {"system_id": False, "plant_id": self.plant.id}
        self.add(**plant, **self.other)
        self.assertRefused("one_meaning", **plant)
        self.assertRefused("one_told", **plant, **self.other, code="4712")
        other = self.system.copy({"code": "mes-south"})
        self.add(system_id=other.id, **self.other)

    def test_what_is_only_proposed_is_in_nobodys_way(self):
        self.plant.mes_second_person = True
        proposed = self.add(**self.other)
        self.assertEqual(proposed.state, CodeMapState.PROPOSED.value)
        refused = self.assertRaises(psycopg2.errors.ExclusionViolation)
        with mute_logger("odoo.sql_db"), refused, self.env.cr.savepoint():
            proposed.with_user(self.steward).action_approve()
            proposed.flush_recordset()

    def test_a_row_has_one_owner_and_ends_after_it_begins(self):
        self.assertRefused("one_scope", code="X", plant_id=self.plant.id, is_alias=True)
        self.assertRefused("range", code="X", is_alias=True, valid_from=HAPPENED + HOUR)


@tagged("post_install", "-at_install", "mes")
class TestCodeMapSheet(CodeMapCase):
    def load(self, rows, names=NAMES):
        with mute_logger("odoo.sql_db"):
            return self.env["mes.code.map"].with_user(self.steward).load(names, rows)

    def errors(self, result):
        return [(message["rows"]["from"], message["message"]) for message in result["messages"]]

    def rows(self):
        return self.env["mes.code.map"].search([("system_id", "=", self.system.id)])

    def test_every_error_stands_at_its_row_and_names_its_code(self):
        self.map("4711", "SCR-M6")
        sheet = [
            ["", "mes-north", "product", "1", "GEAR-20", "2026-01-01 00:00:00", "", ""],
            ["", "mes-north", "product", "2", "NOBODY", "", "", ""],
            ["", "mes-north", "Unit", "STK", "C62", "", "", ""],
            ["", "mes-north", "product", "4711", "HSG-100", "", "", ""],
            ["", "mes-north", "product", "3", "", "", "", ""],
        ]
        result = self.load(sheet)
        self.assertFalse(result["ids"])
        self.assertEqual(
            self.errors(result),
            [
                (1, "2: nothing in Odoo is called NOBODY (Product)."),
                (3, "4711: The code has another meaning at that time."),
                (4, "3: say what the code means in Odoo."),
            ],
        )
        self.assertEqual(self.rows().mapped("code"), ["4711"], "Nothing of it is stored.")
        result = self.load([sheet[0], sheet[2]])
        self.assertFalse(result["messages"])
        made = self.env["mes.code.map"].browse(result["ids"])
        self.assertEqual(made.mapped("res_id"), [self.gear.id, self.env.ref("uom.product_uom_unit").id])

    def test_an_exported_sheet_that_comes_back_changes_what_was_changed_in_it(self):
        first, second = self.map("1", "GEAR-20", valid_from=HAPPENED), self.map("2", "HSG-100")
        sheet = (first | second).with_user(self.steward).export_data(NAMES)["datas"]
        self.assertFalse(self.load(sheet)["messages"])
        sheet[0][6], sheet[0][7] = "2026-11-23 00:00:00", "Replaced"
        new = ["", "mes-north", "product", "3", "OIL-5", "", "", ""]
        result = self.load([*sheet, new])
        self.assertFalse(result["messages"])
        self.assertEqual(result["ids"][:2], [first.id, second.id])
        self.assertEqual(
            (first.note, first.valid_to, second.valid_to), ("Replaced", HAPPENED.replace(day=23, hour=0), False)
        )
        self.assertEqual(self.rows().mapped("code"), ["1", "2", "3"])

    def test_a_sheet_does_not_rewrite_what_a_row_says(self):
        row = self.map("1", "GEAR-20")
        sheet = row.with_user(self.steward).export_data(NAMES)["datas"]
        [line] = sheet
        line[4] = "HSG-100"
        [(place, words)] = self.errors(self.load([["", "mes-north", "product", "0", "OIL-5", "", "", ""], line]))
        self.assertEqual(place, 1)
        self.assertIn("1: what a row says is not changed (Code in Odoo).", words)
        self.assertEqual(row.res_id, self.gear.id)

    def test_an_exported_end_is_not_asked_for_again(self):
        row = self.map("1", "GEAR-20", valid_to=HAPPENED)
        self.plant.mes_second_person = True
        result = self.load(row.with_user(self.steward).export_data(NAMES)["datas"])
        self.assertFalse(result["messages"] or row.is_end_asked)

    def test_a_workbook_with_good_and_bad_rows(self):
        header = ["system_id", "kind", "code", "own_code", "valid_from"]
        good = ["mes-north", "product", 7001, "GEAR-20", "2026-01-01 00:00:00"]
        bad = ["mes-north", "product", 7002, "NOBODY", None]
        result = self.import_workbook(header, good, bad)
        self.assertEqual(self.errors(result), [(1, "7002: nothing in Odoo is called NOBODY (Product).")])
        self.assertFalse(self.rows())
        self.assertFalse(self.import_workbook(header, good)["messages"])
        self.assertEqual((self.rows().code, self.rows().res_id), ("7001", self.gear.id))

    def import_workbook(self, header, *rows):
        """As the import screen does it."""
        workbook, file = openpyxl.Workbook(), io.BytesIO()
        for row in (header, *rows):
            workbook.active.append(row)
        workbook.save(file)
        values = {"res_model": "mes.code.map", "file": file.getvalue(), "file_name": "codes.xlsx", "file_type": XLSX}
        wizard = self.env["base_import.import"].with_user(self.steward).create(values)
        options = {"has_headers": True, "sheet": "Sheet", "sheets": ["Sheet"], "keep_matches": False}
        with mute_logger("odoo.sql_db"):
            return wizard.execute_import(header, header, options)

    def test_a_row_of_the_screen_is_refused_in_words_too(self):
        with self.assertRaisesRegex(UserError, "4712: nothing in Odoo is called NOBODY"):
            self.map("4712", "NOBODY")
