"""Cases: one per fingerprint, owned, closed by themselves, and opened late for what the plant resolves itself."""

from datetime import timedelta

from odoo import fields
from odoo.tests import new_test_user, tagged

from ..core.states import InboxState
from ..models.mes_case import SELF_HEALING_GRACE
from .common import MesCase


@tagged("post_install", "-at_install", "mes")
class TestCases(MesCase):
    def consume_unknown(self, order, code="NOBODY"):
        return self.send("material.consumed", order, items=[{"product": code, "quantity": self.quantity(1)}])

    def test_one_case_per_fingerprint_with_an_activity_for_its_owner(self):
        owner = new_test_user(self.env, "owner", groups="mes_connector.group_mes_supervisor")
        self.plant.mes_case_owner_id = owner
        order = self.release(quantity=10)
        messages = [self.consume_unknown(order) for _number in range(3)]
        other = self.consume_unknown(order, "ELSE")
        case = messages[0].case_id
        self.assertEqual({message.case_id for message in messages}, {case})
        self.assertNotEqual(other.case_id, case)
        self.assertEqual((case.count, case.owner_id, case.missing), (3, owner, "product:NOBODY"))
        self.assertEqual(case.activity_ids.user_id, owner)
        self.assertEqual(len(case.activity_ids), 1, "one alert when it opens, not one per message")
        self.assertTrue(case.hint)

    def test_a_case_closes_itself_when_its_messages_went_through(self):
        order = self.release(quantity=10)
        first, second = self.consume_unknown(order), self.consume_unknown(order)
        case = first.case_id
        product = self.make_product("NOBODY", "none", self.env.ref("uom.product_uom_unit"))
        self.add_stock(product, 10)
        case.action_retry()
        self.drain()
        self.assertDone(first, second)
        self.assertEqual(case.state, "closed")
        self.assertFalse(case.activity_ids)

    def test_what_is_still_wrong_opens_a_case_again(self):
        order = self.release(quantity=10)
        message = self.consume_unknown(order)
        before = message.case_id
        before.action_retry()
        self.drain()
        self.assertEqual((before.state, message.case_id.state), ("closed", "open"))

    def test_what_the_plant_resolves_itself_gets_a_case_only_when_overdue(self):
        order = self.release(quantity=10)
        message = self.complete(order, 10)
        self.assertStopped(message, InboxState.PARKED, "too_early")
        self.assertTrue(message.owner_id)
        self.assertFalse(message.case_id)
        self.env["mes.case"]._cron_escalate()
        self.assertFalse(message.case_id)
        overdue = fields.Datetime.now() - SELF_HEALING_GRACE - timedelta(minutes=1)
        self.env.cr.execute("UPDATE mes_inbox_message SET retrying_since = %s WHERE id = %s", [overdue, message.id])
        self.env["mes.case"]._cron_escalate()
        self.assertEqual(message.case_id.code, "too_early")

    def test_rejected_messages_are_cases_until_a_person_closes_them(self):
        order = self.release(quantity=10)
        message = self.report(order, 11, "F1")
        self.assertEqual((message.case_id.code, message.case_id.state), ("over_delivery", "open"))
        message.case_id.action_close()
        self.assertEqual(message.case_id.state, "closed")
