"""Deliveries to Odoo over HTTP: signed, with timeouts, repeated until a deadline; no event is built here."""

import json
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import requests

from .link import Fate, Outcome
from .signing import Signer

TIMEOUT_SECONDS = (3.05, 15)
ASK_AGAIN_LATER = frozenset({408, 425, 429})
NOT_FOUND = 404
SINGLE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"


@dataclass(frozen=True)
class Patience:
    """How long and how often a delivery is tried; all in seconds."""

    give_up_after: float = 300
    first_pause: float = 0.2
    longest_pause: float = 10

    def pause(self, attempt: int, retry_after: float | None, rng: random.Random) -> float:
        """The wait after the ``attempt``-th try (1-based): what the server asks for, else exponential with jitter."""
        if retry_after is not None:
            return min(retry_after, self.longest_pause)
        ceiling = min(self.longest_pause, self.first_pause * 2 ** min(attempt - 1, 16))
        return ceiling * rng.uniform(0.5, 1)


@dataclass(frozen=True)
class Endpoint:
    """Where and as whom a plant posts its events."""

    url: str
    system: str
    signer: Signer
    database: str | None = None

    @property
    def events_url(self) -> str:
        return f"{self.url.rstrip('/')}/mes/v1/{self.system}/events"

    def request(self, payload: Any) -> tuple[bytes, dict[str, str]]:
        """Body and headers of one signed request; a list is sent in batched mode."""
        body = json.dumps(payload).encode()
        headers = {"Content-Type": BATCH if isinstance(payload, list) else SINGLE, **self.signer.headers(body)}
        if self.database:
            headers["X-Odoo-Database"] = self.database
        return body, headers


class HttpLink:
    """Posts deliveries; safe to use from several threads, each with a connection of its own."""

    def __init__(self, endpoint: Endpoint, patience: Patience = Patience()) -> None:
        self._endpoint = endpoint
        self._patience = patience
        self._closing = threading.Event()
        self._local = threading.local()

    def open(self, on_event: Callable[[Any], None]) -> None:
        """Nothing to start: over HTTP Odoo's events arrive at the plant's own server."""

    def is_ready(self) -> bool:
        return True

    def close(self) -> None:
        self._closing.set()

    def deliver(self, payload: Any) -> Outcome:
        """Post until Odoo decides; network faults, 5xx, 408, 425 and 429 are tried again until the deadline."""
        deadline = time.monotonic() + self._patience.give_up_after
        rng = random.Random()
        attempt = 0
        while True:
            attempt += 1
            response, fault = self._post(payload)
            if response is not None and not _is_passing(response):
                return _outcome(response, attempt)
            pause = self._patience.pause(attempt, _retry_after(response), rng)
            if time.monotonic() + pause > deadline or self._closing.wait(pause):
                code = response.status_code if response is not None else None
                return Outcome(Fate.FAILED, code, attempt, detail=fault or "no success before the deadline")

    def _post(self, payload: Any) -> tuple[requests.Response | None, str]:
        # Signed anew each time: a signature is only good for some minutes.
        body, headers = self._endpoint.request(payload)
        try:
            response = self._session().post(
                self._endpoint.events_url,
                data=body,
                headers=headers,
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
            )
        except requests.RequestException as fault:
            return None, f"{type(fault).__name__}: {fault}"
        return response, ""

    def _session(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
            # A proxy of the environment has no business between a plant and its Odoo.
            self._local.session.trust_env = False
        return self._local.session


def _is_passing(response: requests.Response) -> bool:
    """Whether to ask again: the server is in trouble, or the answer is not the endpoint's own but a page before it."""
    is_page = response.status_code == NOT_FOUND and "json" not in response.headers.get("Content-Type", "")
    return is_page or response.status_code >= 500 or response.status_code in ASK_AGAIN_LATER


def _retry_after(response: requests.Response | None) -> float | None:
    text = response.headers.get("Retry-After", "") if response is not None else ""
    return float(text) if text.isascii() and text.isdigit() else None


def _outcome(response: requests.Response, attempts: int) -> Outcome:
    try:
        answer = response.json()
    except ValueError:
        answer = None
    results = answer.get("results") if isinstance(answer, dict) else None
    return Outcome(
        fate=Fate.TAKEN if response.ok and not response.is_redirect else Fate.REFUSED,
        code=response.status_code,
        attempts=attempts,
        results=[item if isinstance(item, dict) else {} for item in results] if isinstance(results, list) else [],
        detail="" if response.ok else response.text[:2000],
    )
