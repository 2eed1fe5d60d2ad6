"""MQTT: publish one event with QoS 1 and wait for the broker's word; the connection belongs to the gateway."""

from ..core.messages import SendResult
from ..core.states import TransportKind
from ..core.topics import outbound_topic
from .base import Delivery, Transport

PUBLISH_SECONDS = 5.0


class MqttTransport(Transport):
    """Publishes through a connected client that offers ``publish(topic, body, seconds) -> bool``."""

    kind = TransportKind.MQTT

    def __init__(self, client):
        self._client = client

    def send(self, delivery: Delivery) -> SendResult:
        """Publish the event on the system's outbound topic (see :meth:`Transport.send`)."""
        if self._client.publish(outbound_topic(delivery.system), delivery.body, PUBLISH_SECONDS):
            return SendResult(0, "accepted")
        return SendResult(0, "unreachable", "The broker did not confirm the message in time.")
