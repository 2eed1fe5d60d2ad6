"""The plant's own HTTP server on loopback: Odoo's events come in, tests ask and steer; it decides nothing."""

import json
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

from .journal import Entry
from .link import Outcome
from .messages import EnvelopeFault
from .plant import Plant
from .reports import ledger, stops, summary
from .scenarios import ScenarioName
from .signing import BodyFault, SignatureFault, Signer

LARGEST_BODY = 1024 * 1024
SINGLE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
PLAN = "/plan"

Answer = tuple[int, dict[str, Any]]


class _Refusal(Exception):
    """A request is answered with an error; ``status`` is the HTTP status."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


class PlantServer(ThreadingHTTPServer):
    """Serves one plant; without a signer (MQTT only) no event is taken over HTTP."""

    daemon_threads = True

    def __init__(self, port: int, plant: Plant, signer: Signer | None) -> None:
        self.plant = plant
        self.signer = signer
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up in the middle is noted, not printed."""
        self.plant.journal.write(Entry.TROUBLE, detail=f"connection: {sys.exc_info()[1]!r}")


class _Handler(BaseHTTPRequestHandler):
    server: PlantServer
    protocol_version = "HTTP/1.1"
    server_version = "virtual-plant"
    # Headers and body are two writes; without this the second waits for the client's delayed ACK.
    disable_nagle_algorithm = True
    # A client that says nothing does not keep its thread for ever.
    timeout = 60

    def do_GET(self) -> None:
        self._serve(self._get)

    def do_PUT(self) -> None:
        self._serve(self._put)

    def do_POST(self) -> None:
        self._serve(self._post)

    def _serve(self, route: Callable[[str], Answer]) -> None:
        try:
            status, answer = route(self.path.partition("?")[0])
        except _Refusal as refusal:
            status, answer = refusal.status, {"detail": str(refusal)}
        except Exception as fault:  # noqa: BLE001  the caller gets a sentence and the journal the fault, never a traceback
            self.server.plant.journal.write(Entry.TROUBLE, path=self.path, detail=f"{type(fault).__name__}: {fault}")
            status, answer = 500, {"detail": "the plant could not handle this request"}
        if status >= 400:
            # The body may not have been read, so the connection cannot be used again.
            self.close_connection = True
        self._write(status, answer)

    def _write(self, status: int, answer: dict[str, Any]) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def _get(self, path: str) -> Answer:
        plant = self.server.plant
        pages: dict[str, Callable[[], dict[str, Any]]] = {
            "/ledger": lambda: ledger(plant),
            "/summary": lambda: summary(plant),
            "/stops": lambda: stops(plant),
            "/catalogue": plant.catalogue.pages,
            "/log": lambda: {"entries": plant.journal.entries()},
        }
        if path == "/health":
            return self._health()
        if path not in pages:
            raise _Refusal(404, "there is no such page")
        return 200, pages[path]()

    def _health(self) -> Answer:
        plant = self.server.plant
        is_ready = plant.link.is_ready()
        return (200 if is_ready else 503), {"name": plant.config.name, "status": "ok" if is_ready else "connecting"}

    def _put(self, path: str) -> Answer:
        if path != PLAN and not path.startswith(f"{PLAN}/"):
            raise _Refusal(404, "only /plan can be put")
        wish = self._json_object()
        scenario = _scenario(wish.get("scenario"))
        order = unquote(path.removeprefix(PLAN).removeprefix("/"))
        product = wish.get("product")
        schedule = self.server.plant.config.schedule
        if order:
            schedule.by_order[order] = scenario
            return 200, {"order": order, "scenario": scenario.value}
        if not isinstance(product, str) or not product:
            raise _Refusal(422, "name an order in the path or a 'product' in the body")
        schedule.by_product[product] = scenario
        return 200, {"product": product, "scenario": scenario.value}

    def _post(self, path: str) -> Answer:
        plant = self.server.plant
        if path == "/events":
            return self._take_event()
        if path == "/send":
            return 200, _told(plant.send_raw(self._json()))
        if path == "/lose":
            plant.lose(self._json())
            return 200, {"status": "lost"}
        if path == "/replay":
            return 200, {"deliveries": [_told(outcome) for outcome in plant.replay()]}
        raise _Refusal(404, "there is no such page")

    def _take_event(self) -> Answer:
        if self.server.signer is None:
            raise _Refusal(401, "this plant has no secret and takes events over MQTT only")
        body = self._body()
        try:
            value = self.server.signer.verified(body, self.headers)
            media_type = self.headers.get_content_type()
            if media_type == BATCH:
                return self._take_batch(value)
            if media_type != SINGLE:
                raise _Refusal(415, f"send one event as {SINGLE}, several as {BATCH}")
            return 200, {"status": self.server.plant.take(value).value}
        except SignatureFault as fault:
            self.server.plant.journal.write(Entry.NOT_TAKEN, detail=f"signature: {fault}")
            raise _Refusal(401, "the signature is not valid") from fault
        except BodyFault as fault:
            raise _Refusal(400, str(fault)) from fault
        except EnvelopeFault as fault:
            raise _Refusal(422, str(fault)) from fault

    def _take_batch(self, events: Any) -> Answer:
        """Each event is taken or refused by itself; the batch as a whole only when none was taken."""
        if not isinstance(events, list) or not events:
            raise _Refusal(422, "the batch is not a list of events")
        results = [self._take_item(event) for event in events]
        is_taken = any("problem" not in result for result in results)
        return (200 if is_taken else 422), {"results": results}

    def _take_item(self, event: Any) -> dict[str, Any]:
        try:
            return {"status": self.server.plant.take(event).value}
        except EnvelopeFault as fault:
            return {"status": "invalid", "problem": {"status": 422, "detail": str(fault)}}

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            raise _Refusal(411, "the length of the body is missing")
        if int(length) > LARGEST_BODY:
            raise _Refusal(413, f"a body has at most {LARGEST_BODY} bytes")
        return self.rfile.read(int(length))

    def _json(self) -> Any:
        try:
            return json.loads(self._body())
        except (ValueError, RecursionError) as fault:
            raise _Refusal(400, f"the body is not JSON: {fault}") from fault

    def _json_object(self) -> dict[str, Any]:
        value = self._json()
        if not isinstance(value, dict):
            raise _Refusal(422, "the body is not a JSON object")
        return value

    def log_message(self, *_args: Any) -> None:
        """Silent: the journal records what matters."""


def _scenario(name: Any) -> ScenarioName:
    try:
        return ScenarioName(name)
    except ValueError:
        known = ", ".join(scenario.value for scenario in ScenarioName)
        raise _Refusal(422, f"'scenario' is none of {known}") from None


def _told(outcome: Outcome) -> dict[str, Any]:
    return {
        "fate": outcome.fate.value,
        "status": outcome.code,
        "attempts": outcome.attempts,
        "results": outcome.results,
        "detail": outcome.detail,
    }
