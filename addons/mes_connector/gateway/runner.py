"""The gateway's loop: take from the broker, look into the outbox, stop when told; knows neither paho nor Odoo."""

import logging
import threading

_logger = logging.getLogger(__name__)

#: How often the outbox is looked into while nothing happens.
IDLE_SECONDS = 0.5


class GatewayRunner:
    """Runs until :meth:`stop` is called, typically by a signal.

    :param sink: object with ``take(topic, body) -> bool`` and ``deliver(client) -> int``
    :param make_client: function of the message callback that returns a client with ``start``, ``stop``,
        ``is_connected`` and ``publish``
    """

    def __init__(self, sink, make_client):
        self._sink = sink
        self._stopping = threading.Event()
        self._client = make_client(self._take)

    def run(self) -> None:
        """Serve until stopped, then disconnect; unacknowledged messages stay with the broker."""
        self._client.start()
        try:
            while not self._stopping.is_set():
                if not self._deliver():
                    self._stopping.wait(IDLE_SECONDS)
        finally:
            self._client.stop()

    def stop(self, *_signal) -> None:
        """End the loop after the work in hand."""
        self._stopping.set()

    def _take(self, topic: str, body: bytes) -> bool:
        while not self._stopping.is_set():
            try:
                return self._sink.take(topic, body)
            except Exception:
                # Not acknowledged: it is ours until the database takes it. Order is kept by trying this one again.
                _logger.exception("mes: a publication could not be stored, trying again")
                self._stopping.wait(IDLE_SECONDS)
        return False

    def _deliver(self) -> int:
        if not self._client.is_connected:
            return 0
        try:
            return self._sink.deliver(self._client)
        except Exception:
            _logger.exception("mes: the outbox could not be worked, trying again")
            return 0
