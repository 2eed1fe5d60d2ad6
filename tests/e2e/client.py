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
        self.url = url
        self.database = database
        self.system = system
        self.base = f"{url}/mes/v1/{system}"
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

    def send(self, events: dict | list) -> requests.Response:
        """Posts one event, or a list as a batch."""
        return self.post("events", json.dumps(events).encode(), BATCH if isinstance(events, list) else SINGLE)

    def take(self, events: dict | list) -> list[dict[str, Any]]:
        """Sends events that must be taken, and returns the result of each."""
        answer = self.send(events)
        assert answer.status_code == 202, f"{answer.status_code} {answer.text}"
        return answer.json()["results"]

    def echo(self, events: dict | list) -> list[dict[str, Any]]:
        """Asks what would become of events, and returns the result of each."""
        answer = self.post("echo", json.dumps(events).encode(), BATCH if isinstance(events, list) else SINGLE)
        assert answer.status_code == 200, f"{answer.status_code} {answer.text}"
        return answer.json()["results"]

    def post(
        self, path: str, body: bytes, media_type: str, replace_signature: dict[str, str] | None = None
    ) -> requests.Response:
        """Posts raw bytes, signed unless other headers are given; headers without a value are left out."""
        proof = self.signed(body) if replace_signature is None else replace_signature
        sent = {**proof, "Content-Type": media_type, "X-Odoo-Database": self.database}
        return requests.post(
            f"{self.base}/{path}",
            data=body,
            headers={name: value for name, value in sent.items() if value},
            timeout=TIMEOUT,
        )

    def status(self, message: str) -> requests.Response:
        """Asks for the state of a message by its uuid."""
        headers = {**self.signed(b""), "X-Odoo-Database": self.database}
        return requests.get(f"{self.base}/messages/{message}", headers=headers, timeout=TIMEOUT)

    def signed(self, body: bytes, moment: datetime | None = None) -> dict[str, str]:
        """The headers that prove who sends `body`, now or at another moment."""
        message, now = f"msg_{uuid.uuid4().hex}", moment or datetime.now(timezone.utc)
        signature = self._webhook.sign(message, now, body.decode())
        return {"webhook-id": message, "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signature}
