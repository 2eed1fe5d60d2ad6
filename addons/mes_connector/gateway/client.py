"""The MQTT connection: the only import of paho; what a message means is decided elsewhere."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

_logger = logging.getLogger(__name__)

#: The broker keeps the session, and with it what was published meanwhile, this long after a lost connection.
SESSION_SECONDS = 7 * 24 * 3600
QOS = 1


@dataclass(frozen=True)
class Broker:
    """Where the broker is and who we are there."""

    host: str
    port: int
    user: str
    password: str
    tls: bool

    @classmethod
    def from_url(cls, url: str) -> "Broker":
        """Read ``mqtt://user:password@host:port`` (``mqtts`` for TLS).

        :raises ValueError: the address cannot be used
        """
        parts = urlsplit(url)
        if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
            raise ValueError("A broker address looks like mqtt://user:password@host:1883.")
        tls = parts.scheme == "mqtts"
        return cls(
            parts.hostname,
            parts.port or (8883 if tls else 1883),
            unquote(parts.username or ""),
            unquote(parts.password or ""),
            tls,
        )


class MqttClient:
    """A persistent MQTT 5 session that hands over each message and acknowledges it only when told so."""

    def __init__(
        self, broker: Broker, client_id: str, topic_filter: str, on_message: Callable[[str, bytes], bool]
    ) -> None:
        """``on_message(topic, body) -> bool`` runs for each message; True acknowledges it to the broker."""
        self._broker = broker
        self._filter = topic_filter
        self._on_message = on_message
        self._connected = threading.Event()
        self._client = paho.Client(
            paho.CallbackAPIVersion.VERSION2, client_id=client_id, protocol=paho.MQTTv5, manual_ack=True
        )
        if broker.user:
            self._client.username_pw_set(broker.user, broker.password)
        if broker.tls:
            self._client.tls_set()
        self._client.on_connect = self._handle_connect
        self._client.on_disconnect = self._handle_disconnect
        self._client.on_message = self._handle_message

    def start(self) -> None:
        """Connect, and keep connecting, in a thread of its own."""
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = SESSION_SECONDS
        self._client.reconnect_delay_set(1, 30)
        self._client.connect_async(
            self._broker.host, self._broker.port, keepalive=30, clean_start=False, properties=properties
        )
        self._client.loop_start()

    def stop(self) -> None:
        """Disconnect and end the thread; unacknowledged messages come again in the next session."""
        self._client.disconnect()
        self._client.loop_stop()

    @property
    def is_connected(self) -> bool:
        """Whether the broker has accepted us and the subscription was sent."""
        return self._connected.is_set()

    def publish(self, topic: str, body: bytes, seconds: float) -> bool:
        """Publish with QoS 1; True once the broker has confirmed it, False when it has not within ``seconds``."""
        if not self.is_connected:
            return False
        try:
            handle = self._client.publish(topic, body, qos=QOS)
            handle.wait_for_publish(seconds)
        except (RuntimeError, ValueError):
            return False
        return handle.is_published()

    def _handle_connect(self, client, _userdata, _flags, reason, _properties):
        if reason.is_failure:
            _logger.warning("mes: broker refused the gateway: %s", reason)
            return
        client.subscribe(self._filter, qos=QOS)
        self._connected.set()
        _logger.info("mes: gateway connected to the broker, listening on %s", self._filter)

    def _handle_disconnect(self, _client, _userdata, _flags, reason, _properties):
        self._connected.clear()
        _logger.info("mes: gateway disconnected from the broker: %s", reason)

    def _handle_message(self, client, _userdata, message):
        if self._on_message(message.topic, message.payload):
            client.ack(message.mid, message.qos)
