"""The gate of a system: the breaker opens and probes, waits asked for are kept, a route that is gone is paused."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from ..core.gate import FAILURE_LIMIT, PROBE_SECONDS
from ..core.messages import SendResult
from ..core.states import BreakerState, CaseState, Direction, OutboxState, TransportKind
from .far_end import OutboxCase

DOWN = SendResult(0, "unreachable", "ConnectionError")


class GateCase(OutboxCase):
    @property
    def gate(self):
        return self.env["mes.gate"]._of(self.system)

    def trip(self):
        """Five messages fail; two are left."""
        messages = self.releases(FAILURE_LIMIT + 2)
        self.far_end.status = 500
        self.run_lane()
        self.assertEqual(len(self.far_end.requests), FAILURE_LIMIT)
        return messages

    def end_wait(self):
        """As if the time until the next probe were over."""
        self.gate.until = fields.Datetime.now() - timedelta(seconds=1)

    def states(self, messages):
        return [OutboxState(state) for state in messages.sorted("id").mapped("state")]

    def cases(self, code="breaker_open", state=CaseState.OPEN):
        return self.env["mes.case"].search(
            [("code", "=", code), ("state", "=", state.value), ("system_id", "=", self.system.id)]
        )


@tagged("post_install", "-at_install", "mes")
class TestBreaker(GateCase):
    def test_nothing_is_written_while_all_is_well(self):
        self.releases(3)
        self.run_lane()
        self.assertFalse(self.gate)

    def test_it_opens_and_nothing_more_is_attempted(self):
        messages = self.trip()
        self.assertEqual((self.system.breaker_state, self.system.breaker_failures), (BreakerState.OPEN.value, 5))
        self.assertAlmostEqual((self.gate.until - fields.Datetime.now()).total_seconds(), 30, delta=8)
        self.assertEqual(self.run_lane(), 0)
        self.assertEqual(sum(messages.mapped("attempt_count")), FAILURE_LIMIT)
        self.assertEqual(sorted(messages.mapped("attempt_count")), [0, 0, 1, 1, 1, 1, 1])
        case = self.cases()
        self.assertEqual((len(case), case.owner_id), (1, self.system.owner_id))

    def test_other_systems_are_not_concerned(self):
        self.trip()
        other = self.system.copy({"name": "Other", "code": "other", "state": "active"})
        other.issue_credential("signature")
        self.far_end.status, self.far_end.requests[:] = 200, []
        self.release(quantity=1)
        self.run_lane()
        self.assertEqual(len(self.far_end.requests), 1)

    def test_the_lane_wakes_for_the_probe(self):
        self.trip()
        delivery = self.env["mes.delivery"]
        self.assertEqual(delivery._due_shards("mes.outbox.message"), [])
        opens_in = self.env["mes.gate"]._opens_in(TransportKind.HTTP, self.env["mes.outbox.message"])
        self.assertAlmostEqual(opens_in, 30, delta=8)
        self.assertEqual(round(delivery._next_ripe_in("mes.outbox.message")), round(opens_in))
        self.env["mes.outbox.message"].search([]).action_discard()
        self.assertIsNone(delivery._next_ripe_in("mes.outbox.message"))

    def test_one_probe_and_it_waits_twice_as_long(self):
        messages = self.trip()
        self.end_wait()
        self.run_lane()
        self.assertEqual(len(self.far_end.requests), FAILURE_LIMIT + 1)
        self.assertEqual(self.gate.failures, 6)
        self.assertAlmostEqual((self.gate.until - fields.Datetime.now()).total_seconds(), 60, delta=8)
        self.assertEqual(len(self.cases()), 1)
        self.assertEqual(max(messages.mapped("attempt_count")), 1, "another message has its turn")

    def probe_with(self, message):
        """Have ``message``, which has failed often, be the probe."""
        self.end_wait()
        message.write({"attempt_count": 9, "next_attempt_at": False})
        self.env["mes.delivery"]._work(lambda work: work(self.env), message.id, lambda: None)
        self.assertEqual(self.gate.state, BreakerState.OPEN.value)

    def test_a_failed_probe_gives_way_to_others(self):
        messages = self.trip()
        failed = messages.filtered("attempt_count")[0]
        self.probe_with(failed)
        self.assertGreater(failed.next_attempt_at, self.gate.until)
        (messages - failed).action_discard()
        self.probe_with(failed)
        self.assertEqual(failed.next_attempt_at, self.gate.until, "there is no other")

    def test_a_good_probe_lets_everything_go(self):
        messages = self.trip()
        self.end_wait()
        self.far_end.status = 200
        self.run_lane()
        self.assertEqual(self.states(messages), [OutboxState.SENT] * len(messages))
        self.assertEqual((self.gate.state, self.gate.failures, self.gate.until), (BreakerState.CLOSED.value, 0, False))
        self.assertFalse(self.cases())
        self.assertEqual(len(self.cases(state=CaseState.CLOSED)), 1)

    def test_the_probe_is_one_message_for_all_lanes(self):
        self.trip()
        self.end_wait()
        gates = self.env["mes.gate"]
        count, token = gates._let_through(self.system.id, 50)
        self.assertEqual((count, token), (1, self.gate.until))
        self.assertEqual(gates._let_through(self.system.id, 50), (0, None))
        self.assertEqual(self.run_lane(), 0)

    def test_a_probe_whose_process_died_is_free_again(self):
        self.trip()
        self.end_wait()
        _count, token = self.env["mes.gate"]._let_through(self.system.id, 1)
        self.assertLessEqual((token - fields.Datetime.now()).total_seconds(), PROBE_SECONDS + 1)
        self.end_wait()
        self.far_end.status = 200
        self.run_lane()
        self.assertEqual(self.gate.state, BreakerState.CLOSED.value)

    def test_outcomes_of_others_do_not_close_it(self):
        messages = self.trip()
        before = self.gate._breaker()
        self.env["mes.gate"]._note(messages[0], SendResult(200, "accepted"))
        self.env["mes.gate"]._note(messages[0], DOWN)
        self.assertEqual(self.gate._breaker(), before)

    def test_a_message_that_finds_the_gate_shut_is_not_blamed(self):
        messages, shut = self.trip(), []
        self.end_wait()
        message = messages.filtered(lambda one: not one.attempt_count)[0]
        claims = self.env["mes.claim"]
        claims._take(message._name, message.shard, message.id)
        claim = claims.search([("queue", "=", message._name), ("shard", "=", message.shard)])
        claim.claimed_at = fields.Datetime.now() + timedelta(hours=1)
        claim.flush_recordset()
        self.assertEqual(claims._left_behind(message._name, message.shard), message)

        def in_transaction(work):
            # Another lane was faster, between the reading and the asking.
            if not shut:
                shut.append(True)
                shipment = work(self.env)
                self.env["mes.gate"]._let_through(self.system.id, 1)
                return shipment
            return work(self.env)

        self.far_end.requests.clear()
        self.env["mes.delivery"]._work(in_transaction, message.id, lambda: None)
        self.assertFalse(self.far_end.requests)
        self.assertFalse(claims._left_behind(message._name, message.shard))

    def test_people_steer_it(self):
        self.trip()
        supervisor = new_test_user(self.env, "steering", groups="mes_connector.group_mes_supervisor")
        reader = new_test_user(self.env, "reading", groups="mes_connector.group_mes_auditor")
        with self.assertRaises(AccessError):
            self.system.with_user(reader).action_probe_now()
        self.env["mes.outbox.message"].search([("state", "=", OutboxState.PENDING.value)]).action_discard()
        self.assertEqual(self.run_lane(), 0)
        self.system.with_user(supervisor).action_probe_now()
        self.run_lane()
        self.assertEqual(len(self.far_end.requests), FAILURE_LIMIT + 1)
        self.far_end.status = 200
        self.system.with_user(supervisor).action_close_breaker()
        self.assertFalse(self.cases())
        self.run_lane()
        self.assertEqual(len(self.far_end.requests), 2 * FAILURE_LIMIT + 1)

    def test_a_wait_asked_for_is_kept_by_all_messages(self):
        self.far_end.status, self.far_end.headers = 429, {"Retry-After": "10"}
        messages = self.releases(3)
        self.run_lane()
        self.assertEqual(len(self.far_end.requests), 1)
        self.assertEqual(sorted(messages.mapped("attempt_count")), [0, 0, 1])
        self.assertAlmostEqual((self.gate.until - fields.Datetime.now()).total_seconds(), 10, delta=8)
        self.assertFalse(self.cases(), "a short wait needs nobody")


@tagged("post_install", "-at_install", "mes")
class TestRateAndRoutes(GateCase):
    def test_no_more_than_the_rate_limit(self):
        self.system.rate_limit = 60
        messages = self.releases(5)
        self.run_lane()
        sent = len(self.far_end.requests)
        self.assertIn(sent, (2, 3))
        self.assertEqual(sum(messages.mapped("attempt_count")), sent)
        self.assertLessEqual(self.env["mes.delivery"]._next_ripe_in("mes.outbox.message"), 1)
        self.gate.free_at = fields.Datetime.now() - timedelta(seconds=2)
        self.run_lane()
        self.assertGreater(len(self.far_end.requests), sent)

    def test_a_route_that_is_gone_is_paused_and_its_message_waits(self):
        first, second = self.releases(2)
        self.far_end.status = 410
        self.run_lane()
        self.assertEqual(len(self.far_end.requests), 1)
        self.assertEqual({first.state, second.state}, {OutboxState.WAITING.value, OutboxState.PENDING.value})
        pause = self.env["mes.pause"]._in_force(
            self.env.company.id, self.system.id, first.event_type, Direction.OUT.value
        )
        self.assertEqual(pause.code, "endpoint_gone")
        self.assertEqual(self.cases("endpoint_gone").owner_id, self.system.owner_id)
        self.assertEqual(self.run_lane(), 0)
        self.far_end.status = 200
        pause._end()
        self.assertFalse(self.cases("endpoint_gone"))
        self.run_lane()
        self.assertEqual(self.states(first | second), [OutboxState.SENT] * 2)

    def test_a_route_that_is_gone_says_nothing_against_the_system(self):
        self.releases(1)
        self.far_end.status = 410
        self.run_lane()
        self.assertEqual(self.gate._breaker().failures, 0)
