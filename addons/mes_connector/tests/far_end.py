"""A plant's endpoint on the loopback, and the base of tests that deliver to it; judges nothing."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

from .common import AlwaysMine, MesCase


class FarEnd:
    """Remembers requests, answers what it is told to: ``status`` and ``headers``, or what ``answer(body)`` returns."""

    def __init__(self):
        self.requests, self.status, self.headers, self.answer = [], 200, {}, None
        far_end = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                far_end.requests.append((dict(self.headers.items()), body))
                status, text = far_end.status, b"whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0 is no answer"
                if far_end.answer:
                    status, answer = far_end.answer(json.loads(body))
                    text = json.dumps(answer).encode()
                self.send_response(status)
                for name, value in far_end.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_args):
                """Silence: the test's log is checked for warnings."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/events"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def bodies(self):
        """What was posted, read."""
        return [json.loads(body) for _headers, body in self.requests]

    def close(self):
        self._server.shutdown()
        self._server.server_close()


class OutboxCase(MesCase):
    """A system that is reached over HTTP at a far end of the test's own."""

    def setUp(self):
        super().setUp()
        self.far_end = FarEnd()
        self.addCleanup(self.far_end.close)
        self.system.write({"endpoint_url": self.far_end.url, "is_plant_network": True})
        self.secret = self.system.issue_credential("signature")["secret"]

    def run_lane(self):
        with self.enter_registry_test_mode():
            worked = self.env["mes.lane"]._run("mes.outbox.message", AlwaysMine()).worked
        self.env.invalidate_all()
        return worked

    def releases(self, count):
        """The release messages of as many new orders, each with a key of its own."""
        return self.env["mes.outbox.message"].union(*(self.release(quantity=1).mes_outbox_ids for _one in range(count)))
