"""Retention: payloads and rows go by their class and age, live rows and proofs stay, old events are refused."""

from datetime import timedelta
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..core.states import InboxState, OutboxState, Retention
from .common import MesCase

STEP = "odoo.addons.mes_connector.models.mes_retention.STEP_ROWS"


@tagged("post_install", "-at_install", "mes")
class TestRetention(MesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ir.config_parameter"].set_param("mes_connector.idempotency_days", 60)
        cls.real_time = cls.env.ref("mes_connector.flow_class_real_time")

    def setUp(self):
        super().setUp()
        commit = patch.object(self.env.registry["ir.cron"], "_commit_progress", lambda *_args, **_named: 60)
        self.enterContext(commit)

    def purge(self):
        self.env.flush_all()
        self.env["mes.retention"]._cron_purge()

    def age(self, messages, days):
        """Let ``messages`` have been stored and settled ``days`` ago."""
        self.env.flush_all()
        moment = fields.Datetime.now() - timedelta(days=days)
        self.env.cr.execute(
            f"UPDATE {messages._table} SET create_date = %s, write_date = %s, event_time = %s WHERE id = ANY(%s)",
            [moment, moment, moment, messages.ids],
        )
        messages.invalidate_recordset()

    def applied(self):
        """An applied message with effects."""
        order = self.release(quantity=10)
        message = self.consume(order, {(self.screw, None): 8})
        self.assertDone(message)
        self.assertTrue(message.effect_ids)
        return message

    def rejected(self, **extra):
        order = self.release(quantity=10)
        message = self.report(order, 500, "F1", **extra)
        self.assertEqual(message.state, InboxState.REJECTED.value)
        message.answer_ids.state = OutboxState.SENT.value
        return message

    def test_metadata_loses_its_payload_after_a_day_and_only_that(self):
        self.real_time.retention = Retention.METADATA.value
        old, new = self.rejected(), self.rejected()
        self.age(old, 2)
        self.purge()
        self.assertEqual((old.payload, bool(old.payload_removed_at)), (False, True))
        self.assertEqual((bool(new.payload), new.payload_removed_at), (True, False), "not a day old")
        self.assertEqual(old.state, InboxState.REJECTED.value)

    def test_full_keeps_payloads_and_rows_for_its_days(self):
        self.real_time.retention_days = 100
        kept, gone = self.rejected(), self.rejected()
        self.age(kept, 99)
        self.age(gone, 101)
        self.purge()
        self.assertTrue(kept.payload)
        self.assertFalse(gone.exists())

    def test_none_goes_at_the_horizon(self):
        self.real_time.retention = Retention.NONE.value
        kept, gone = self.rejected(), self.rejected()
        self.age(kept, 59)
        self.age(gone, 61)
        self.purge()
        self.assertFalse(kept.payload)
        self.assertFalse(gone.exists())

    def test_no_row_goes_before_the_horizon_whatever_is_entered(self):
        self.env["ir.config_parameter"].set_param("mes_connector.idempotency_days", 1000)
        message = self.rejected()
        self.age(message, 900)
        self.purge()
        self.assertTrue(message.exists(), "its class says 730 days, but a repetition would be taken")

    def test_a_sender_whose_clock_is_ahead_cannot_be_applied_twice(self):
        message = self.rejected()
        self.age(message, 800)
        self.env.cr.execute("UPDATE mes_inbox_message SET event_time = now() WHERE id = %s", [message.id])
        self.purge()
        self.assertTrue(message.exists(), "a repetition would still be taken")

    def test_live_messages_stay(self):
        order = self.release(quantity=10)
        parked = self.send("operation.started", "NO/SUCH/ORDER", operation="10", work_center="ASM1")
        waiting = order.mes_outbox_ids
        self.age(parked, 5000)
        self.age(waiting, 5000)
        self.purge()
        self.assertEqual((parked.state, bool(parked.payload)), (InboxState.PARKED.value, True))
        self.assertEqual((waiting.state, bool(waiting.payload)), (OutboxState.PENDING.value, True))

    def test_what_was_posted_stays_proved(self):
        message = self.applied()
        message.flow_class_id.retention_days = 60
        self.age(message, 5000)
        message.answer_ids.state = OutboxState.SENT.value
        self.purge()
        self.assertEqual((message.payload, bool(message.effect_ids)), (False, True))

    def test_a_class_may_give_its_proofs_up(self):
        message = self.applied()
        message.flow_class_id.keeps_proof = False
        effects, answers, attempts = message.effect_ids, message.answer_ids, message.attempt_ids
        answers.state = OutboxState.SENT.value
        self.age(message, 5000)
        self.purge()
        for one in (message, effects, answers, attempts):
            self.assertFalse(one.exists())

    def test_nothing_goes_while_its_answer_is_on_its_way(self):
        message = self.rejected()
        message.answer_ids.state = OutboxState.WAITING.value
        self.age(message, 5000)
        self.purge()
        self.assertTrue(message.exists())

    def test_the_last_of_a_sequence_stays(self):
        first = self.rejected(envelope={"sequence": 1, "orderkey": "LINE-1"})
        later = first.copy({"uuid": "later", "event_id": "later", "sequence": 2, "state": first.state})
        self.age(first | later, 5000)
        self.purge()
        self.assertEqual((first | later).exists(), later, "number 3 asks what became of number 2")

    def test_what_was_sent_goes_too(self):
        self.env["mes.flow.class"].search([]).write({"retention": Retention.METADATA.value, "retention_days": 60})
        order = self.release(quantity=10)
        sent = order.mes_outbox_ids
        sent.state = OutboxState.SENT.value
        self.age(sent, 2)
        self.purge()
        self.assertFalse(sent.payload)
        with self.assertRaisesRegex(UserError, "removed by retention on"):
            sent.action_resend()
        self.age(sent, 61)
        self.purge()
        self.assertFalse(sent.exists())

    def test_an_original_waits_for_its_repetition(self):
        original = self.rejected()
        replay = self.env["mes.replay"].create({"action": "apply_again", "direction": "in", "since": "2000-01-01"})
        repetition = original._apply_again(replay)
        self.age(original, 5000)
        self.purge()
        self.assertEqual(repetition.replay_of_id, original)

    def test_several_steps_reach_everything(self):
        messages = self.rejected()
        for number in range(6):
            messages |= messages[0].copy({"uuid": str(number), "event_id": str(number), "state": messages[0].state})
        self.age(messages, 5000)
        with patch(STEP, 2):
            self.purge()
        self.assertFalse(messages.exists())

    def test_a_class_cannot_forget_before_the_horizon(self):
        with self.assertRaisesRegex(ValidationError, "60 days"):
            self.real_time.retention_days = 59

    @mute_logger("odoo.sql_db")
    def test_a_payload_is_only_missing_when_it_was_removed(self):
        message = self.rejected()
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            message.payload = False
            message.flush_recordset()

    def test_old_events_are_refused_and_kept_aside(self):
        order = self.release(quantity=10)
        event = self.event("operation.started", order, operation="10", work_center="ASM1")
        for days, code in ((59, None), (61, "too_old")):
            moment = fields.Datetime.now() - timedelta(days=days)
            caller, _secrets = self.env["mes.identity"]._load_caller(self.system.code)
            reading = self.env["mes.intake"]._read_one(caller, dict(event, id=str(days), time=f"{moment.isoformat()}Z"))
            self.assertEqual(reading.error and reading.error.code, code)
            self.env["mes.intake"]._store(caller, [reading])
        kept = self.env["mes.inbox.message"].search([("event_id", "=", "61")])
        self.assertEqual((kept.is_quarantined, kept.code, kept.answer_outcome), (True, "too_old", "rejected"))
