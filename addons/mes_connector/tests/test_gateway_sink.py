"""The gateway's sink in a registry: what the broker delivers is stored, quarantined or let go, and nothing blocks."""

import json
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..core.message_machine import OutboxEvent
from ..core.states import InboxState, TransportKind
from ..core.topics import inbound_topic
from ..gateway import odoo_sink
from .common import MesCase


class SameTransaction:
    """Stands in for the sink's cursor: the test's own transaction, which must not be closed."""

    def __init__(self, env):
        self._env = env

    def __enter__(self):
        return self._env

    def __exit__(self, *_failure):
        """Leave the transaction to the test."""


@tagged("post_install", "-at_install", "mes")
class TestGatewaySink(MesCase):
    def setUp(self):
        super().setUp()
        self.system.transport = TransportKind.MQTT.value
        self.order = self.release(quantity=10)
        self.sink = odoo_sink.OdooSink(self.env.cr.dbname)
        self.startPatcher(patch.object(odoo_sink, "environment", lambda _database: SameTransaction(self.env)))
        # retrying() would commit the test's transaction.
        self.startPatcher(patch.object(odoo_sink, "retrying", lambda work, _env: work()))

    def take(self, body, system="mes-north"):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.assertTrue(self.sink.take(inbound_topic(system), raw), "the broker may forget it")
        return self.env["mes.inbox.message"].search([("system_id", "=", self.system.id)], order="id")

    def test_an_event_is_stored_and_a_repeated_one_is_answered_again(self):
        item = {"product": "GBX-100", "quantity": self.quantity(4), "lot": "F1"}
        event = self.event("production.reported", self.order, items=[item])
        message = self.take(event)
        self.drain()
        answer = message.answer_ids
        answer._move(OutboxEvent.SEND)
        self.assertEqual(self.take(event), message)
        self.assertEqual((answer.state, self.on_hand(self.gearbox)), ("pending", 4))

    def test_what_cannot_be_read_is_quarantined_and_answered(self):
        for body in (b"{not json", b"\xff\x00", {"source": "/x"}, {}, []):
            self.take(body)
        kept = self.take(b"")
        self.assertEqual((len(kept), set(kept.mapped("state"))), (6, {InboxState.REJECTED.value}))
        self.assertTrue(all(kept.mapped("is_quarantined")) and all(kept.mapped("answer_ids.event_id")))

    def test_our_own_fault_stops_nothing_behind_it(self):
        intake = type(self.env["mes.intake"])
        event = self.event("operation.started", self.order, operation="10", work_center="ASM1")
        with (
            mute_logger("odoo.addons.mes_connector.gateway.odoo_sink"),
            patch.object(intake, "_store", side_effect=ValueError("boom")),
        ):
            kept = self.take(event)
        self.assertEqual((kept.state, kept.code), (InboxState.REJECTED.value, "technical"))
        self.assertEqual(len(self.take(event)), 2, "and the sender may send it again")

    def test_unknown_systems_are_only_counted(self):
        self.assertFalse(self.take({}, system="nobody"))
        self.assertTrue(self.env["mes.counter"].search([("name", "=", "not_authenticated")]))
