"""Several events in one request: which leave together, in which order, and how each is judged."""

from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from ..core import sharding
from ..core.states import OutboxState
from .far_end import OutboxCase

BATCH = "application/cloudevents-batch+json; charset=utf-8"


@tagged("post_install", "-at_install", "mes")
class TestOutboxBatch(OutboxCase):
    def setUp(self):
        super().setUp()
        self.flow_class = self.env.ref("mes_connector.flow_class_real_time")
        self.flow_class.batch_size = 10
        self.messages = self.releases(3)
        # Only what is in one shard leaves together.
        self.messages.shard = self.messages[0].shard
        self.far_end.answer = lambda events: (202, {"results": [{"status": "stored"} for _one in events]})

    def problem(self, status):
        return {"status": "invalid", "problem": {"status": status, "code": "schema_invalid", "detail": "no"}}

    def outcome(self):
        return [(OutboxState(one.state), one.code) for one in self.messages.sorted("id")]

    def test_they_leave_in_one_signed_request(self):
        self.run_lane()
        self.assertEqual(len(self.far_end.requests), 1)
        headers, _body = self.far_end.requests[0]
        self.assertEqual(headers["Content-Type"], BATCH)
        self.assertTrue(headers["webhook-id"].startswith("batch_"))
        ids = [event["id"] for event in self.far_end.bodies[0]]
        self.assertEqual(ids, self.messages.sorted("id").mapped("event_id"))
        self.assertEqual(self.outcome(), [(OutboxState.SENT, "accepted")] * 3)
        self.assertEqual([one.attempt_ids.http_status for one in self.messages], [202] * 3)

    def test_any_good_status_settles_all(self):
        self.far_end.answer = None
        self.run_lane()
        self.assertEqual(len(self.far_end.requests), 1)
        self.assertEqual(self.outcome(), [(OutboxState.SENT, "accepted")] * 3)

    def test_each_item_is_judged_by_itself(self):
        self.far_end.answer = lambda events: (202, {"results": [{}, self.problem(422), self.problem(503)]})
        self.run_lane()
        self.assertEqual(
            self.outcome(),
            [
                (OutboxState.SENT, "accepted"),
                (OutboxState.REFUSED, "refused_by_system"),
                (OutboxState.WAITING, "system_busy"),
            ],
        )
        self.assertIn("schema_invalid", self.messages.sorted("id")[1].text)
        self.assertEqual(len(self.far_end.requests), 1)

    def test_a_refused_batch_is_sent_again_one_by_one(self):
        bad = self.messages.sorted("id")[1].event_id

        def answer(events):
            alone = isinstance(events, dict)
            return (200 if alone and events["id"] != bad else 400), {}

        self.far_end.answer = answer
        self.run_lane()
        self.assertEqual([isinstance(body, list) for body in self.far_end.bodies], [True, False, False, False])
        self.assertEqual(
            self.outcome(),
            [
                (OutboxState.SENT, "accepted"),
                (OutboxState.REFUSED, "refused_by_system"),
                (OutboxState.SENT, "accepted"),
            ],
        )

    def test_the_same_batch_again_has_the_same_id(self):
        self.far_end.answer = lambda events: (500, {})
        self.run_lane()
        self.messages.next_attempt_at = False
        self.run_lane()
        first, second = (headers["webhook-id"] for headers, _body in self.far_end.requests)
        self.assertEqual(first, second)
        self.assertEqual(self.env["mes.gate"]._of(self.system).failures, 2, "one request is one failure")

    def test_a_key_stays_in_order(self):
        first, second, third = self.messages.sorted("id")
        third.ordering_key = second.ordering_key = first.ordering_key
        second.next_attempt_at = fields.Datetime.now() + timedelta(hours=1)
        self.assertEqual(first._next_batch(10), first)
        second.next_attempt_at = False
        self.assertEqual(first._next_batch(10).ids, [first.id, second.id, third.id])
        self.assertEqual(first._next_batch(2).ids, [first.id, second.id])

    def test_only_what_belongs_together(self):
        first, second, third = self.messages.sorted("id")
        second.flow_class_id = self.env.ref("mes_connector.flow_class_batch")
        third.shard = (first.shard + 1) % sharding.SHARDS
        self.assertEqual(first._next_batch(10), first)
        third.shard = first.shard
        self.assertEqual(first._next_batch(10), first | third)
        third.collect_until = fields.Datetime.now() + timedelta(hours=1)
        self.assertEqual(first._next_batch(10), first)
        third.write({"collect_until": False, "is_single": True})
        self.assertEqual(first._next_batch(10), first)
        third.write({"is_single": False, "expires_at": fields.Datetime.now() - timedelta(hours=1)})
        self.assertEqual(first._next_batch(10), first)

    def test_a_probe_is_a_single_message(self):
        row = self.env["mes.gate"].create(
            {"system_id": self.system.id, "state": "open", "failures": 5, "until": fields.Datetime.now()}
        )
        self.far_end.answer = None
        self.run_lane()
        self.assertEqual([isinstance(body, list) for body in self.far_end.bodies], [False, True])
        self.assertEqual(row.state, "closed")
