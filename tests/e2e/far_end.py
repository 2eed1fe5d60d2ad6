"""A plant's endpoint in the test's own process: it remembers requests, may be down or slow; judges nothing."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tools.stack.process import free_port, wait_until


@dataclass(frozen=True)
class Request:
    """One request: the time by the monotonic clock, and the events it carried."""

    at: float
    events: list[dict]


@dataclass
class FarEnd:
    """Answers with `status` and `headers`; not before `let_go` when it was told to `hold`."""

    port: int = field(default_factory=free_port)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._free = threading.Event()
        self._free.set()
        self._server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/events"

    @property
    def events(self) -> list[dict]:
        """All events in the order in which they came, repetitions too."""
        return [event for request in self.requests for event in request.events]

    def start(self) -> None:
        """Is up again."""
        far_end = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                far_end.requests.append(Request(time.monotonic(), body if isinstance(body, list) else [body]))
                far_end._free.wait(30)
                self.send_response(far_end.status)
                for name, value in far_end.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_args: object) -> None:
                """Silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Is down: connections are refused."""
        self._free.set()
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def hold(self) -> None:
        """Lets requests wait for their answer."""
        self._free.clear()

    def let_go(self) -> None:
        """Answers what waits."""
        self._free.set()

    def wait_for(self, count: int, timeout: float = 30) -> None:
        """Waits until so many requests have come."""
        wait_until(lambda: len(self.requests) >= count, f"{count} requests at the far end", timeout=timeout)
