"""Suspected reports: held before posting, decided by a person, remembered where that hides nothing."""

from datetime import datetime, timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ..core.states import CaseState, CodeKind, Direction, InboxState, Outcome, ReplayAction
from .common import MesCase

START = datetime(2026, 11, 22, 10, 0, 0)
DUPLICATE, UNIT_SHIFT = "suspected_duplicate", "suspected_unit_shift"


class SuspicionCase(MesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.system.holds_suspects = True

    def at(self, seconds, **more):
        return {"envelope": dict(more, time=f"{(START + timedelta(seconds=seconds)).isoformat()}Z")}

    def make_again(self, order, count=1, quantity=10):
        """A report, and the same again ``count`` times under new ids; those that were held."""
        self.assertDone(self.report(order, quantity, "F1"))
        again = self.env["mes.inbox.message"]
        for _ in range(count):
            again |= self.report(order, quantity, "F1")
        return again


@tagged("post_install", "-at_install", "mes")
class TestSuspectedDuplicate(SuspicionCase):
    def test_what_is_told_again_is_held_and_names_its_original(self):
        order = self.release()
        first = self.report(order, 10, "F1")
        again = self.report(order, 10, "F1")
        self.assertStopped(again, InboxState.PARKED, DUPLICATE)
        self.assertEqual(again.suspect_of_id, first)
        self.assertIn(first.event_id, again.text)
        self.assertFalse(again.next_attempt_at)
        self.assertEqual(self.on_hand(self.gearbox), 10)
        self.assertEqual((again.case_id.code, again.case_id.count), (DUPLICATE, 1))
        self.assertIn(again, again.search([("is_suspected", "=", True)]))

    def test_trying_again_decides_nothing(self):
        again = self.make_again(self.release())
        again.action_retry()
        self.drain()
        self.assertStopped(again, InboxState.PARKED, DUPLICATE)

    def test_both_happened(self):
        again = self.make_again(self.release())
        case = again.case_id
        again.action_let_through()
        self.drain()
        self.assertDone(again)
        self.assertEqual((self.on_hand(self.gearbox), again.let_through_id), (20, self.env.user))
        self.assertEqual(case.state, CaseState.CLOSED.value)

    def test_it_is_the_same(self):
        order = self.release()
        again = self.make_again(order, count=2)
        case, original = again.case_id, again.suspect_of_id
        case.action_same()
        self.assertEqual(set(again.mapped("state")), {InboxState.DISCARDED.value})
        self.assertEqual(set(again.mapped("code")), {"duplicate"})
        self.assertEqual(set(again.mapped("answer_outcome")), {Outcome.REJECTED.value})
        self.assertTrue(all(original.event_id in answer.payload for answer in again.answer_ids))
        self.assertEqual(len(again.answer_ids), 2)
        self.assertEqual((self.on_hand(self.gearbox), case.state), (10, CaseState.CLOSED.value))
        with self.assertRaises(UserError):
            again.action_same()

    def test_both_are_set_side_by_side(self):
        order = self.release()
        self.report(order, 10, "F1", **self.at(0.2))
        self.report(order, 10, "F1", **self.at(0.7))
        again = self.env["mes.inbox.message"].search([("is_suspected", "=", True)])
        self.assertEqual(again.report_line, "10 C62 GBX-100 F1")
        self.assertTrue(again.suspicion_reason.startswith("It looks like"))
        self.assertEqual(again.comparison.count("table-warning"), 1, "the time alone differs")
        self.assertIn("items 1 quantity", again.comparison)

    def test_who_decided_stands_in_the_history_of_the_case(self):
        again = self.make_again(self.release(), count=2)
        steward = new_test_user(self.env, "steward", "mes_connector.group_mes_steward")
        case = again.case_id
        again[0].with_user(steward).action_same()
        again[1].with_user(steward).action_let_through()
        notes = case.message_ids.filtered(lambda note: note.author_id == steward.partner_id)
        self.assertEqual(len(notes), 2)
        self.assertTrue(any(again[0].event_id in note.body and "discarded" in note.body for note in notes))
        self.assertTrue(any(again[1].event_id in note.body and "posted" in note.body for note in notes))

    def test_a_discarded_report_is_posted_after_all(self):
        order = self.release()
        again = self.make_again(order)
        again.action_same()
        replay = self.env["mes.replay"].create(
            {"action": ReplayAction.APPLY_AGAIN.value, "direction": Direction.IN.value, "message_ids": again.ids}
        )
        replay.reason = "It did happen"
        replay.action_start()
        replay._step()
        self.drain()
        self.assertEqual(self.on_hand(self.gearbox), 20)

    def test_boxes_seconds_apart_are_not_held(self):
        order = self.release(quantity=200)
        boxes = [self.report(order, 10, "F1", **self.at(number * 6)) for number in range(8)]
        self.assertDone(*boxes)
        retry = self.report(order, 10, "F1", **self.at(43))
        self.assertStopped(retry, InboxState.PARKED, DUPLICATE)
        self.assertDone(self.report(order, 10, "F1", **self.at(48)))
        self.assertEqual(self.on_hand(self.gearbox), 90)

    def test_what_a_person_called_usual_is_not_asked_about_again(self):
        order = self.release(quantity=200)
        for number in range(6):
            self.report(order, 10, "F1", **self.at(number * 60))
        soon = self.report(order, 10, "F1", **self.at(302))
        self.assertStopped(soon, InboxState.PARKED, DUPLICATE)
        soon.action_let_through()
        self.drain()
        self.assertDone(soon, self.report(order, 10, "F1", **self.at(304)))
        again = self.report(order, 10, "F1", **self.at(304))
        self.assertStopped(again, InboxState.PARKED, DUPLICATE)

    def test_what_was_taken_back_may_happen_anew(self):
        order = self.release()
        told, soon = ({"time": f"2026-11-22T10:00:00.{fraction}Z"} for fraction in (100, 600))
        first = self.report(order, 10, "F1", envelope=told)
        self.assertStopped(self.report(order, 10, "F1", envelope=soon), InboxState.PARKED, DUPLICATE)
        self.assertDone(self.send("posting.reversed", order, reverses=first.event_id, reason="miscounted"))
        self.assertStopped(self.report(order, 10, "F1", envelope=told), InboxState.PARKED, DUPLICATE)
        self.assertDone(self.report(order, 10, "F1", envelope=soon))

    def test_a_report_that_was_refused_is_no_original(self):
        order = self.release(quantity=10)
        self.assertStopped(self.report(order, 500, "F1"), InboxState.REJECTED, "over_delivery")
        self.assertStopped(self.report(order, 500, "F1"), InboxState.REJECTED, "over_delivery")

    def test_fractions_of_a_second_are_kept(self):
        order = self.release()
        self.assertDone(self.report(order, 10, "F1", envelope={"time": "2026-11-22T10:00:00.250Z", "sequence": 1}))
        self.assertDone(self.report(order, 10, "F1", envelope={"time": "2026-11-22T10:00:00.750Z", "sequence": 2}))
        again = self.report(order, 10, "F1", envelope={"time": "2026-11-22T11:00:00.250+01:00", "sequence": 3})
        self.assertStopped(again, InboxState.PARKED, DUPLICATE)

    def test_who_only_reads_decides_nothing(self):
        again = self.make_again(self.release())
        reader = new_test_user(self.env, "only-reads", "mes_connector.group_mes_user")
        for action in ("action_same", "action_let_through"):
            with self.assertRaises(AccessError):
                getattr(again.with_user(reader), action)()
        steward = new_test_user(self.env, "steward", "mes_connector.group_mes_steward")
        again.with_user(steward).action_same()
        self.assertEqual(again.state, InboxState.DISCARDED.value)

    def test_it_costs_two_statements(self):
        order = self.release()
        message = self.report(order, 10, "F1")
        suspicion, facts = self.env["mes.suspicion"], self.env["mes.fact"]
        fact, quantities = suspicion._report(message)
        self.env.flush_all()
        with self.assertQueryCount(1):
            facts._look(message.system_id, fact, quantities)
        with self.assertQueryCount(1):
            facts._keep(message, fact, quantities)

    def test_facts_are_forgotten_with_the_horizon(self):
        order = self.release()
        old, young = self.report(order, 10, "F1", **self.at(-86400)), self.report(order, 20, "F1")
        facts = self.env["mes.fact"].search([("inbox_id", "in", (old | young).ids)])
        self.env.cr.execute(
            "UPDATE mes_fact SET happened_at = '2020-01-01' WHERE id = ANY(%s)",
            [facts.filtered(lambda fact: fact.inbox_id == old).ids],
        )
        self.env["ir.config_parameter"].set_param("mes_connector.idempotency_days", 365)
        self.env["mes.retention"]._forget_step((START, 0))
        self.env.invalidate_all()
        self.assertEqual(facts.exists().inbox_id, young)


@tagged("post_install", "-at_install", "mes")
class TestSuspectedByAnotherName(SuspicionCase):
    """What a system calls things by is not what it reports."""

    def map(self, code, record, kind, **values):
        values = {"system_id": self.system.id, "code": code, "kind": kind.value, "res_id": record.id, **values}
        return self.env["mes.code.map"].create(values)

    def take(self, order, seconds, code="OIL-5", *, amount=1, uom="LTR", lot="OIL-5-A", **data):
        items = [{"product": code, "quantity": {"value": amount, "uom": uom}, "lot": lot}]
        return self.send("material.consumed", order, **{"operation": "20", "items": items, **self.at(seconds), **data})

    def test_another_name_of_product_and_operation_is_the_same_fact(self):
        order = self.release()
        self.map("4711", self.oil, CodeKind.PRODUCT)
        operation = {"system_id": self.system.id, "code": "TEST", "kind": CodeKind.OPERATION.value, "own_code": "20"}
        self.env["mes.code.map"].create(operation)
        first = self.take(order, 0)
        self.assertDone(first)
        again = self.take(order, 0, "4711", operation="TEST")
        self.assertStopped(again, InboxState.PARKED, DUPLICATE)
        self.assertEqual(again.suspect_of_id, first)

    def test_another_name_of_the_lot_is_the_same_fact(self):
        order = self.release()
        self.map("4711", self.oil, CodeKind.PRODUCT)
        self.map("OIL-5/tank", self.lots[self.oil][0], CodeKind.LOT)
        self.assertDone(self.take(order, 0))
        self.assertStopped(self.take(order, 0, "4711", lot="tank"), InboxState.PARKED, DUPLICATE)
        self.assertDone(self.take(order, 0, "4711", lot="OIL-5-B"))

    def test_a_code_that_means_another_product_by_now_is_another_fact(self):
        order, at = self.release(), START + timedelta(minutes=1)
        grease = self.make_product("GREASE", "none", self.oil.uom_id)
        self.add_stock(grease, 10)
        self.map("4711", self.screw, CodeKind.PRODUCT, valid_to=at)
        self.map("4711", grease, CodeKind.PRODUCT, valid_from=at)
        screws = {"items": [{"product": "4711", "quantity": {"value": 8, "uom": "C62"}}], "operation": "10"}
        litres = {"items": [{"product": "4711", "quantity": {"value": 8, "uom": "LTR"}}], "operation": "10"}
        self.assertDone(self.take(order, 0, **screws), self.take(order, 60, **litres))
        facts = self.env["mes.fact"].search([("system_id", "=", self.system.id)])
        self.assertEqual(set(facts.mapped("product")), {"SCR-M6", "GREASE"})

    def test_a_unit_that_only_odoo_converts_is_the_same_quantity(self):
        order = self.release()
        drum = self.env["uom.uom"].create(
            {"name": "Drum", "relative_uom_id": self.oil.uom_id.id, "relative_factor": 20.0}
        )
        self.map("DRM", drum, CodeKind.UNIT)
        self.assertDone(self.take(order, 0, amount=20))
        self.assertStopped(self.take(order, 0, amount=1, uom="DRM"), InboxState.PARKED, DUPLICATE)
        drum.unece_code = "DR"
        self.assertStopped(self.take(order, 0, amount=1, uom="DR"), InboxState.PARKED, DUPLICATE)

    def test_the_usual_quantity_is_the_products_by_whatever_name(self):
        order = self.release(quantity=200)
        self.map("4711", self.oil, CodeKind.PRODUCT)
        for number in range(9):
            self.assertDone(self.take(order, number * 60, amount=2 + number / 50))
        self.assertStopped(self.take(order, 900, "4711", amount=20), InboxState.PARKED, UNIT_SHIFT)


@tagged("post_install", "-at_install", "mes")
class TestSuspectedUnitShift(SuspicionCase):
    def fill(self, order, quantities=(2.0, 2.1, 1.9, 2.05, 2.0, 1.95, 2.1, 2.0, 1.9)):
        """A history of oil; what was reported."""
        return [self.take(order, quantity, number * 60) for number, quantity in enumerate(quantities)]

    def take(self, order, quantity, seconds):
        return self.consume(order, {(self.oil, self.lots[self.oil][0]): quantity}, "20", **self.at(seconds))

    def test_a_shifted_quantity_is_held_beside_its_history(self):
        order = self.release(quantity=200)
        history = self.fill(order)
        self.assertDone(*history)
        shifted = self.take(order, 20.1, 900)
        self.assertStopped(shifted, InboxState.PARKED, UNIT_SHIFT)
        self.assertEqual(shifted.usual_fact_ids.inbox_id, self.env["mes.inbox.message"].union(*history))
        self.assertIn("10 times the usual", shifted.text)
        self.assertEqual(shifted.case_id.missing, "quantity:OIL-5")
        self.assertEqual(self.on_hand(self.oil), 1000 - 18)

    def test_a_person_lets_it_through_and_is_not_asked_again(self):
        order = self.release(quantity=200)
        self.fill(order)
        shifted = self.take(order, 20.1, 900)
        shifted.action_let_through()
        self.drain()
        self.assertDone(shifted, self.take(order, 19.5, 1800))

    def test_many_decisions_of_one_kind_teach_one_habit(self):
        order = self.release(quantity=200)
        self.fill(order)
        shifted = self.take(order, 20.1, 900) | self.take(order, 20.2, 960) | self.take(order, 210, 1020)
        self.assertEqual(set(shifted.mapped("code")), {UNIT_SHIFT})
        shifted.action_let_through()
        habits = self.env["mes.habit"].search([("system_id", "=", self.system.id)])
        self.assertEqual(sorted(habits.mapped("value")), [20100, 210000])

    def test_a_person_rejects_it(self):
        order = self.release(quantity=200)
        self.fill(order)
        shifted = self.take(order, 20.1, 900)
        shifted.action_discard("Litres, not decilitres")
        self.assertStopped(shifted, InboxState.DISCARDED, "discarded")
        self.assertStopped(self.take(order, 20.2, 1800), InboxState.PARKED, UNIT_SHIFT)

    def test_a_short_history_and_a_usual_quantity_are_let_through(self):
        order = self.release(quantity=200)
        self.assertDone(*self.fill(order, (2.0, 2.1, 1.9)), self.take(order, 20.1, 900))

    def test_the_other_unit_is_the_same_quantity(self):
        order = self.release(quantity=200)
        self.fill(order)
        lot = self.lots[self.oil][0].name
        item = {"product": "OIL-5", "quantity": {"value": 2030, "uom": "MLT"}, "lot": lot}
        self.assertDone(self.send("material.consumed", order, operation="20", items=[item], **self.at(900)))

    def test_a_system_without_usual_quantities_is_only_asked_about_duplicates(self):
        order = self.release(quantity=200)
        self.system.holds_unit_shifts = False
        self.fill(order)
        self.assertDone(self.take(order, 20.1, 900))
        self.assertStopped(self.take(order, 20.1, 900), InboxState.PARKED, DUPLICATE)

    def test_the_rest_of_an_order_is_small(self):
        order = self.release(quantity=901)
        boxes = [self.report(order, 100, "F1", **self.at(number * 60)) for number in range(9)]
        self.assertDone(*boxes, self.report(order, 1, "F1", **self.at(900)))

    def test_a_small_report_that_is_no_rest_is_held(self):
        order = self.release(quantity=1000)
        boxes = [self.report(order, 100, "F1", **self.at(number * 60)) for number in range(9)]
        self.assertDone(*boxes)
        self.assertStopped(self.report(order, 1, "F1", **self.at(900)), InboxState.PARKED, UNIT_SHIFT)
