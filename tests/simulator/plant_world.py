"""The world of the simulator's tests: releases, a tiny stand-in for Odoo, and a plant between them; asserts nothing."""

import json
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests
from standardwebhooks import Webhook

from simulator.http_link import Endpoint, HttpLink, Patience
from simulator.http_server import PlantServer
from simulator.journal import Journal
from simulator.plant import Plant, PlantConfig
from simulator.signing import Signer

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwVGluLXBsYW50cw=="
WAIT_SECONDS = 20
POLL_SECONDS = 0.01
PATIENCE = Patience(give_up_after=5, first_pause=0.01, longest_pause=0.05)


def component(product, quantity, operation, *, tracking="lot", lots=(), uom="C62"):
    """One line of a release; ``lots`` are (name, quantity) pairs."""
    line = {
        "product": product,
        "name": product,
        "tracking": tracking,
        "quantity": {"value": quantity, "uom": uom},
        "operation": operation,
    }
    return {**line, "lots": [{"lot": name, "quantity": part} for name, part in lots]}


def operation(code, name, work_center, minutes):
    """One step of a release's routing."""
    return {
        "operation": code,
        "name": name,
        "work_center": work_center,
        "work_center_name": work_center,
        "duration_minutes": minutes,
    }


def gearbox_release(quantity=20, order="WH/MO/00001", revision=1, tracking="lot", **changes):
    """The demo's gearbox: four components, two operations, two lots of each tracked component."""
    half = quantity / 2
    data = {
        "order": order,
        "revision": revision,
        "plant": "WH",
        "product": {"code": "GBX-100", "name": "Gearbox 100", "tracking": tracking},
        "quantity": {"value": quantity, "uom": "C62"},
        "planned_start": "2026-11-22T06:00:00+00:00",
        "planned_end": "2026-11-22T14:00:00+00:00",
        "priority": 0,
        "operations": [
            operation("10", "Assembly", "ASM1", 60),
            operation("20", "Final test", "TST1", 30),
        ],
        "components": [
            component("HSG-100", quantity, "10", lots=[("H1", half), ("H2", half)]),
            component("GEAR-20", 2 * quantity, "10", lots=[("G1", quantity), ("G2", quantity)]),
            component("OIL-5", quantity / 4, "20", lots=[("O1", quantity / 8), ("O2", quantity / 8)], uom="LTR"),
            component("SCR-M6", 8 * quantity, "10", tracking="none"),
        ],
        "by_products": [],
        **changes,
    }
    return from_odoo("mes.order.released.v1", data)


def from_odoo(type_, data):
    """A complete event as Odoo would send it."""
    return {
        "specversion": "1.0",
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, type_ + json.dumps(data, sort_keys=True))),
        "source": "/odoo/test",
        "type": type_,
        "time": "2026-11-22T05:00:00+00:00",
        "data": data,
    }


def answer_to(event, verdict):
    """Odoo's business answer: ``verdict`` is accepted, rejected or expired."""
    about = {"id": event["id"], "source": event["source"], "type": event["type"]}
    return from_odoo(f"mes.message.{verdict}.v1", {"message": about, "code": verdict, "text": verdict, "effects": []})


def signed_post(url, event, headers=None, **changes):
    """Post an event as Odoo does; ``headers`` (None removes one) and ``body`` replace what is right."""
    body = changes.get("body", json.dumps(event).encode())
    headers = {"Content-Type": "application/cloudevents+json", **Signer(SECRET).headers(body), **(headers or {})}
    kept = {name: value for name, value in headers.items() if value is not None}
    return requests.post(url, data=body, headers=kept, timeout=10)


def until(condition, what):
    """Wait until ``condition()`` is true; the test fails with ``what`` when it does not become so."""
    deadline = time.monotonic() + WAIT_SECONDS
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, f"not within {WAIT_SECONDS} s: {what}"
        pause.wait(0.01)


class Receiver:
    """Stands in for Odoo: verifies, stores unique events, and can be told to fail first."""

    def __init__(self):
        self.requests = []
        self.events = []
        self.replies = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(POLL_SECONDS,)).start()
        return self

    def __exit__(self, *_exc):
        self._server.shutdown()
        self._server.server_close()

    def fail_first(self, *replies):
        """Answer the next requests with these (status, headers) instead."""
        self.replies = list(replies)

    def unique_events(self):
        return list({event["id"]: event for event in self.events}.values())

    def answer(self, path, headers, body):
        """The reply to one request, as (status, headers, JSON)."""
        Webhook(SECRET).verify(body, dict(headers))
        self.requests.append((path, headers, json.loads(body)))
        if self.replies:
            status, extra = self.replies.pop(0)
            return status, extra, {"title": "told to"}
        payload = json.loads(body)
        results = [self._store(event) for event in (payload if isinstance(payload, list) else [payload])]
        return 202, {}, {"results": results}

    def _store(self, event):
        if not isinstance(event, dict):
            return {"status": "invalid"}
        seen = any(event["id"] == other["id"] for other in self.events)
        self.events.append(event)
        return {"id": event["id"], "source": event["source"], "status": "duplicate" if seen else "stored"}

    def _handler(self):
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, headers, answer = receiver.answer(self.path, self.headers, body)
                text = json.dumps(answer).encode()
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(text))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_args):
                """Silent."""

        return Handler


class World:
    """A plant with its server, linked to the receiver over HTTP."""

    def __init__(self, receiver, folder, patience=PATIENCE):
        endpoint = Endpoint(receiver.url, "mes-north", Signer(SECRET), "demo")
        journal = Journal(folder, "mes-north")
        self.plant = Plant(PlantConfig("mes-north", seed=7), HttpLink(endpoint, patience), journal)
        self.server = PlantServer(0, self.plant, Signer(SECRET))

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(POLL_SECONDS,)).start()
        self.plant.start()
        return self

    def __exit__(self, *_exc):
        self.server.shutdown()
        self.server.server_close()
        self.plant.stop()

    def post(self, event, headers=None, **changes):
        """As ``signed_post``, to this plant."""
        return signed_post(f"{self.server.url}/events", event, headers, **changes)

    def get(self, page):
        return requests.get(f"{self.server.url}{page}", timeout=10).json()

    def put(self, page, value):
        return requests.put(f"{self.server.url}{page}", json=value, timeout=10)

    def play(self, event):
        """Release an order and wait until the plant is idle again."""
        assert self.post(event).status_code == 200
        until(lambda: self.get("/summary")["idle"], "the plant is idle")
