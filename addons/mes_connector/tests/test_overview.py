"""The overview's figures: how long each class waits, what nobody works, what is paused; and the phase screen's news."""

from datetime import timedelta
from unittest.mock import patch

from odoo.tests import freeze_time, tagged

from ..core.states import FlowState, SystemState
from ..models.mes_shard_guard import LOCK_SPACES
from .common import MesCase


@tagged("post_install", "-at_install", "mes")
class TestOverview(MesCase):
    def setUp(self):
        super().setUp()
        self.now = self.env.cr.now().replace(microsecond=0)

    def figures(self, name):
        self.env.invalidate_all()
        with freeze_time(self.now):
            return self.env["mes.overview"].get_figures()[name]

    def due_for(self, message, seconds):
        """As if the message had been stored so long ago."""
        message.flush_recordset()
        since = self.now - timedelta(seconds=seconds)
        self.env.cr.execute(f"UPDATE {message._table} SET create_date = %s WHERE id = %s", [since, message.id])
        message.invalidate_recordset()

    def waiting(self, xml_id):
        """``(count, seconds, is late)`` of what is to be sent in a class."""
        flow_class = self.env.ref(f"mes_connector.flow_class_{xml_id}")
        (row,) = (row for row in self.figures("classes") if row["id"] == flow_class.id)
        outbox = row["figures"][1]
        found = self.env[outbox["model"]].search_count(outbox["domain"])
        self.assertEqual(found, outbox["count"], "the figure opens its rows")
        return outbox["count"], outbox["seconds"], outbox["is_late"]

    def test_the_oldest_of_a_class_is_held_against_its_target(self):
        message = self.release(1).mes_outbox_ids
        self.due_for(message, 1)
        self.assertEqual(self.waiting("real_time"), (1, 1, False))
        self.due_for(message, 3)
        self.assertEqual(self.waiting("real_time"), (1, 3, True))
        self.assertEqual(self.waiting("batch")[0], 0)

    def test_collecting_is_not_waiting(self):
        message = self.release(1).mes_outbox_ids
        self.due_for(message, 500)
        message.collect_until = self.now + timedelta(seconds=60)
        self.assertEqual(self.waiting("real_time")[0], 0)
        message.collect_until = self.now - timedelta(seconds=10)
        self.assertEqual(self.waiting("real_time"), (1, 10, True))

    def test_what_a_pause_holds_is_not_late_but_paused(self):
        message = self.release(1).mes_outbox_ids
        self.due_for(message, 500)
        self.system.action_pause("maintenance")
        self.assertEqual(self.waiting("real_time")[0], 0)
        (paused,) = self.figures("paused")
        self.assertEqual((paused["state"], paused["name"]), (FlowState.PAUSED.value, self.system.name))
        figure = paused["figures"][1]
        self.assertEqual(self.env[figure["model"]].search(figure["domain"]), message)
        self.system.action_resume()
        self.assertFalse(self.figures("paused"))

    def test_a_queue_that_nobody_works_is_told(self):
        message = self.release(1).mes_outbox_ids
        self.assertFalse(self.figures("warnings"), "there was no time yet")
        self.due_for(message, 61)
        (warning,) = self.figures("warnings")
        self.assertEqual(warning["key"], "outbox")
        self.assertEqual(self.env[warning["model"]].search(warning["domain"]), message)

    def test_a_queue_of_which_a_lane_took_something_is_worked(self):
        message = self.release(1).mes_outbox_ids
        self.due_for(message, 61)
        self.env["mes.claim"]._take(message._name, message.shard, message.id)
        self.assertFalse(self.figures("warnings"))
        self.env.cr.execute("UPDATE mes_claim SET claimed_at = claimed_at - interval '61 seconds'")
        self.assertTrue(self.figures("warnings"))

    def test_a_shard_that_a_lane_holds_is_worked(self):
        message = self.release(1).mes_outbox_ids
        self.due_for(message, 61)
        self.assertTrue(self.figures("warnings"))
        space = LOCK_SPACES[message._name]
        self.env.cr.execute("SELECT pg_advisory_xact_lock(%s, %s)", [space, message.shard])
        self.assertFalse(self.figures("warnings"))

    def test_what_may_not_be_worked_needs_no_lane(self):
        message = self.release(1).mes_outbox_ids
        self.due_for(message, 61)
        self.system.action_pause()
        self.assertFalse(self.figures("warnings"))
        self.system.action_resume()
        self.system.state = SystemState.DRAFT.value
        self.assertFalse(self.figures("warnings"))


@tagged("post_install", "-at_install", "mes")
class TestPhaseNews(MesCase):
    def test_news_carries_the_number_that_the_form_reads(self):
        order, sent = self.make_order(1), []
        with patch.object(type(order), "_bus_send", lambda _self, kind, message: sent.append(message)):
            order.action_mes_release()
            first = order.mes_last_transition
            order.action_mes_hold("surface")
        self.assertEqual([one["transition"] for one in sent], order.mes_transition_ids.sorted("id").ids)
        self.assertEqual(sent[0]["transition"], first)
        self.assertEqual(order.mes_last_transition, sent[-1]["transition"])
