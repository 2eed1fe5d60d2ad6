"""What a change of the crosswalk brings about: messages that go on and are followed, master data that is told again."""

from datetime import datetime

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..core.crosswalk import PUBLISHED, codes_in
from ..core.states import CodeKind, InboxState, ReplayState
from .test_code_map import HAPPENED, HOUR, CodeMapCase
from .test_master_data import BOM, PRODUCT, ROUTING, MasterCase

LONG_AGO, NOT_SO_LONG_AGO = datetime(2020, 1, 1), datetime(2020, 2, 1)


@tagged("post_install", "-at_install", "mes")
class TestCodeMapOutcome(CodeMapCase):
    def test_a_row_shows_what_became_of_what_it_let_through(self):
        order = self.release(5)
        good = self.use(order, "NEW")
        items = [{"product": code, "quantity": {"value": 1, "uom": "C62"}} for code in ("NEW", "OTHER")]
        bad = self.send("material.consumed", order, operation="10", items=items)
        row = self.map("NEW", "SCR-M6")
        self.assertEqual((row.resumed_count, row.resumed), (2, "Pending: 2"))
        self.drain()
        row.invalidate_recordset()
        self.assertEqual(row.resumed_count, 2)
        self.assertEqual(set(row.resumed.split(", ")), {"Done: 1", "Parked: 1"})
        shown = self.env["mes.inbox.message"].search(row.action_open_messages()["domain"])
        self.assertEqual(shown, good | bad)
        self.map("OTHER", "SCR-M6", is_alias=True)
        self.drain()
        self.assertDone(bad)

    def test_who_approves_is_told_how_many_go_on(self):
        self.plant.mes_second_person = True
        order = self.release(5)
        self.use(order, "NEW"), self.use(order, "NEW")
        row = self.map("NEW", "SCR-M6")
        self.assertEqual(row.resumed_count, 0)
        [unknown] = self.env["mes.code.unknown"].search([("code", "=", "NEW")])
        self.assertTrue(unknown.is_proposed, "Nobody need map it again.")
        self.assertEqual(self.env["mes.code.map"].search(unknown.action_open_rows()["domain"]), row)
        notice = row.with_user(self.second).action_approve()["params"]
        self.assertEqual(notice["message"], "Approved: 2 messages go on.")

    def test_a_selection_is_approved_and_ended_only_where_that_says_something(self):
        over, current = self.map("1", "SCR-M6", valid_to=LONG_AGO), self.map("2", "HSG-100")
        with self.assertRaises(UserError):
            (over | current).with_user(self.second).action_approve()
        (over | current).action_end()
        self.assertEqual(over.valid_to, LONG_AGO)
        self.assertTrue(current.valid_to)
        self.plant.mes_second_person = True
        proposed = self.map("3", "GEAR-20")
        (over | current | proposed).with_user(self.second).action_approve()
        self.assertEqual((over | current | proposed).mapped("approved_by_id"), self.second)
        self.assertFalse((over | current).approved_by_id)

    def test_the_switch_to_the_same_codes_lets_through_at_once(self):
        order = self.release(5)
        self.system.has_same_codes = False
        known, unknown = self.use(order, "SCR-M6"), self.use(order, "NEW")
        self.assertStopped(known, InboxState.PARKED, "unmapped_code")
        self.system.has_same_codes = True
        self.assertEqual(known.state, InboxState.PENDING.value)
        self.drain()
        self.assertDone(known)
        self.assertStopped(unknown, InboxState.PARKED, "unmapped_code")

    def test_equipment_that_stands_still_is_read_as_of_its_time(self):
        self.map("P-7", "PUMP-1", CodeKind.EQUIPMENT, valid_to=HAPPENED)
        self.map("P-7", "PUMP-2", CodeKind.EQUIPMENT, valid_from=HAPPENED)
        for name, at in (("s-1", HAPPENED - HOUR), ("s-2", HAPPENED)):
            self.stop("started", name, at, equipment="P-7")
        self.stop("ended", "s-1", HAPPENED - HOUR / 2)
        stops = self.env["mes.downtime"].search([("name", "in", ["s-1", "s-2"])], order="name")
        self.assertEqual(stops.mapped("equipment"), ["PUMP-1", "PUMP-2"])
        self.stop("ended", "s-2", HAPPENED + HOUR, equipment="P-7")
        self.assertEqual(stops[1].equipment, "PUMP-2")

    def test_equipment_nobody_mapped_is_as_the_system_says_or_waits(self):
        self.stop("started", "s-1", HAPPENED, equipment="P-9")
        self.assertEqual(self.env["mes.downtime"].search([("name", "=", "s-1")]).equipment, "P-9")
        self.system.has_same_codes = False
        self.map("ASM1", "ASM1", CodeKind.WORK_CENTER)
        message = self.stop("started", "s-2", HAPPENED, equipment="P-9")
        self.assertStopped(message, InboxState.PARKED, "unmapped_code")
        self.assertEqual(message.waiting_for, "equipment:P-9")

    def stop(self, what, name, at, **data):
        event = self.event(f"downtime.{what}", "", downtime=name, work_center="ASM1", **data)
        del event["data"]["order"]
        return self.deliver(dict(event, time=at.isoformat() + "Z"))


@tagged("post_install", "-at_install", "mes")
class TestCodeMapTold(MasterCase, CodeMapCase):
    """The system has been told everything in Odoo's codes."""

    def setUp(self):
        super().setUp()
        self.publish()

    def compare(self):
        """Work what the crosswalk has asked for; the number of messages."""
        runs = self.env["mes.publication.run"].search([("state", "=", ReplayState.RUNNING.value)])
        for run in runs:
            while run._try_step() is not None:
                self.env.cr.flush()
        return sum(runs.mapped("sent_count"))

    def products(self, event_type, key):
        return sorted(codes_in(self.told(event_type, key)[-1])[CodeKind.PRODUCT])

    def test_a_new_code_is_told_wherever_the_thing_is_named(self):
        self.map("4711", "SCR-M6")
        # The product, the bill that uses it; the routing does not name it.
        self.assertEqual(self.compare(), 2)
        told = self.told(PRODUCT, "SCR-M6")
        self.assertEqual([(one["product"], one["revision"]) for one in told], [("SCR-M6", 1), ("4711", 2)])
        self.assertEqual(self.products(BOM, self.key_of(self.bom)), ["4711", "GBX-100", "GEAR-20", "HSG-100", "OIL-5"])

    def test_units_work_centers_and_operations_reach_what_names_them(self):
        self.map("STK", "C62", CodeKind.UNIT)
        self.map("LINE-1", "ASM1", CodeKind.WORK_CENTER)
        self.map("OP-A", "10", CodeKind.OPERATION)
        self.compare()
        self.assertEqual(self.told(PRODUCT, "GBX-100")[-1]["uom"], "STK")
        self.assertEqual(self.told("mes.work_center.published.v1", "ASM1")[-1]["work_center"], "LINE-1")
        first = self.told(ROUTING, self.key_of(self.bom, "RTG"))[-1]["operations"][0]
        self.assertEqual((first["operation"], first["work_center"]), ("OP-A", "LINE-1"))

    def test_the_same_is_not_told_again_and_an_end_takes_it_back(self):
        row = self.map("4711", "SCR-M6", valid_from=LONG_AGO)
        self.compare()
        self.env["mes.publication.run"]._cron_compare()
        self.assertEqual(self.compare(), 0)
        row.valid_to = NOT_SO_LONG_AGO
        self.assertEqual(self.compare(), 2)
        self.assertEqual(self.told(PRODUCT, "SCR-M6")[-1]["product"], "SCR-M6")

    def test_a_deleted_thing_is_gone_under_the_code_of_the_system(self):
        self.map("4712", "OIL-5")
        self.compare()
        self.bom.bom_line_ids.filtered(lambda line: line.product_id == self.oil).unlink()
        self.oil.action_archive()
        self.publish()
        last = self.told(PRODUCT, "OIL-5")[-1]
        self.assertEqual((last["product"], last["is_deleted"]), ("4712", True))

    def test_one_comparison_serves_all_changes_before_it_begins(self):
        runs = self.env["mes.publication.run"]
        self.map("4711", "SCR-M6"), self.map("4712", "HSG-100")
        [first] = runs.search([("state", "=", ReplayState.RUNNING.value)])
        self.assertEqual((first.system_id, first.is_forced), (self.system, False))
        first._try_step()
        self.map("4713", "GEAR-20")
        second = runs.search([("state", "=", ReplayState.RUNNING.value)]) - first
        self.assertEqual(len(second), 1, "What has begun may be past it.")

    def test_what_systems_are_not_told_by_starts_nothing(self):
        runs = self.env["mes.publication.run"]
        self.assertNotIn(CodeKind.OPERATOR, PUBLISHED)
        self.map("007", res_id=self.steward.id, kind=CodeKind.OPERATOR)
        self.map("OLD", "SCR-M6", is_alias=True)
        self.plant.mes_second_person = True
        self.map("4711", "SCR-M6")
        self.assertFalse(runs.search([("state", "=", ReplayState.RUNNING.value)]))

    def test_a_row_of_the_plant_is_told_to_its_systems(self):
        self.map("4711", "SCR-M6", plant_id=self.plant.id)
        self.assertEqual(self.compare(), 2)
        self.assertEqual(self.told(PRODUCT, "SCR-M6")[-1]["product"], "4711")
