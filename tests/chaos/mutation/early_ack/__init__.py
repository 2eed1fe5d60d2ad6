"""A broken promise: the gateway acknowledges a publication to the broker before it is stored.

A gateway that is killed in between has lost it, and nobody sends it again.
"""

import threading

from odoo.addons.mes_connector.gateway.client import MqttClient


def _handle_message(self, client, _userdata, message):
    client.ack(message.mid, message.qos)
    threading.Thread(target=self._on_message, args=(message.topic, message.payload)).start()


MqttClient._handle_message = _handle_message
