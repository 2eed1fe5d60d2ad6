"""Replay: what each action takes, what it makes of it, and that a job can be watched, stopped and taken up again."""

from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..core.states import InboxState, OutboxState, ReplayAction, ReplayState
from .common import MesCase

STEP = "odoo.addons.mes_connector.models.mes_replay.STEP_ITEMS"


class ReplayCase(MesCase):
    def replay(self, action, **values):
        return self.env["mes.replay"].create(dict({"action": action.value, "since": "2000-01-01"}, **values))

    def run_to_end(self, replay):
        """Start a replay and work it as the scheduled action does; what it made."""
        replay.action_start()
        while replay._step() is not None:
            pass
        replay.invalidate_recordset()
        return self.made(replay)

    def made(self, replay):
        return replay._queue().search([("replay_id", "=", replay.id)], order="id")

    def failures(self, replay):
        return replay.failure_ids.mapped("failure")

    def sent(self, order=None):
        """The release of an order, which its system has taken."""
        message = (order or self.release(quantity=10)).mes_outbox_ids
        message._move("send", {"sent_at": fields.Datetime.now()})
        return message

    def other_system(self, **values):
        return self.env["mes.system"].create(
            dict(
                {
                    "name": "New MES",
                    "code": "mes-new",
                    "plant_ids": self.plant.ids,
                    "endpoint_url": "https://new.example.com/events",
                    "state": "active",
                },
                **values,
            )
        )


@tagged("post_install", "-at_install", "mes")
class TestReplayOut(ReplayCase):
    def test_resend_makes_a_new_row_of_the_frozen_payload(self):
        original = self.sent()
        order = original.production_id
        payload, state = original.payload, original.state
        order.product_id.default_code = "RENAMED"
        made = self.run_to_end(self.replay(ReplayAction.RESEND))
        self.assertEqual((made.payload, made.event_id), (payload, original.event_id))
        self.assertEqual((made.replay_of_id, original.replay_ids, original.state), (original, made, state))
        self.assertEqual((made.state, made.system_id), (OutboxState.PENDING.value, self.system))
        self.assertIn(made, self.env["mes.outbox.message"]._next_due(made.shard), "a lane finds it")
        self.assertGreater(made.priority, original.priority, "behind what happens now")

    def test_resending_twice_repeats_the_original_only(self):
        self.sent()
        first = self.run_to_end(self.replay(ReplayAction.RESEND))
        first._move("send")
        second = self.run_to_end(self.replay(ReplayAction.RESEND))
        self.assertEqual((len(first), len(second), second.replay_of_id), (1, 1, first.replay_of_id))

    def test_what_still_waits_is_not_sent_twice(self):
        self.release(quantity=10)
        with self.assertRaisesRegex(UserError, "no such message"):
            self.replay(ReplayAction.RESEND).action_start()

    def test_a_range_a_type_and_a_system(self):
        message = self.sent()
        now = fields.Datetime.now()
        for values, found in (
            ({"since": now + timedelta(minutes=1)}, 0),
            ({"until": now - timedelta(minutes=1)}, 0),
            ({"event_types": "mes.order.posted.v1"}, 0),
            ({"event_types": "mes.order.posted.v1, mes.order.released.v1"}, 1),
            ({"system_ids": self.other_system().ids}, 0),
            ({"system_ids": self.system.ids}, 1),
            ({"since": False, "message_ids": message.ids}, 1),
        ):
            self.assertEqual(self.replay(ReplayAction.RESEND, **values).preview_count, found, values)

    def test_one_target(self):
        original, target = self.sent(), self.other_system()
        made = self.run_to_end(self.replay(ReplayAction.RESEND, target_id=target.id))
        self.assertEqual((made.system_id, made.event_id, made.payload), (target, original.event_id, original.payload))

    def test_a_target_learns_only_what_its_routes_and_plants_allow(self):
        self.sent()
        target = self.other_system()
        target.route_ids.filtered(lambda one: one.event_type == "mes.order.released.v1").unlink()
        replay = self.replay(ReplayAction.RESEND, target_id=target.id)
        self.assertFalse(self.run_to_end(replay))
        self.assertEqual((replay.failed_count, replay.done_count, replay.progress), (1, 0, 100))
        self.assertIn("no route", self.failures(replay)[0])
        elsewhere = self.env["stock.warehouse"].create({"name": "Elsewhere", "code": "ELSE"})
        stranger = self.other_system(code="mes-else", plant_ids=elsewhere.ids)
        replay = self.replay(ReplayAction.RESEND, target_id=stranger.id)
        self.assertFalse(self.run_to_end(replay))
        self.assertIn("does not serve", self.failures(replay)[0])

    def test_answers_go_to_nobody_else(self):
        message = self.send("operation.started", self.release(quantity=10), operation="10", work_center="ASM1")
        message.answer_ids._move("send")
        target = self.other_system()
        replay = self.replay(ReplayAction.RESEND, target_id=target.id, event_types="mes.message.accepted.v1")
        self.assertEqual(replay.preview_count, 0)
        self.assertEqual(self.replay(ReplayAction.MISSED, system_ids=target.ids).preview_count, 1, "the release only")

    def test_missed_is_what_a_system_never_had(self):
        had = self.sent()
        late = self.other_system()
        missed = self.run_to_end(self.replay(ReplayAction.MISSED, system_ids=late.ids))
        self.assertEqual((missed.event_id, missed.system_id), (had.event_id, late), "from before it existed")
        self.assertEqual(self.replay(ReplayAction.MISSED, system_ids=late.ids).preview_count, 0, "it is on its way")
        self.assertEqual(self.replay(ReplayAction.MISSED, system_ids=self.system.ids).preview_count, 0)

    def test_missed_puts_a_dead_row_back_in_line(self):
        message = self.release(quantity=10).mes_outbox_ids
        message._move("die")
        replay = self.replay(ReplayAction.MISSED, system_ids=self.system.ids)
        self.assertFalse(self.run_to_end(replay))
        self.assertEqual((message.state, replay.done_count), (OutboxState.PENDING.value, 1))

    def test_two_replays_of_what_was_missed_send_it_once(self):
        self.sent()
        late = self.other_system()
        one, two = (self.replay(ReplayAction.MISSED, system_ids=late.ids) for _ in range(2))
        one.action_start()
        two.action_start()
        (one | two).mapped(lambda replay: replay._step())
        self.assertEqual(len(self.made(one) | self.made(two)), 1)

    def test_resend_since_is_for_every_system(self):
        self.other_system()
        sent = self.sent()
        self.assertEqual(len(sent), 2)
        replay = self.env["mes.replay"].browse(self.env["mes.replay"].resend_since("2000-01-01 00:00:00"))
        self.assertEqual((replay.state, replay.total), (ReplayState.RUNNING.value, 2))

    def test_a_removed_payload_is_a_listed_failure(self):
        message = self.sent()
        self.env.cr.execute("UPDATE mes_outbox_message SET payload = NULL, payload_removed_at = now()")
        message.invalidate_recordset()
        replay = self.replay(ReplayAction.RESEND)
        self.assertFalse(self.run_to_end(replay))
        self.assertIn("removed by retention", self.failures(replay)[0])

    def test_retry_and_discard_of_what_was_not_sent(self):
        message = self.release(quantity=10).mes_outbox_ids
        message._move("die")
        self.run_to_end(self.replay(ReplayAction.RETRY))
        self.assertEqual(message.state, OutboxState.PENDING.value)
        replay = self.replay(ReplayAction.DISCARD)
        with self.assertRaisesRegex(UserError, "reason"):
            replay.action_start()
        replay.reason = "test run"
        self.run_to_end(replay)
        self.assertEqual(message.state, OutboxState.DISCARDED.value)


@tagged("post_install", "-at_install", "mes")
class TestReplayIn(ReplayCase):
    def parked(self, order="NO/SUCH/ORDER"):
        return self.send("operation.started", order, operation="10", work_center="ASM1")

    def rejected(self):
        return self.report(self.release(quantity=10), 500, "F1")

    def again(self, **values):
        return self.replay(ReplayAction.APPLY_AGAIN, direction="in", **values)

    def test_retry_a_selection(self):
        chosen, other = self.parked("A"), self.parked("B")
        replay = self.replay(ReplayAction.RETRY, direction="in", message_ids=chosen.ids, since=False)
        self.run_to_end(replay)
        self.assertEqual((chosen.state, other.state), (InboxState.PENDING.value, InboxState.PARKED.value))

    def test_discard_with_a_reason(self):
        message = self.parked()
        self.run_to_end(self.replay(ReplayAction.DISCARD, direction="in", reason="never happened"))
        self.assertEqual(message.state, InboxState.DISCARDED.value)
        self.assertIn("never happened", message.text)

    def test_apply_again_is_a_message_of_its_own(self):
        original = self.rejected()
        made = self.run_to_end(self.again())
        self.assertEqual((made.replay_of_id, made.payload, made.sequence), (original, original.payload, 0))
        self.assertNotEqual(made.uuid, original.uuid)
        original.production_id.product_qty = 1000
        self.drain()
        self.assertEqual((original.state, made.code), (InboxState.REJECTED.value, made.code))
        self.assertTrue(made.answer_outcome, "it was worked and answered")

    def test_an_event_has_its_effect_once(self):
        original = self.rejected()
        first = self.run_to_end(self.again())
        replay = self.again(message_ids=original.ids)
        self.assertFalse(self.run_to_end(replay))
        self.assertIn("still is to be", self.failures(replay)[0])
        self.drain()
        self.assertEqual(first.state, InboxState.REJECTED.value)
        second = self.run_to_end(self.again(message_ids=first.ids))
        self.assertEqual(second.replay_of_id, original, "of a repetition, the first one is named")

    def test_the_database_refuses_a_second_live_repetition(self):
        original = self.rejected()
        made = self.run_to_end(self.again())
        with mute_logger("odoo.sql_db"), self.assertRaisesRegex(Exception, "one_repetition"), self.env.cr.savepoint():
            made.sudo().copy({"uuid": "another"})
        self.assertEqual(original.replay_ids, made)

    def test_quarantine_is_never_applied(self):
        message = self.rejected()
        message.is_quarantined = True
        self.assertEqual(self.again().preview_count, 0)


@tagged("post_install", "-at_install", "mes")
class TestReplayJob(ReplayCase):
    def many(self, number=5):
        for _ in range(number):
            self.sent()
        return self.replay(ReplayAction.RESEND)

    def test_progress_and_the_end(self):
        replay = self.many()
        self.assertEqual((replay.preview_count, replay.progress), (5, 0))
        replay.action_start()
        with patch(STEP, 2):
            seen = []
            while replay._step() is not None:
                replay.invalidate_recordset()
                seen.append((replay.done_count, replay.progress, replay.state))
        self.assertEqual([row[:2] for row in seen], [(2, 40), (4, 80), (5, 100)])
        self.assertEqual((replay.state, bool(replay.ended_at)), (ReplayState.DONE.value, True))

    def test_it_can_be_stopped_between_steps(self):
        replay = self.many()
        replay.action_start()
        with patch(STEP, 2):
            replay._step()
            replay.action_cancel()
            self.assertIsNone(replay._step())
        self.assertEqual((len(self.made(replay)), replay.state), (2, ReplayState.CANCELLED.value))
        self.assertIn(self.env.user.name, replay.text)

    def test_one_that_fails_does_not_stop_the_others(self):
        replay = self.many()
        replay.action_start()
        queue, inner = type(self.env["mes.outbox.message"]), type(self.env["mes.outbox.message"])._send_again
        bad = replay.item_ids[2].outbox_id

        def fail_once(self, *args):
            if self == bad:
                raise ValueError("broken on purpose")
            return inner(self, *args)

        with (
            patch.object(queue, "_send_again", fail_once),
            mute_logger("odoo.addons.mes_connector.models.mes_replay_item"),
        ):
            while replay._step() is not None:
                pass
        replay.invalidate_recordset()
        self.assertEqual((replay.done_count, replay.failed_count, replay.state), (4, 1, ReplayState.DONE.value))
        self.assertEqual(replay.failure_ids.outbox_id, bad)

    def test_it_is_started_once(self):
        replay = self.many(1)
        replay.action_start()
        with self.assertRaisesRegex(UserError, "already"):
            replay.action_start()
        self.assertEqual(len(replay.item_ids), 1)

    def test_what_it_may_be_is_checked(self):
        with self.assertRaises(ValidationError):
            self.replay(ReplayAction.APPLY_AGAIN, direction="out")
        for action, values in (
            (ReplayAction.RESEND, {"since": False}),
            (ReplayAction.MISSED, {}),
            (ReplayAction.RESEND, {"target_id": self.other_system(state="draft").id}),
        ):
            self.sent()
            with self.assertRaises(UserError):
                self.replay(action, **values).action_start()


@tagged("post_install", "-at_install", "mes")
class TestReplayRights(ReplayCase):
    def user(self, role, **values):
        return new_test_user(self.env, f"mes_{role}", groups=f"mes_connector.group_mes_{role}", **values)

    def test_who_may_replay(self):
        self.sent()
        for role in ("operator", "planner", "auditor", "finance"):
            with self.assertRaises(AccessError):
                self.env["mes.replay"].with_user(self.user(role)).resend_since("2000-01-01")
        for role in ("supervisor", "integrator", "steward"):
            replays = self.env["mes.replay"].with_user(self.user(role))
            self.assertTrue(replays.resend_since("2000-01-01"), role)

    def test_a_supervisor_replays_the_own_plants(self):
        self.sent()
        elsewhere = self.env["stock.warehouse"].create({"name": "Elsewhere", "code": "ELSE"})
        stranger = self.user("supervisor", mes_plant_ids=elsewhere.ids)
        replays = self.env["mes.replay"].with_user(stranger)
        with self.assertRaisesRegex(UserError, "of your plants"):
            replays.resend_since("2000-01-01")
        with self.assertRaisesRegex(UserError, "of your plants"):
            replays.create({"action": "resend", "message_ids": self.sent().ids}).action_start()

    def test_who_has_plants_sees_the_own_replays(self):
        self.sent()
        replay = self.replay(ReplayAction.RESEND)
        replay.action_start()
        supervisor = self.user("supervisor", mes_plant_ids=self.plant.ids)
        self.assertFalse(self.env["mes.replay"].with_user(supervisor).search([]))
        self.assertFalse(self.env["mes.replay.item"].with_user(supervisor).search([]))

    def test_nobody_writes_its_state_or_name(self):
        replays = self.env["mes.replay"].with_user(self.user("integrator"))
        with self.assertRaises(AccessError):
            replays.create({"action": "resend", "state": "running"})
        mine = replays.create({"action": "resend", "since": "2000-01-01"})
        with self.assertRaises(AccessError):
            mine.user_id = self.env.user
        self.sent()
        mine.action_start()
        with self.assertRaises(UserError):
            mine.since = "2001-01-01"

    def test_rights_are_those_of_the_moment_it_is_done(self):
        self.sent()
        supervisor = self.user("supervisor")
        replay = self.replay(ReplayAction.RESEND).with_user(supervisor)
        replay.action_start()
        supervisor.sudo().group_ids = self.env.ref("mes_connector.group_mes_auditor")
        while replay.sudo()._step() is not None:
            pass
        self.assertEqual((replay.sudo().failed_count, replay.sudo().done_count), (1, 0))
