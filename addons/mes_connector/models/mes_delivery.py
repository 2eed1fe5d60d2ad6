"""Sends one outbox message: claim, send with no transaction open, write the outcome; the wire is a transport's."""

import logging
import time

from odoo import api, fields, models

from ..core import errors
from ..core.message_machine import OutboxEvent
from ..core.redact import redact
from ..core.states import SystemState, TransportKind
from ..transports import TRANSPORTS
from ..transports.base import Delivery

_logger = logging.getLogger(__name__)


class MesDelivery(models.AbstractModel):
    _name = "mes.delivery"
    _description = "Message Delivery"

    # -- what a lane asks for ----------------------------------------------------------------------------------------

    @api.model
    def _due_shards(self, queue, transport=None):
        return self.env[queue]._due_shards(self._sendable_systems(self._kind(transport)))

    @api.model
    def _next_due(self, queue, shard, transport=None, **limits):
        return self.env[queue]._next_due(shard, systems=self._sendable_systems(self._kind(transport)), **limits)

    @api.model
    def _next_ripe_in(self, queue, transport=None):
        return self.env[queue]._next_ripe_in(self._sendable_systems(self._kind(transport)))

    @api.model
    def _note_killed(self, message):
        """Write down that the process that had ``message`` in hand is gone; after some times it is dead."""
        if message._fence():
            message.attempt_count += 1
            message._note_killed()

    def _kind(self, transport):
        """The transport kind this lane serves: the gateway brings MQTT, scheduled actions send over HTTP."""
        return transport.kind if transport else TransportKind.HTTP

    @api.model
    def _work(self, in_transaction, message_id, check, transport=None):
        """Deliver one message.

        :param transport: a connected transport; by default a new one of the lane's kind
        """
        delivery = in_transaction(lambda env: env["mes.delivery"]._prepare(message_id))
        if not delivery:
            return
        started_at, clock = fields.Datetime.now(), time.monotonic()
        result = (transport or TRANSPORTS[TransportKind.HTTP]()).send(delivery)
        duration_ms = (time.monotonic() - clock) * 1000
        check()
        in_transaction(
            lambda env: env["mes.delivery"]._conclude(message_id, delivery.target, result, (started_at, duration_ms))
        )

    @api.model
    def _set_aside(self, message_id):
        """Try a message again later whose outcome could not be written down."""
        message = self.env["mes.outbox.message"].browse(message_id)
        if message._fence():
            message._try_again_later(errors.error("technical"))

    # -- one message -------------------------------------------------------------------------------------------------

    @api.model
    def _prepare(self, message_id):
        """Everything a transport needs, read in one short transaction; None when there is nothing to send any more."""
        message = self.env["mes.outbox.message"].browse(message_id).exists()
        if not message or message.state not in [state.value for state in message.DUE]:
            return None
        system = message.system_id
        return Delivery(
            message_id=message.event_id,
            system=system.code,
            target=system.endpoint_url or "",
            body=message.payload.encode(),
            secrets=system.credential_ids._signing_secrets(),
            is_plant_network=system.is_plant_network,
        )

    @api.model
    def _conclude(self, message_id, target, result, timing):
        """Write down what came of an attempt.

        :param result: core ``SendResult``
        :param timing: ``(started_at, duration in milliseconds)``
        """
        message = self.env["mes.outbox.message"].browse(message_id)
        spec = errors.CODES[result.code]
        if message._fence():
            message.write({"http_status": result.status, "attempt_count": message.attempt_count + 1})
            if spec.disposition is errors.Disposition.DONE:
                message._move(
                    OutboxEvent.SEND,
                    {"code": result.code, "text": False, "sent_at": fields.Datetime.now(), "next_attempt_at": False},
                )
            elif spec.disposition is errors.Disposition.WAIT:
                message._try_again_later(errors.error(result.code, redact(result.detail)), after=result.retry_after)
            else:
                message._move(
                    OutboxEvent.REFUSE,
                    {"code": result.code, "text": redact(result.detail), "next_attempt_at": False},
                )
        self.env["mes.attempt"]._log(
            message,
            *timing,
            target=redact(target),
            http_status=result.status,
            code=result.code,
            detail=redact(result.detail),
        )
        self.env["mes.case"]._follow(message)

    @api.model
    def _sendable_systems(self, kind):
        """Ids of the systems that messages are delivered to over ``kind`` now."""
        return (
            self.env["mes.system"]
            .search([("state", "=", SystemState.ACTIVE.value), ("transport", "=", kind.value)])
            .ids
        )
