"""Sends outbox messages: claim, send with no transaction open, write the outcome; the wire is a transport's.

Facts. What was sent is not sent again because its outcome met another transaction: only the outcome is written again. A
batch is judged item by item; one that was refused as a whole is sent again one by one, so that no message suffers for
its neighbours.
"""

import logging
import time
from dataclasses import dataclass, replace

from psycopg2 import OperationalError

from odoo import api, fields, models

from ..core import errors, gate
from ..core.message_machine import OutboxEvent
from ..core.redact import redact
from ..core.states import TransportKind
from ..transports import TRANSPORTS
from ..transports.base import Delivery, bundle
from .mes_gate import GONE
from .mes_queue_mixin import moment

_logger = logging.getLogger(__name__)

QUEUE = "mes.outbox.message"
#: Each of them waits for the other transaction, so all lanes of a site may meet without using these up.
OUTCOME_TRIES = 20
#: What a batch holds at most, as our own events endpoint takes it, with some room.
BATCH_BYTES = 900_000


class OutcomeLost(Exception):
    """What came of an attempt could not be written down; the message is sent again later, with the same id."""


@dataclass(frozen=True)
class Shipment:
    """Messages that leave together: their rows, what is sent of each, and what their system's gate says.

    ``is_gated``: the gate is to be asked first. ``is_watched``: it wants to know of a good outcome too.
    """

    ids: tuple[int, ...]
    deliveries: tuple[Delivery, ...]
    system_id: int
    shard: int
    is_gated: bool
    is_watched: bool

    def first(self, count):
        """The shipment of the first ``count`` messages."""
        return replace(self, ids=self.ids[:count], deliveries=self.deliveries[:count])


class MesDelivery(models.AbstractModel):
    _name = "mes.delivery"
    _description = "Message Delivery"

    # -- what a lane asks for ----------------------------------------------------------------------------------------

    @api.model
    def _due_shards(self, queue, transport=None):
        return self.env[queue]._due_shards(self._open_systems(transport))

    @api.model
    def _next_due(self, queue, shard, transport=None, **limits):
        return self.env[queue]._next_due(shard, systems=self._open_systems(transport), **limits)

    @api.model
    def _next_ripe_in(self, queue, transport=None):
        """Seconds until a message's own time, or that of the gate it waits behind."""
        messages = self.env[queue]
        ripe = messages._next_ripe_in(self._open_systems(transport))
        opens = self.env["mes.gate"]._opens_in(self._kind(transport), messages)
        return min((seconds for seconds in (ripe, opens) if seconds is not None), default=None)

    @api.model
    def _looks_due(self, queue, transport=None):
        """Outbox messages are never parked."""
        return []

    @api.model
    def _note_killed(self, message):
        """Write down that the process that had ``message`` in hand is gone; after some times it is dead."""
        if message._fence():
            message.attempt_count += 1
            message._note_killed()

    @api.model
    def _work(self, in_transaction, message_id, check, transport=None):
        """Deliver one message, with those that may leave with it.

        :param transport: a connected transport; by default a new one of the lane's kind
        """
        transport = transport or TRANSPORTS[TransportKind.HTTP]()
        shipment = in_transaction(lambda env: env["mes.delivery"]._prepare(message_id, transport.takes_batches))
        if not shipment:
            return
        probe = None
        if shipment.is_gated:
            shipment, probe = self._pass_gate(in_transaction, shipment)
        if not shipment.ids:
            return
        delivery = bundle(shipment.deliveries)
        started_at, clock = moment(), time.monotonic()
        result = transport.send(delivery)
        timing = (started_at, (time.monotonic() - clock) * 1000)
        check()
        self._write_outcome(in_transaction, shipment, result, (delivery.target, *timing), probe)

    @api.model
    def _set_aside(self, message_id):
        """Try a message again later whose outcome could not be written down."""
        message = self.env[QUEUE].browse(message_id)
        if message._fence():
            message._try_again_later(errors.error("technical"))

    def _kind(self, transport):
        """The transport kind this lane serves: the gateway brings MQTT, scheduled actions send over HTTP."""
        return transport.kind if transport else TransportKind.HTTP

    def _open_systems(self, transport):
        return self.env["mes.gate"]._open_systems(self._kind(transport))

    # -- before it is sent -------------------------------------------------------------------------------------------

    @api.model
    def _prepare(self, message_id, takes_batches=False):
        """Everything that is needed to send, read in one short transaction; None when there is nothing to send."""
        message = self.env[QUEUE].browse(message_id).exists()
        if not message or message.state not in [state.value for state in message.DUE] or message._expire_overdue():
            return None
        system = message.system_id
        messages = message._next_batch(message.flow_class_id.batch_size) if takes_batches else message
        deliveries = self._deliveries(system, messages)
        is_gated, is_watched = self.env["mes.gate"]._watch(system)
        return Shipment(messages.ids[: len(deliveries)], deliveries, system.id, message.shard, is_gated, is_watched)

    def _deliveries(self, system, messages):
        common = {
            "system": system.code,
            "target": system.endpoint_url or "",
            "secrets": system.credential_ids._signing_secrets(),
            "is_plant_network": system.is_plant_network,
        }
        deliveries, size = [], 0
        for message in messages:
            body = message.payload.encode()
            size += len(body) + 1
            if deliveries and size > BATCH_BYTES:
                break
            deliveries.append(Delivery(message_id=message.event_id, body=body, **common))
        return tuple(deliveries)

    def _pass_gate(self, in_transaction, shipment):
        """The part of the shipment that may go now, and the token of the probe when it is one."""

        def ask(env):
            return env["mes.gate"]._let_through(shipment.system_id, len(shipment.ids))

        count, probe = in_transaction(ask)
        if not count:
            # Nothing was tried: nobody is to think that the message killed us.
            in_transaction(lambda env: env["mes.claim"]._drop(QUEUE, shipment.shard))
        return shipment.first(count), probe

    # -- after it was sent -------------------------------------------------------------------------------------------

    def _write_outcome(self, in_transaction, shipment, result, attempt, probe):
        """Write down what came of a shipment, for its messages first, then for its system's gate."""
        is_split = len(shipment.ids) > 1 and not result.items and self._is_final(result)
        outcomes = result.items or (result,) * len(shipment.ids)
        self._insist(
            in_transaction,
            lambda env: env["mes.delivery"]._conclude(shipment.ids, outcomes, attempt, is_split),
        )
        gone = () if is_split else tuple(one.code for one in outcomes if one.code == GONE)
        if gone or shipment.is_watched or gate.counts_as_failure(result):
            self._insist(
                in_transaction,
                lambda env: env["mes.gate"]._note(env[QUEUE].browse(shipment.ids), result, gone and outcomes, probe),
            )

    def _insist(self, in_transaction, work):
        """Run ``work(env)`` until no other transaction is in its way."""
        for attempt in range(1, OUTCOME_TRIES + 1):
            try:
                return in_transaction(work)
            except OperationalError as error:
                _logger.info("mes: conflict on the outcome of a delivery, attempt %s: %s", attempt, error)
        raise OutcomeLost

    @api.model
    def _conclude(self, message_ids, outcomes, attempt, is_split=False):
        """Write down what came of an attempt.

        :param outcomes: one core ``SendResult`` for each message
        :param attempt: ``(target, started_at, duration in milliseconds)``
        :param is_split: the batch was refused, which says nothing of its messages: each is to be sent alone
        """
        target, *timing = attempt
        messages = self.env[QUEUE].browse(message_ids)
        due = messages._lock_due()
        for message, result in zip(messages, outcomes, strict=True):
            if message in due:
                message.write({"http_status": result.status, "attempt_count": message.attempt_count + 1})
                if is_split:
                    message.is_single = True
                else:
                    self._settle(message, result)
            self.env["mes.attempt"]._log(
                message,
                *timing,
                target=redact(target),
                http_status=result.status,
                code=result.code,
                detail=redact(result.detail),
            )
            self.env["mes.case"]._follow(message)

    def _settle(self, message, result):
        """Move a message by the disposition of the outcome's code."""
        spec, text = errors.CODES[result.code], redact(result.detail)
        values = {"code": result.code, "text": text, "next_attempt_at": False}
        if spec.disposition is errors.Disposition.DONE:
            message._move(OutboxEvent.SEND, dict(values, text=False, sent_at=fields.Datetime.now()))
        elif spec.disposition is errors.Disposition.WAIT:
            # A route that is gone is paused; when it is resumed, the message goes at once.
            after = 0 if result.code == GONE else result.retry_after
            message._try_again_later(errors.error(result.code, text), after=after)
        else:
            message._move(OutboxEvent.REFUSE, values)

    def _is_final(self, result):
        """Whether the same request would end the same way."""
        return result.code == GONE or errors.CODES[result.code].disposition is errors.Disposition.REJECT
