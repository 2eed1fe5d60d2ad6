"""Messages that nobody needs any more: expired, or replaced by a newer snapshot; and who is woken for which wire."""

import json
from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from ..core.messages import SendResult
from ..core.states import CaseState, OutboxState, TransportKind
from .far_end import OutboxCase

RELEASED = "mes.order.released.v1"


@tagged("post_install", "-at_install", "mes")
class TestOutboxExpiry(OutboxCase):
    def setUp(self):
        super().setUp()
        self.flow_class = self.env.ref("mes_connector.flow_class_real_time")

    def test_the_class_says_how_long(self):
        self.flow_class.expires_after_seconds = 60
        message = self.release(quantity=1).mes_outbox_ids
        self.assertEqual(message.expires_at, message.event_time + timedelta(seconds=60))
        self.assertEqual(json.loads(message.payload)["expirytime"][:19], message.expires_at.isoformat())
        self.run_lane()
        self.assertEqual(message.state, OutboxState.SENT.value)
        self.flow_class.expires_after_seconds = 0
        message = self.release(quantity=1).mes_outbox_ids
        self.assertFalse(message.expires_at)
        self.assertNotIn("expirytime", json.loads(message.payload))

    def expired(self):
        message = self.release(quantity=1).mes_outbox_ids
        message.expires_at = fields.Datetime.now() - timedelta(seconds=1)
        return message

    def test_it_is_never_sent_late(self):
        message = self.expired()
        self.run_lane()
        self.assertFalse(self.far_end.requests)
        self.assertEqual((message.state, message.code), (OutboxState.EXPIRED.value, "delivery_expired"))
        self.assertEqual(message.case_id.state, CaseState.OPEN.value)
        message.action_resend()
        self.run_lane()
        self.assertEqual((message.state, len(self.far_end.requests)), (OutboxState.SENT.value, 1))

    def test_it_expires_while_it_is_held_back(self):
        message = self.expired()
        self.system.action_pause()
        self.env["mes.case"]._cron_escalate()
        self.assertEqual(message.state, OutboxState.EXPIRED.value)


@tagged("post_install", "-at_install", "mes")
class TestOutboxSnapshot(OutboxCase):
    def setUp(self):
        super().setUp()
        dispatcher = type(self.env["mes.dispatcher"])
        known = self.env["mes.dispatcher"]._event_types()
        snapshots = {**known, RELEASED: replace(known[RELEASED], is_snapshot=True)}
        patcher = patch.object(dispatcher, "_event_types", lambda _self: snapshots)
        patcher.start()
        self.addCleanup(patcher.stop)
        self.order = self.release(quantity=1)
        self.older = self.order.mes_outbox_ids

    def emit(self, event_type=RELEASED, key=None):
        options = {"systems": self.system, "key": key or self.older.ordering_key}
        return self.env["mes.outbox.message"]._emit(event_type, {"order": self.order.name}, self.order, **options)

    def test_an_unsent_older_one_gives_way(self):
        newer = self.emit()
        self.assertEqual((self.older.state, self.older.code), (OutboxState.SUPERSEDED.value, "superseded"))
        self.run_lane()
        self.assertEqual((newer.state, len(self.far_end.requests)), (OutboxState.SENT.value, 1))

    def test_what_was_sent_or_is_about_something_else_stays(self):
        self.emit(key="another")
        self.emit("mes.order.cancelled.v1")
        self.assertEqual(self.older.state, OutboxState.PENDING.value)
        self.run_lane()
        self.emit()
        self.assertEqual(self.older.state, OutboxState.SENT.value)

    def test_one_that_is_being_sent_stays_superseded(self):
        outcome = [SendResult(200, "accepted")]
        self.emit()
        attempt = (self.far_end.url, fields.Datetime.now(), 1)
        self.env["mes.delivery"]._conclude(self.older.ids, outcome, attempt)
        self.assertEqual((self.older.state, self.older.attempt_ids.code), (OutboxState.SUPERSEDED.value, "accepted"))


@tagged("post_install", "-at_install", "mes")
class TestOutboxWaking(OutboxCase):
    def woken(self, work):
        self.env.cr.precommit.run()
        self.env["ir.cron.trigger"].search([]).unlink()
        work()
        self.env.cr.precommit.run()
        cron = self.env.ref("mes_connector.ir_cron_mes_deliver_outbox")
        return bool(self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)]))

    def test_the_scheduled_action_is_woken_for_http_only(self):
        self.assertTrue(self.woken(lambda: self.release(quantity=1)))
        self.system.transport = TransportKind.MQTT.value
        self.assertFalse(self.woken(lambda: self.release(quantity=1)))
