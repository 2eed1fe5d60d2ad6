"""The values that travel between the rooms: envelopes, effects, results; no behaviour.

All are frozen, so a handler can neither change what was received nor what it already reported.
"""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Fault:
    """One thing wrong with an event: a JSON Pointer (RFC 6901) into it and a sentence."""

    pointer: str
    detail: str


@dataclass(frozen=True)
class Envelope:
    """One CloudEvent, read and checked; times are UTC, absent texts are empty.

    ``raw`` is the event as JSON text in the sender's key order; ``order_key`` and ``sequence``
    are as sent (see ``event_types.ordering_key`` for the key that counts).
    """

    id: str
    source: str
    type: str
    time: datetime
    data: dict = field(hash=False)
    plant: str = ""
    order_key: str = ""
    sequence: int | None = None
    correlation_id: str = ""
    causation_id: str = ""
    traceparent: str = ""
    expires_at: datetime | None = None
    subject: str = ""
    raw: str = ""


@dataclass(frozen=True)
class Effect:
    """One thing a message did, as told to the sender and kept as proof of posting.

    ``kind`` is a word such as ``received`` or ``consumed``; ``uom`` a UN/ECE code; ``record``
    the display name of the Odoo record ``(res_model, res_id)``; ``reverses`` the row of the effect it undoes;
    ``note`` says for people what is unusual about it.
    """

    kind: str
    product: str = ""
    lot: str = ""
    quantity: float = 0.0
    uom: str = ""
    record: str = ""
    res_model: str = ""
    res_id: int = 0
    reverses: int = 0
    note: str = ""


@dataclass(frozen=True)
class HandlerResult:
    """What a handler reports back: a code that means success, a text, the effects."""

    code: str = "accepted"
    text: str = ""
    effects: tuple[Effect, ...] = ()


@dataclass(frozen=True)
class OutboundRequest:
    """What a transport sends: the address (HTTP URL or MQTT topic), the body, the headers."""

    url: str
    body: bytes
    headers: dict = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class SendResult:
    """What a delivery attempt came to; ``status`` is 0 without a response, times as named.

    ``code`` is a key of ``errors.CODES``, whose disposition says what becomes of the message.
    ``retry_after`` is in seconds. ``items`` is what the far end said of each event of a batch, in
    its order; empty when one word holds for all.
    """

    status: int
    code: str
    detail: str = ""
    duration_ms: int = 0
    retry_after: float | None = None
    items: tuple["SendResult", ...] = ()
