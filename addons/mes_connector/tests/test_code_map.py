"""The crosswalk: codes mean what they meant when it happened, both ways; rows overlap nowhere and are not rewritten."""

import json
from datetime import datetime, timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ..core.states import CodeKind, CodeMapState, InboxState, ReplayAction
from .common import MesCase

HAPPENED = datetime(2026, 11, 22, 10)
HOUR = timedelta(hours=1)


class CodeMapCase(MesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        groups = "mes_connector.group_mes_steward,base.group_allow_export"
        cls.steward = new_test_user(cls.env, "steward", groups=groups)
        cls.second = new_test_user(cls.env, "second", groups=groups)

    def map(self, code, own_code=None, kind=CodeKind.PRODUCT, user=None, **values):
        if "plant_id" not in values:
            values.setdefault("system_id", self.system.id)
        if own_code:
            values["own_code"] = own_code
        rows = self.env["mes.code.map"].with_user(user or self.steward)
        return rows.create(dict(values, code=code, kind=kind.value))

    def use(self, order, code, uom="C62", operation="10", at=None, **item):
        items = [dict(item, product=code, quantity={"value": 1, "uom": uom})]
        envelope = {"time": at.isoformat() + "Z"} if at else {}
        return self.send("material.consumed", order, operation=operation, items=items, envelope=envelope)

    def used(self, message):
        return message.effect_ids.mapped("product")


@tagged("post_install", "-at_install", "mes")
class TestCodeMap(CodeMapCase):
    def test_a_code_means_what_the_row_of_the_event_time_says(self):
        order = self.release(5)
        washer = self.make_product("WSH-6", "none", self.screw.uom_id)
        self.add_stock(washer, 10)
        self.map("4711", "SCR-M6", valid_to=HAPPENED)
        self.map("4711", "WSH-6", valid_from=HAPPENED)
        before, then = (self.use(order, "4711", at=at) for at in (HAPPENED - HOUR, HAPPENED))
        self.assertDone(before, then)
        self.assertEqual((self.used(before), self.used(then)), (["SCR-M6"], ["WSH-6"]))

    def test_what_waited_through_a_change_reads_the_row_of_then(self):
        order = self.release(5)
        row = self.map("4711", "SCR-M6")
        message = self.use(order, "4711", operation="99")
        self.assertStopped(message, InboxState.PARKED, "unmapped_code")
        row.valid_to = HAPPENED + HOUR
        self.make_product("WSH-6", "none", self.screw.uom_id)
        self.map("4711", "WSH-6", valid_from=HAPPENED + HOUR)
        self.map("99", "10", CodeKind.OPERATION)
        self.drain()
        self.assertDone(message)
        self.assertEqual(self.used(message), ["SCR-M6"])

    def test_what_is_applied_again_reads_the_row_of_then(self):
        order = self.release(5)
        product, unit = self.map("4711", "SCR-M6"), self.map("X", "KGM", CodeKind.UNIT)
        message = self.use(order, "4711", uom="X")
        self.assertStopped(message, InboxState.REJECTED, "uom_mismatch")
        # The unit was mapped wrongly from the start; the product gets another meaning only now.
        unit.valid_to = product.valid_to = HAPPENED - HOUR
        self.map("X", "C62", CodeKind.UNIT, valid_from=HAPPENED - HOUR)
        self.map("4711", "SCR-M6", valid_from=HAPPENED - HOUR, valid_to=HAPPENED + HOUR)
        self.map("4711", "HSG-100", valid_from=HAPPENED + HOUR)
        made = self.apply_again(message)
        self.assertDone(made)
        self.assertEqual((self.used(made), made.effect_ids.quantity), (["SCR-M6"], 1))

    def apply_again(self, message):
        values = {
            "action": ReplayAction.APPLY_AGAIN.value,
            "direction": "in",
            "message_ids": message.ids,
            "since": False,
        }
        replay = self.env["mes.replay"].create(values)
        replay.action_start()
        while replay._step() is not None:
            pass
        self.drain()
        return self.env["mes.inbox.message"].search([("replay_id", "=", replay.id)])

    def test_a_time_that_no_row_covers_is_not_guessed(self):
        order = self.release(5)
        self.map("SCR-M6", "HSG-100", valid_from=HAPPENED + HOUR)
        self.assertStopped(self.use(order, "SCR-M6"), InboxState.PARKED, "unmapped_code")

    def test_the_row_of_the_system_goes_before_that_of_its_plant(self):
        order = self.release(5)
        self.map("A", "SCR-M6", plant_id=self.plant.id)
        self.map("B", "HSG-100", plant_id=self.plant.id)
        self.map("B", "SCR-M6")
        self.assertDone(self.use(order, "A"), self.use(order, "B"))

    def test_without_the_same_codes_only_rows_count(self):
        order = self.release(5)
        self.system.has_same_codes = False
        message = self.use(order, "SCR-M6")
        self.assertStopped(message, InboxState.PARKED, "unmapped_code")
        self.map("SCR-M6", "SCR-M6")
        self.drain()
        self.assertDone(message)

    def test_units_have_aliases_and_are_never_guessed(self):
        order = self.release(5)
        self.map("STK", "C62", CodeKind.UNIT)
        self.map("DTZD", "DZN", CodeKind.UNIT)
        self.map("KILO", "KGM", CodeKind.UNIT)
        self.assertDone(piece := self.use(order, "SCR-M6", uom="STK"), dozen := self.use(order, "SCR-M6", uom="DTZD"))
        self.assertEqual((piece.effect_ids.quantity, dozen.effect_ids.quantity), (1, 12))
        self.assertStopped(self.use(order, "SCR-M6", uom="PCE"), InboxState.PARKED, "unmapped_code")
        self.assertStopped(self.use(order, "SCR-M6", uom="KILO"), InboxState.REJECTED, "uom_mismatch")
        self.env.ref("uom.product_uom_unit").copy({"name": "Another"})
        self.assertStopped(self.use(order, "SCR-M6"), InboxState.PARKED, "unmapped_code")

    def test_lots_operators_and_work_centers(self):
        order = self.release(5)
        lot = self.lots[self.housing][0]
        operator = new_test_user(self.env, "anna", groups="mrp.group_mrp_user")
        self.map("HSG-100/L-1", res_id=lot.id, kind=CodeKind.LOT)
        self.map("007", res_id=operator.id, kind=CodeKind.OPERATOR)
        self.map("LINE-1", "ASM1", CodeKind.WORK_CENTER)
        used = self.use(order, "HSG-100", lot="L-1")
        started = self.send("operation.started", order, operation="10", work_center="LINE-1", operator="007")
        self.assertDone(used, started)
        self.assertEqual(used.effect_ids.mapped("lot"), [lot.name])


@tagged("post_install", "-at_install", "mes")
class TestCodeMapOutbound(CodeMapCase):
    def told(self, order):
        (message,) = self.env["mes.outbox.message"].search(
            [("production_id", "=", order.id), ("event_type", "=", "mes.order.released.v1")]
        )
        return json.loads(message.payload)["data"]

    def test_a_system_is_told_its_own_codes(self):
        self.map("4711", "SCR-M6")
        self.map("GB", "GBX-100")
        self.map("PC", "C62", CodeKind.UNIT)
        self.map("OP-A", "10", CodeKind.OPERATION)
        self.map("LINE-1", "ASM1", CodeKind.WORK_CENTER, plant_id=self.plant.id)
        data = self.told(self.release(5))
        self.assertEqual((data["product"]["code"], data["quantity"]["uom"]), ("GB", "PC"))
        first = data["operations"][0]
        self.assertEqual((first["operation"], first["work_center"]), ("OP-A", "LINE-1"))
        components = {(row["product"], row["operation"]) for row in data["components"]}
        self.assertEqual(components, {("HSG-100", "OP-A"), ("GEAR-20", "OP-A"), ("4711", "OP-A"), ("OIL-5", "20")})

    def test_what_is_only_understood_or_over_is_not_told(self):
        self.map("OLD", "SCR-M6", valid_to=HAPPENED - 1000 * HOUR)
        self.map("ALIAS", "SCR-M6", is_alias=True)
        self.screw.default_code = "SCR-M6-NEW"
        self.assertIn("SCR-M6-NEW", [row["product"] for row in self.told(self.release(5))["components"]])

    def test_a_row_follows_its_record(self):
        self.map("4711", "SCR-M6")
        self.screw.default_code = "SCR-M6-NEW"
        order = self.release(5)
        self.assertIn("4711", [row["product"] for row in self.told(order)["components"]])
        self.assertDone(self.use(order, "4711"))


@tagged("post_install", "-at_install", "mes")
class TestCodeMapRules(CodeMapCase):
    def test_a_row_in_force_is_ended_not_rewritten(self):
        row = self.map("4711", "SCR-M6")
        for values in ({"res_id": self.housing.id}, {"valid_from": HAPPENED}, {"code": "X"}):
            with self.assertRaises(UserError):
                row.write(values)
        with self.assertRaises(UserError):
            row.unlink()
        with self.assertRaises(AccessError):
            row.write({"state": CodeMapState.PROPOSED.value})
        row.action_end()
        self.assertTrue(row.valid_to)

    def test_a_plant_may_demand_a_second_person(self):
        self.plant.mes_second_person = True
        order = self.release(5)
        message = self.use(order, "4711")
        row = self.map("4711", "SCR-M6")
        self.drain()
        self.assertEqual((row.state, message.state), (CodeMapState.PROPOSED.value, InboxState.PARKED.value))
        with self.assertRaises(AccessError):
            row.action_approve()
        row.with_user(self.second).action_approve()
        self.drain()
        self.assertDone(message)
        row.valid_to = HAPPENED
        self.assertEqual((row.valid_to, row.is_end_asked), (False, True))
        row.with_user(self.second).action_approve()
        self.assertEqual((row.valid_to, row.is_end_asked, row.approved_by_id), (HAPPENED, False, self.second))

    def test_who_only_reads_changes_nothing(self):
        reader = new_test_user(self.env, "reader", groups="mes_connector.group_mes_user")
        with self.assertRaises(AccessError):
            self.map("4711", "SCR-M6", user=reader)
        with self.assertRaises(AccessError):
            self.map("4711", "SCR-M6").with_user(reader).action_approve()


@tagged("post_install", "-at_install", "mes")
class TestUnknownCodes(CodeMapCase):
    def wizard(self, code, **values):
        unknown = self.env["mes.code.unknown"].with_user(self.steward).search([("code", "=", code)])
        context = unknown.action_map()["context"]
        return self.env["mes.code.assign"].with_user(self.steward).with_context(**context).create(values)

    def park(self, orders, codes, times):
        """As many parked messages of each order and code, in turn."""
        firsts = self.deliver(
            *(
                self.event("operation.started", order, operation="10", work_center=code)
                for order in orders
                for code in codes
            )
        )
        copies = [
            dict(
                first.copy_data()[0],
                state=first.state,
                uuid=f"{first.uuid}-{number}",
                event_id=f"{first.event_id}-{number}",
            )
            for number in range(times - 1)
            for first in firsts
        ]
        return firsts | self.env["mes.inbox.message"].create(copies)

    def test_a_thousand_messages_over_five_codes_resume_exactly_by_code(self):
        codes, orders = [f"NEW-{number}" for number in range(5)], [self.release(5) for _number in range(4)]
        everything = self.park(orders, codes, 50)
        unknown = self.env["mes.code.unknown"].search([("system_id", "=", self.system.id)])
        found = {(one.code, one.message_count, one.order_count) for one in unknown}
        self.assertEqual(sorted(found), [(code, 200, 4) for code in codes])
        wizard = self.wizard("NEW-2", res_id=self.assembly.id)
        preview = wizard.message_ids.sorted("id")
        self.assertEqual((len(everything), len(preview), wizard.message_count), (1000, 200, 200))
        wizard.action_rehearse()
        self.assertEqual(wizard.outcome, "200 × Done")
        notice = wizard.action_map()["params"]
        self.assertIn("NEW-2 means ASM1: 200 messages of 4 orders go on.", notice["message"])
        due = self.env["mes.inbox.message"].search([("state", "=", InboxState.PENDING.value)], order="id")
        self.assertEqual(due.ids, preview.ids)
        self.drain()
        done = everything.filtered(lambda one: one.state == InboxState.DONE.value)
        self.assertEqual(done.sorted("id"), preview)
        self.assertInKeyOrder(everything, preview)

    def assertInKeyOrder(self, everything, expected):
        """What was worked of ``everything`` is what was expected, each order's messages in their order."""
        worked = [("inbox_id", "in", everything.ids), ("code", "in", ["accepted", "already"])]
        attempts = self.env["mes.attempt"].search(worked, order="id")
        self.assertEqual(len(attempts), len(expected))
        by_order = attempts.inbox_id.grouped("ordering_key")
        for order, messages in expected.grouped("ordering_key").items():
            self.assertEqual(by_order[order].ids, messages.ids)

    def test_a_rehearsal_says_what_would_happen_and_changes_nothing(self):
        order = self.release(5)
        good = self.use(order, "NEW")
        items = [{"product": code, "quantity": {"value": 1, "uom": "C62"}} for code in ("NEW", "OTHER")]
        bad = self.send("material.consumed", order, operation="10", items=items)
        wizard, before = self.wizard("NEW", res_id=self.screw.id), self.on_hand(self.screw)
        wizard.action_rehearse()
        self.assertEqual(wizard.outcome.splitlines(), ["1 × Done", "1 × Parked: product:OTHER"])
        self.assertEqual((good.state, bad.state), (InboxState.PARKED.value,) * 2)
        self.assertEqual(self.on_hand(self.screw), before)
        self.assertFalse(self.env["mes.code.map"].search([("code", "=", "NEW")]))

    def test_messages_before_the_row_stay(self):
        order = self.release(5)
        early, late = self.use(order, "NEW", at=HAPPENED - HOUR), self.use(order, "NEW", at=HAPPENED)
        wizard = self.wizard("NEW", res_id=self.screw.id, valid_from=HAPPENED)
        self.assertEqual(wizard.message_ids, late)
        wizard.action_map()
        self.drain()
        self.assertDone(late)
        self.assertEqual(early.state, InboxState.PARKED.value)
