"""What a lane takes next and in which order: heads, priorities, windows, pauses; what it claims, and who is woken."""

from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import RecordCapturer, tagged
from odoo.tools import mute_logger

from ..core.states import FlowClass, InboxState
from ..models import mes_dispatcher
from ..models.mes_lane import MesLane, Turn
from .common import AlwaysMine, MesCase

LANE_LOG = "odoo.addons.mes_connector.models.mes_lane"


class Taken:
    """A guard whose shards are another lane's, but for those named."""

    def __init__(self, *free):
        self._free = free

    def hold(self, shard):
        return AlwaysMine().hold(shard) if shard in self._free else self

    def __enter__(self):
        return None

    def __exit__(self, *_failure):
        return False


@tagged("post_install", "-at_install", "mes")
class TestLane(MesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.inbox = cls.env["mes.inbox.message"]
        cls.window = cls.env.ref("mes_connector.flow_class_window")

    def store(self, *events):
        """Store events without working them; their rows in the order given."""
        caller, _secrets = self.env["mes.identity"]._load_caller(self.system.code)
        intake = self.env["mes.intake"]
        readings = [intake._read_one(caller, event) for event in events]
        uuids = [stored["message"] for stored in intake._store(caller, readings)]
        return self.inbox.search([("uuid", "in", uuids)]).sorted(lambda row: uuids.index(row.uuid))

    def started(self, order, **extra):
        return self.event("operation.started", order, operation="10", work_center="ASM1", **extra)

    def consumed(self, order, quantity=1, **extra):
        item = {"product": "SCR-M6", "quantity": self.quantity(quantity, self.screw)}
        return self.event("material.consumed", order, operation="10", items=[item], **extra)

    def taken(self):
        """The message a lane would take first."""
        shards = self.inbox._due_shards()
        return self.inbox._next_due(shards[0][0], priority=shards[0][1]) if shards else self.inbox

    # -- order -------------------------------------------------------------------------------------------------------

    def test_the_oldest_of_a_key_comes_first_and_stops_it(self):
        first, second = self.store(*(self.started(self.release(quantity=5)) for _order in range(2)))
        order = first.ordering_key
        behind = self.store(self.event("hold.placed", order, reason="R"))
        first.next_attempt_at = fields.Datetime.now() + timedelta(hours=1)
        self.assertEqual(self.taken(), second, "another key is not stopped")
        second._move("park")
        self.assertFalse(self.taken(), "its own key is")
        first.next_attempt_at = False
        self.assertEqual(self.taken(), first)
        first._move("die")
        self.assertFalse(self.taken(), "a dead message stops its key too")
        first._move("discard")
        self.assertEqual(self.taken(), behind)

    def test_what_may_wait_longer_waits_while_there_is_work_at_once(self):
        slow, fast = self.release(quantity=5), self.release(quantity=5)
        late = self.store(self.consumed(slow))
        now = self.store(self.started(fast))
        self.assertEqual((late.priority, now.priority), (20, 10))
        self.assertEqual(self.taken(), now, "though it came later")
        now._move("park")
        self.assertEqual(self.taken(), late)

    def test_new_work_comes_before_what_failed(self):
        failed, new = self.store(*(self.started(self.release(quantity=5)) for _order in range(2)))
        failed.attempt_count = 1
        self.assertEqual(self.taken(), new)

    # -- windows -----------------------------------------------------------------------------------------------------

    def test_a_window_collects_a_key_until_it_ends(self):
        self.window.window_seconds = 300
        order = self.release(quantity=5)
        one, two = self.store(self.consumed(order), self.consumed(order))
        self.assertFalse(self.taken())
        self.assertAlmostEqual(self.inbox._next_ripe_in(), 300, delta=100)
        (one | two).collect_until = one.collect_until - timedelta(seconds=60)
        self.env.flush_all()
        three = self.store(self.consumed(order))
        self.assertEqual(three.collect_until, one.collect_until, "one window, not one after the other")
        (one | two | three).collect_until = fields.Datetime.now()
        self.drain()
        self.assertDone(one, two, three)

    def test_a_real_time_message_flushes_its_own_key_first(self):
        self.window.window_seconds = 300
        order, other = self.release(quantity=5), self.release(quantity=5)
        collected, alone = self.store(self.consumed(order), self.consumed(other))
        flush = self.store(self.started(order))
        self.assertEqual(self.taken(), collected, "the order of the key stays")
        self.drain()
        self.assertDone(collected, flush)
        self.assertLess(collected.attempt_ids.id, flush.attempt_ids.id)
        self.assertEqual(alone.state, InboxState.PENDING.value, "another key's window goes on")

    def test_what_a_parked_message_waits_for_is_not_collected(self):
        self.window.window_seconds = 300
        order = self.release(quantity=5)
        ahead = self.store(self.started(order, envelope={"sequence": 2}))
        self.drain()
        self.assertStopped(ahead, InboxState.PARKED, "sequence_gap")
        missing = self.store(self.consumed(order, envelope={"sequence": 1}))
        self.drain()
        self.assertDone(missing, ahead)

    def test_a_route_binds_its_type_to_a_class(self):
        route = self.system.route_ids.filtered(
            lambda one: one.event_type == "mes.material.consumed.v1" and one.direction == "in"
        )
        self.assertEqual(route.flow_class_id.kind, FlowClass.WINDOW.value)
        route.flow_class_id = self.env.ref("mes_connector.flow_class_real_time")
        self.assertEqual(self.store(self.consumed(self.release(quantity=5))).priority, 10)

    # -- groups and claims -------------------------------------------------------------------------------------------

    def work(self, message):
        """Work a message, and what is due behind it, as a lane does."""

        def in_transaction(work):
            result = work(self.env)
            self.env.flush_all()
            return result

        with patch.object(mes_dispatcher, "GROUP_SECONDS", 60):
            self.env["mes.dispatcher"]._work(in_transaction, message.id, lambda: None)

    def test_what_is_due_of_one_key_is_applied_together(self):
        order = self.release(quantity=5)
        messages = self.store(self.started(order), self.consumed(order), self.consumed(order))
        self.work(messages[0])
        self.assertDone(*messages)
        claim = self.env["mes.claim"].search([("message_id", "in", messages.ids)])
        self.assertEqual(claim.message_id, messages[2].id, "each was claimed before it was worked")

    def test_after_a_conflict_there_is_no_group(self):
        order = self.release(quantity=5)
        first, second = self.store(self.started(order), self.consumed(order))
        self.env = self.env(context=dict(self.env.context, mes_lost_conflict=True))
        self.work(first)
        self.assertEqual((first.state, second.state), (InboxState.DONE.value, InboxState.PENDING.value))

    def test_one_that_fails_in_a_group_undoes_only_itself(self):
        order = self.release(quantity=5)
        good, bad, after = self.store(self.consumed(order), self.consumed(order, quantity=90000), self.consumed(order))
        self.work(good)
        self.assertDone(good, after)
        self.assertStopped(bad, InboxState.PARKED, "component_shortage")

    def test_a_message_that_kills_its_process_dies_after_three_times(self):
        message, lane = self.store(self.started(self.release(quantity=5))), self.env["mes.lane"]
        for kill in (1, 2, 3):
            # Claimed, and the process was gone before it wrote anything.
            self.env["mes.claim"]._take(message._name, message.shard, message.id)
            self.env.cr.execute("UPDATE mes_claim SET claimed_at = claimed_at + interval '1 hour'")
            self.assertEqual(self.env["mes.claim"]._left_behind(message._name, message.shard), message)
            with self.enter_registry_test_mode():
                lane._take_next(message._name, message.shard, [], 10, {})
            self.env.invalidate_all()
            state = InboxState.DEAD if kill == 3 else InboxState.WAITING
            self.assertStopped(message, state, "process_killed")
            self.env.cr.execute("UPDATE mes_claim SET message_id = NULL")
        self.assertEqual(message.attempt_ids.mapped("code"), ["process_killed"] * 3)
        self.assertTrue(message.case_id.owner_id)

    def test_a_claim_blames_nobody_who_was_worked_or_when_the_database_died(self):
        message, claims = self.store(self.started(self.release(quantity=5))), self.env["mes.claim"]
        claims._take(message._name, message.shard, message.id)
        self.assertFalse(claims._left_behind(message._name, message.shard), "written when it was claimed")
        self.env.cr.execute("UPDATE mes_claim SET claimed_at = '2000-01-01'")
        self.env.cr.execute("UPDATE mes_inbox_message SET write_date = '1999-01-01' WHERE id = %s", message.ids)
        self.assertFalse(claims._left_behind(message._name, message.shard), "from before the database's start")

    def test_one_that_fails_behind_another_is_not_blamed(self):
        order = self.release(quantity=5)
        first, second = self.store(self.started(order), self.consumed(order))
        self.env["mes.claim"]._take(first._name, first.shard, first.id)
        self.env.cr.execute("UPDATE mes_claim SET claimed_at = '2020-01-01'")
        self.work(first)
        claim = self.env["mes.claim"].search([("message_id", "=", second.id)])
        self.assertEqual(claim.claimed_at.year, 2020, "before the transaction both are written in")

    # -- lanes -------------------------------------------------------------------------------------------------------

    def test_a_shard_that_is_taken_is_passed_by_and_looked_at_again_soon(self):
        first, second = self.store(*(self.started(self.release(quantity=5)) for _order in range(2)))
        if first.shard == second.shard:
            second.shard = (first.shard + 1) % 64
        with self.enter_registry_test_mode():
            turn = self.env["mes.lane"]._run("mes.inbox.message", Taken(second.shard))
        self.env.invalidate_all()
        self.assertEqual((turn.worked, turn.next_in), (1, 0.5))
        self.assertEqual((first.state, second.state), (InboxState.PENDING.value, InboxState.DONE.value))

    def test_a_lane_ends_after_the_message_in_hand(self):
        self.store(*(self.started(self.release(quantity=5)) for _order in range(3)))
        answers = iter([False, False, False, True, True, True, True, True])
        with self.enter_registry_test_mode():
            turn = self.env["mes.lane"]._run("mes.inbox.message", AlwaysMine(), should_stop=lambda: next(answers))
        self.assertEqual((turn.worked, turn.next_in), (1, 0), "there is more, and another lane will do it")

    def test_what_cannot_even_be_written_down_is_set_aside(self):
        message = self.store(self.started(self.release(quantity=5)))
        broken = patch.object(type(self.env["mes.dispatcher"]), "_work", side_effect=ZeroDivisionError)
        with self.enter_registry_test_mode(), mute_logger(LANE_LOG), broken:
            self.env["mes.lane"]._run("mes.inbox.message", AlwaysMine())
        self.env.invalidate_all()
        self.assertStopped(message, InboxState.WAITING, "conflict")
        self.assertEqual(message.attempt_count, 0)

    def test_every_lane_is_woken_once_per_transaction_unless_a_worker_listens(self):
        lane, precommit = self.env["mes.lane"], self.env.cr.precommit
        precommit.clear()
        with RecordCapturer(self.env["ir.cron.trigger"]) as woken:
            lane._wake("mes.inbox.message")
            lane._wake("mes.inbox.message")
            precommit.run()
        self.assertEqual(len(woken.records), 1)
        self.assertEqual(woken.records.cron_id, self.env.ref("mes_connector.ir_cron_mes_process_inbox"))
        with (
            patch.object(MesLane, "_has_worker", return_value=True),
            RecordCapturer(self.env["ir.cron.trigger"]) as more,
        ):
            lane._wake("mes.inbox.message")
            precommit.run()
        self.assertFalse(more.records)

    def test_a_lane_beyond_the_number_set_ends_at_once(self):
        with patch.object(MesLane, "_run", return_value=Turn(0, None)) as run:
            self.env["mes.lane"]._cron_process_inbox(2)
            run.assert_not_called()
            self.env["mes.lane"]._cron_process_inbox(1)
            run.assert_called_once()
