"""The MES of the crash test: store-and-forward over both wires, made to be killed at any instant; it decides nothing.

python -m tests.chaos.mes FOLDER: sends what FOLDER/mes.sqlite holds, each delivery until Odoo (HTTP 202) or the broker
(PUBACK) has it, and writes down whatever Odoo sends before it is acknowledged. FOLDER/mes.json says where and as whom.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import requests

from simulator.http_link import Endpoint
from simulator.link import Fate
from simulator.mqtt_link import Broker, MqttLink
from simulator.signing import BodyFault, SignatureFault, Signer

from .store import Store, Wire

STORE = "mes.sqlite"
SETTINGS = "mes.json"
SENDERS = {Wire.HTTP: 4, Wire.MQTT: 2}
# Shorter than what a stopped or killed peer may hang; a store-and-forward sender simply tries again.
TIMEOUT_SECONDS = (1, 10)
IDLE_SECONDS = 0.02
PAUSE_SECONDS = 0.2
TAKEN = 202


@dataclass(frozen=True)
class Settings:
    """Where Odoo and the broker are, and as which two systems the MES speaks to them."""

    odoo: str
    database: str
    port: int
    http_system: str
    secret: str
    mqtt_system: str
    broker: str

    def write(self, folder: Path) -> None:
        """Leaves the settings for the process."""
        path = folder / SETTINGS
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def read(cls, folder: Path) -> Settings:
        """What `write` left."""
        return cls(**json.loads((folder / SETTINGS).read_text()))


class Sender:
    """Sends what is due on one wire from several threads, each delivery by one thread at a time."""

    def __init__(self, store: Store, wire: Wire, send: Callable[[object], tuple[bool, str]]):
        """`send(payload)` tells whether it was taken, and what was said."""
        self._store = store
        self._wire = wire
        self._send = send
        self._in_flight: set[int] = set()
        self._lock = threading.Lock()

    def start(self) -> None:
        """Begins; ends with the process."""
        for _number in range(SENDERS[self._wire]):
            threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            found = self._next()
            if not found:
                time.sleep(IDLE_SECONDS)
                continue
            position, body = found
            is_taken, result = self._send(json.loads(body))
            self._store.settle(self._wire, position, is_taken=is_taken, result=result)
            with self._lock:
                self._in_flight.discard(position)
            if not is_taken:
                time.sleep(PAUSE_SECONDS)

    def _next(self) -> tuple[int, str] | None:
        with self._lock:
            found = self._store.due(self._wire, self._in_flight)
            if found:
                self._in_flight.add(found[0])
            return found


class HttpSender:
    """Posts a delivery once; whatever is no 202 is no success, since a dying server says many things."""

    def __init__(self, endpoint: Endpoint):
        self._endpoint = endpoint

    def __call__(self, payload: object) -> tuple[bool, str]:
        body, headers = self._endpoint.request(payload)
        try:
            answer = requests.post(self._endpoint.events_url, data=body, headers=headers, timeout=TIMEOUT_SECONDS)
        except requests.RequestException as fault:
            return False, type(fault).__name__
        return answer.status_code == TAKEN, answer.text[:2000]


class Listener(ThreadingHTTPServer):
    """Takes Odoo's events over HTTP."""

    daemon_threads = True

    def __init__(self, port: int, store: Store, signer: Signer):
        self.store = store
        self.signer = signer
        super().__init__(("127.0.0.1", port), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Silent: whoever hangs up was killed."""


class _Handler(BaseHTTPRequestHandler):
    server: Listener
    timeout = 30

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            event = self.server.signer.verified(body, self.headers)
        except (SignatureFault, BodyFault):
            status = 401
        else:
            self.server.store.receive(event)
            status = 200
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        """Silent: the store records what matters."""


def main(folder: Path) -> None:
    """Serves until it is killed."""
    settings, store = Settings.read(folder), Store(folder / STORE)
    signer = Signer(settings.secret)
    link = MqttLink(settings.mqtt_system, Broker.from_url(settings.broker))
    link.open(store.receive)

    def publish(payload: object) -> tuple[bool, str]:
        outcome = link.deliver(payload)
        return outcome.fate is Fate.TAKEN, outcome.detail

    endpoint = Endpoint(settings.odoo, settings.http_system, signer, settings.database)
    Sender(store, Wire.HTTP, HttpSender(endpoint)).start()
    Sender(store, Wire.MQTT, publish).start()
    Listener(settings.port, store, signer).serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
