"""Postings have the day of their event; a locked period moves them or makes them wait; Odoo's WIP wizard agrees."""

from datetime import date

from odoo.tests import Form, tagged

from odoo.addons.mes_connector.core.states import InboxState, LockedPeriod

from .common import MoneyCase


@tagged("post_install", "-at_install", "mes")
class TestPeriods(MoneyCase):
    def setUp(self):
        super().setUp()
        self.value_by("average")
        self.order = self.release(20)

    def use(self, pieces, time):
        lot = self.lots[self.housing][0]
        return self.consume(self.order, {(self.housing, lot): pieces}, envelope={"time": time})

    def lock(self, day):
        self.company.fiscalyear_lock_date = day

    def last(self):
        return self.order.move_raw_ids.filtered(lambda move: move.state == "done").sorted("id")[-1:]

    def test_the_day_of_the_event_is_the_day_in_the_books(self):
        self.assertDone(self.use(1, "2026-10-15T10:00:00Z"))
        move = self.last()
        self.assertEqual((move.date.date(), move.account_move_id.date), (date(2026, 10, 15), date(2026, 10, 15)))
        self.assertFalse(move.mes_happened_at)

    def test_the_day_is_the_one_where_the_plant_is(self):
        self.plant.partner_id.tz = "Europe/Berlin"
        self.lock(date(2026, 10, 31))
        self.assertDone(self.use(1, "2026-10-31T23:30:00Z"))
        self.assertEqual(self.last().account_move_id.date, date(2026, 11, 1))
        self.assertFalse(self.last().mes_happened_at, "it is November there")

    def test_a_locked_period_moves_to_the_next_open_day_with_a_note(self):
        self.lock(date(2026, 10, 31))
        message = self.use(1, "2026-10-15T10:00:00Z")
        self.assertDone(message)
        move = self.last()
        self.assertEqual((move.date.date(), move.account_move_id.date), (date(2026, 11, 1), date(2026, 11, 1)))
        self.assertEqual(str(move.mes_happened_at), "2026-10-15 10:00:00")
        self.assertIn("10/15/2026", message.effect_ids.note)
        self.assertIn("note", message._to_status()["effects"][0])

    def test_a_locked_period_waits_and_resumes_when_it_is_opened(self):
        self.plant.mes_locked_period = LockedPeriod.PARK.value
        self.lock(date(2026, 10, 31))
        message = self.use(1, "2026-10-15T10:00:00Z")
        self.assertStopped(message, InboxState.PARKED, "period_closed")
        self.assertEqual(message.waiting_for, "period:2026-10")
        self.assertFalse(self.last())
        self.lock(date(2026, 9, 30))
        self.drain()
        self.assertDone(message)
        self.assertEqual(self.last().account_move_id.date, date(2026, 10, 15))

    def test_labor_and_receipts_share_the_day_of_the_event(self):
        envelope = {"time": "2026-10-15T10:00:00Z"}
        self.confirm(self.order, "10", 1, minutes=30, envelope=envelope)
        self.report(self.order, 1, "F1", envelope=envelope)
        self.assertEqual(self.entries(self.labor_account).date, date(2026, 10, 15))

    def test_the_wizard_for_work_in_progress_takes_what_is_left_in_open_orders(self):
        self.work(self.order, 5, "F1")
        self.use(3, "2026-11-22T10:00:00Z")
        self.assertMoney(self.order.mes_value_in_progress, 3 * 10 - 5 * 8 * 0.1)
        wip_account = self.make_account("MES4", "WIP", "asset_current")
        self.company.account_production_wip_account_id = wip_account
        wizard = Form(self.env["mrp.account.wip.accounting"].with_context(active_ids=self.order.ids))
        wizard.save().confirm()
        entry = self.env["account.move"].search([("wip_production_ids", "in", self.order.ids)], order="id", limit=1)
        held = entry.line_ids.filtered(lambda line: line.account_id == wip_account)
        self.assertMoney(held.balance, self.order.mes_value_in_progress)
        back = (self.order.wip_move_ids - entry).line_ids.filtered(lambda line: line.account_id == wip_account)
        self.assertMoney(held.balance + back.balance, 0, "and its reversal takes it back")
