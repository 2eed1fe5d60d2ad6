"""A plant system by hand: signs with the independent Standard Webhooks library and posts; interprets no answer."""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timezone
from typing import Any

import requests
from standardwebhooks.webhooks import Webhook

SINGLE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
TIMEOUT = (5, 60)


class MesClient:
    """Sends events as one system; each method returns the HTTP response as it is."""

    def __init__(self, url: str, database: str, system: str, secret: str):
        self.system = system
        self.base = f"{url}/mes/v1/{system}"
        self._database = database
        self._webhook = Webhook(secret)

    def event(self, event_type: str, data: dict[str, Any], **attributes: Any) -> dict[str, Any]:
        """A complete event of this system, now, with a new id; `attributes` replace or add envelope attributes."""
        envelope = {
            "specversion": "1.0",
            "id": str(uuid.uuid4()),
            "source": f"/mes/{self.system}",
            "type": event_type,
            "time": datetime.now(timezone.utc).isoformat(),
            "datacontenttype": "application/json",
            "data": data,
        }
        return {**envelope, **attributes}

    def send(self, events: dict | list, **headers: str) -> requests.Response:
        """Posts one event, or a list as a batch; `headers` (with _ for -) replace headers, "" leaves one out."""
        return self.post(
            "events", json.dumps(events).encode(), BATCH if isinstance(events, list) else SINGLE, **headers
        )

    def echo(self, event: dict) -> requests.Response:
        """Asks what would become of an event."""
        return self.post("echo", json.dumps(event).encode(), SINGLE)

    def post(self, path: str, body: bytes, media_type: str, **headers: str) -> requests.Response:
        """Posts raw bytes, signed."""
        sent = {**self._signed(body), "Content-Type": media_type, "X-Odoo-Database": self._database}
        sent.update({name.replace("_", "-"): value for name, value in headers.items()})
        wanted = {name: value for name, value in sent.items() if value}
        return requests.post(f"{self.base}/{path}", data=body, headers=wanted, timeout=TIMEOUT)

    def take(self, events: dict | list) -> list[dict[str, Any]]:
        """Sends events that must be taken, and returns the result of each."""
        answer = self.send(events)
        assert answer.status_code == 202, f"{answer.status_code} {answer.text}"
        return answer.json()["results"]

    def status(self, message: str) -> requests.Response:
        """Asks for the state of a message by its uuid."""
        headers = {**self._signed(b""), "X-Odoo-Database": self._database}
        return requests.get(f"{self.base}/messages/{message}", headers=headers, timeout=TIMEOUT)

    def _signed(self, body: bytes) -> dict[str, str]:
        message, now = f"msg_{uuid.uuid4().hex}", datetime.now(timezone.utc)
        return {
            "webhook-id": message,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._webhook.sign(message, now, body.decode()),
        }
