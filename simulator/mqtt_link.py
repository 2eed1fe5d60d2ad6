"""Deliveries and arrivals over MQTT 5 with QoS 1; the only file that knows paho.

Facts: paho runs its callbacks in its own thread; it keeps unacknowledged publications and sends them
again after a reconnect, so one publication is enough. A refusal by the broker's access list is a
PUBACK with a reason code of 0x80 or more.
"""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from .link import Fate, Outcome

SESSION_SECONDS = 7 * 24 * 3600
LOOK_AGAIN_SECONDS = 0.5


@dataclass(frozen=True)
class Broker:
    """Where the broker is and who we are to it."""

    host: str
    port: int
    user: str | None
    password: str | None

    @classmethod
    def from_url(cls, url: str) -> "Broker":
        """Read ``mqtt://user:password@host:port``; raises ValueError when it is not such a URL."""
        parts = urlsplit(url)
        if parts.scheme != "mqtt" or not parts.hostname:
            raise ValueError("a broker is given as mqtt://user:password@host:port")
        user = unquote(parts.username) if parts.username else None
        password = unquote(parts.password) if parts.password else None
        return cls(parts.hostname, parts.port or 1883, user, password)


class _Receipt:
    """Waits for the PUBACK of one publication."""

    def __init__(self) -> None:
        self.arrived = threading.Event()
        self.code = 0
        self.is_abandoned = False


class MqttLink:
    """A persistent MQTT session; what arrives is acknowledged only after it was handed over and recorded."""

    def __init__(self, system: str, broker: Broker, give_up_after: float = 300) -> None:
        self._broker = broker
        self._topic_in = f"mes/v1/{system}/in"
        self._topic_out = f"mes/v1/{system}/out"
        self._give_up_after = give_up_after
        self._closing = threading.Event()
        self._subscribed = threading.Event()
        self._receipts: dict[int, _Receipt] = {}
        self._on_event: Callable[[Any], None] = lambda value: None
        self._client = self._new_client(f"plant-{system}")

    def _new_client(self, client_id: str) -> mqtt.Client:
        client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=client_id, protocol=mqtt.MQTTv5, manual_ack=True
        )
        if self._broker.user:
            client.username_pw_set(self._broker.user, self._broker.password)
        client.reconnect_delay_set(min_delay=1, max_delay=10)
        client.on_connect = self._connected
        client.on_subscribe = self._has_subscribed
        client.on_publish = self._published
        client.on_message = self._arrived
        return client

    def open(self, on_event: Callable[[Any], None]) -> None:
        """Connect in the background and keep trying; the session outlives this process."""
        self._on_event = on_event
        session = Properties(PacketTypes.CONNECT)
        session.SessionExpiryInterval = SESSION_SECONDS
        self._client.connect_async(self._broker.host, self._broker.port, clean_start=False, properties=session)
        self._client.loop_start()

    def is_ready(self) -> bool:
        return self._client.is_connected() and self._subscribed.is_set()

    def close(self) -> None:
        self._closing.set()
        self._client.disconnect()
        self._client.loop_stop()

    def deliver(self, payload: Any) -> Outcome:
        """Publish and wait for the broker's PUBACK; per-event results come later, as events."""
        deadline = time.monotonic() + self._give_up_after
        info = self._client.publish(self._topic_in, json.dumps(payload).encode(), qos=1)
        # The PUBACK may be here already: whoever comes first makes the receipt. A lock would
        # deadlock with paho's own, which it holds around its callback.
        receipt = self._receipts.setdefault(info.mid, _Receipt())
        while not receipt.arrived.wait(LOOK_AGAIN_SECONDS):
            if self._closing.is_set() or time.monotonic() > deadline:
                receipt.is_abandoned = True
                return Outcome(Fate.FAILED, detail="no PUBACK before the deadline")
        self._receipts.pop(info.mid, None)
        if receipt.code >= 0x80:
            return Outcome(Fate.REFUSED, receipt.code, detail="the broker refused the publication")
        return Outcome(Fate.TAKEN, receipt.code)

    def _connected(self, client: mqtt.Client, _userdata: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if not reason.is_failure:
            client.subscribe(self._topic_out, qos=1)

    def _has_subscribed(self, _client: mqtt.Client, _userdata: Any, _mid: int, reasons: Any, _properties: Any) -> None:
        if not any(reason.is_failure for reason in reasons):
            self._subscribed.set()

    def _published(self, _client: mqtt.Client, _userdata: Any, mid: int, reason: Any, _properties: Any) -> None:
        receipt = self._receipts.setdefault(mid, _Receipt())
        if receipt.is_abandoned:
            self._receipts.pop(mid, None)
        receipt.code = reason.value
        receipt.arrived.set()

    def _arrived(self, client: mqtt.Client, _userdata: Any, message: mqtt.MQTTMessage) -> None:
        try:
            value = json.loads(message.payload)
        except (ValueError, RecursionError):
            # Handed over as text, to be recorded as unreadable: a poison message must not come back for ever.
            value = message.payload.decode(errors="replace")
        self._on_event(value)
        client.ack(message.mid, message.qos)
