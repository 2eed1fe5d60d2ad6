"""Delivery to a real HTTP server on the loopback: signed, tried again, refused, given up, kept while paused."""

import json
from datetime import timedelta

from psycopg2 import OperationalError

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from ..core import signature
from ..core.backoff import POLICIES
from ..core.messages import SendResult
from ..core.states import OutboxState
from ..transports.http import HttpTransport
from .far_end import OutboxCase


@tagged("post_install", "-at_install", "mes")
class TestOutbox(OutboxCase):
    def setUp(self):
        super().setUp()
        self.order = self.release(quantity=10)
        self.message = self.order.mes_outbox_ids

    def test_delivered_once_and_signed(self):
        self.assertEqual(self.run_lane(), 1)
        self.assertEqual((self.message.state, self.message.http_status), (OutboxState.SENT.value, 200))
        headers, body = self.far_end.requests[0]
        self.assertEqual(json.loads(body)["data"]["order"], self.order.name)
        self.assertEqual(headers["webhook-id"], self.message.event_id)
        now = int(headers["webhook-timestamp"])
        self.assertEqual(signature.verify([self.secret], headers, body, now), 0)
        self.assertEqual(self.run_lane(), 0)
        self.assertEqual(len(self.far_end.requests), 1)

    def test_every_valid_secret_signs_during_rotation(self):
        newer = self.system.issue_credential("signature")["secret"]
        self.run_lane()
        headers, body = self.far_end.requests[0]
        for secret in (newer, self.secret):
            self.assertEqual(signature.verify([secret], headers, body, int(headers["webhook-timestamp"])), 0)

    def test_busy_is_tried_again_when_the_far_end_says(self):
        self.far_end.status, self.far_end.headers = 503, {"Retry-After": "120"}
        self.run_lane()
        self.assertEqual((self.message.state, self.message.code), (OutboxState.WAITING.value, "system_busy"))
        wait = self.message.next_attempt_at - fields.Datetime.now()
        self.assertAlmostEqual(wait.total_seconds(), 120, delta=5)
        self.assertEqual(self.run_lane(), 0)
        self.far_end.status = 202
        a_second_ago = fields.Datetime.now() - timedelta(seconds=1)
        self.message.next_attempt_at = self.env["mes.gate"]._of(self.system).until = a_second_ago
        self.run_lane()
        self.assertEqual((self.message.state, self.message.attempt_count), (OutboxState.SENT.value, 2))
        self.assertEqual(self.message.attempt_ids.mapped("http_status"), [202, 503])

    def test_a_waiting_message_keeps_its_order_behind_it(self):
        self.far_end.status = 500
        self.run_lane()
        self.order.action_cancel()
        other = self.release(quantity=5)
        self.message.next_attempt_at = fields.Datetime.now() + timedelta(hours=1)
        self.far_end.status = 200
        self.run_lane()
        cancelled = self.order.mes_outbox_ids - self.message
        self.assertEqual(cancelled.state, OutboxState.PENDING.value)
        self.assertEqual(other.mes_outbox_ids.state, OutboxState.SENT.value)

    def test_refused_ends_with_an_owner_and_no_secret_in_it(self):
        self.far_end.status = 422
        self.run_lane()
        self.assertEqual((self.message.state, self.message.code), (OutboxState.REFUSED.value, "refused_by_system"))
        self.assertEqual(self.message.case_id.owner_id, self.system.owner_id)
        self.assertNotIn("whsec_c2Vj", self.message.text)
        self.assertIn("is no answer", self.message.text)
        self.far_end.status = 200
        self.message.action_resend()
        self.run_lane()
        self.assertEqual(self.message.state, OutboxState.SENT.value)
        self.assertEqual({headers["webhook-id"] for headers, _body in self.far_end.requests}, {self.message.event_id})

    def test_without_a_readable_secret_it_waits_and_says_so(self):
        self.system.credential_ids.secret_encrypted = "not-a-token"
        self.run_lane()
        self.assertEqual((self.message.state, self.message.code), (OutboxState.WAITING.value, "no_signing_secret"))
        self.assertFalse(self.far_end.requests)

    def test_redirects_are_not_followed(self):
        self.far_end.status, self.far_end.headers = 302, {"Location": self.far_end.url}
        self.run_lane()
        self.assertEqual((self.message.state, len(self.far_end.requests)), (OutboxState.REFUSED.value, 1))

    def test_unreachable_waits_and_finally_dies(self):
        self.far_end.close()
        self.run_lane()
        self.assertEqual((self.message.state, self.message.code), (OutboxState.WAITING.value, "unreachable"))
        too_long = timedelta(seconds=POLICIES["unreachable"].max_age_seconds + 1)
        self.message.write({"retrying_since": fields.Datetime.now() - too_long, "next_attempt_at": False})
        self.run_lane()
        self.assertEqual((self.message.state, self.message.case_id.state), (OutboxState.DEAD.value, "open"))

    def test_private_addresses_need_the_plant_network_mark(self):
        self.system.is_plant_network = False
        self.run_lane()
        self.assertEqual((self.message.state, self.message.code), (OutboxState.REFUSED.value, "endpoint_not_allowed"))
        self.assertFalse(self.far_end.requests)

    def test_a_paused_system_keeps_its_messages(self):
        self.system.action_pause()
        self.assertEqual(self.run_lane(), 0)
        self.assertEqual(self.message.state, OutboxState.PENDING.value)
        self.system.action_resume()
        self.run_lane()
        self.assertEqual(self.message.state, OutboxState.SENT.value)

    def test_no_database_transaction_is_open_while_sending(self):
        delivery, steps = self.env["mes.delivery"], []

        class Recorder(HttpTransport):
            def send(self, outgoing):
                steps.append("send")
                return super().send(outgoing)

        def in_transaction(work):
            steps.append("begin")
            result = work(self.env)
            steps.append("end")
            return result

        delivery._work(in_transaction, self.message.id, lambda: steps.append("check"), transport=Recorder())
        self.assertEqual(steps, ["begin", "end", "send", "check", "begin", "end"])

    def test_an_outcome_in_conflict_is_written_again_and_nothing_is_sent_again(self):
        transactions = []

        def in_transaction(work):
            transactions.append(work)
            if len(transactions) in (2, 3):
                raise OperationalError("could not serialize access")
            return work(self.env)

        self.env["mes.delivery"]._work(in_transaction, self.message.id, lambda: None)
        self.assertEqual((self.message.state, len(self.message.attempt_ids)), (OutboxState.SENT.value, 1))
        self.assertEqual((len(self.far_end.requests), len(transactions)), (1, 4))

    def test_the_plant_may_answer_before_the_outcome_is_written(self):
        self.send("order.acknowledged", self.order, revision=1, accepted=True)
        attempt = (self.far_end.url, fields.Datetime.now(), 1)
        self.env["mes.delivery"]._conclude(self.message.ids, [SendResult(200, "accepted")], attempt)
        self.assertEqual(self.message.state, OutboxState.CONFIRMED.value)
        self.assertEqual(self.message.attempt_ids.http_status, 200)

    def test_discarding(self):
        self.message.action_discard()
        self.assertEqual(self.run_lane(), 0)
        with self.assertRaises(UserError):
            self.release(quantity=3).mes_outbox_ids.action_resend()

    def test_what_has_ended_is_not_discarded(self):
        self.send("order.acknowledged", self.order, revision=1, accepted=True)
        waiting = self.release(quantity=3).mes_outbox_ids
        (self.message | waiting).action_discard()
        self.assertEqual(self.message.state, OutboxState.CONFIRMED.value)
        self.assertEqual(set(waiting.mapped("state")), {OutboxState.DISCARDED.value})
        with self.assertRaisesRegex(UserError, "ended already"):
            self.message.action_discard()
