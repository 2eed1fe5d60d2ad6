"""HTTP: one signed POST per delivery, with timeouts, no redirects and a cap on what is read; it never retries."""

import ipaddress
import socket
import time
from contextlib import suppress
from dataclasses import replace
from urllib.parse import urlsplit

import requests

from ..core import signature
from ..core.backoff import http_outcome, item_outcomes
from ..core.messages import SendResult
from ..core.states import TransportKind
from .base import Delivery, Transport

#: To connect, and again between two bytes of the answer; well below a lane's slice.
TIMEOUT_SECONDS = 4
#: How much of an answer is read: to show it to people, or to learn what became of each event of a batch.
ANSWER_BYTES = 2048
BATCH_ANSWER_BYTES = 1024 * 1024
#: An answer that trickles in is cut then, so that a delivery ends within a lane's slice.
ANSWER_SECONDS = 2
SINGLE = "application/cloudevents+json; charset=utf-8"
BATCH = "application/cloudevents-batch+json; charset=utf-8"


class HttpTransport(Transport):
    """Standard Webhooks signed delivery of CloudEvents: one in structured mode, several in batched mode."""

    kind = TransportKind.HTTP
    takes_batches = True

    def send(self, delivery: Delivery) -> SendResult:
        """POST to the system's endpoint (see :meth:`Transport.send`)."""
        if not delivery.secrets:
            return SendResult(0, "no_signing_secret")
        fault = self._address_fault(delivery)
        if fault:
            return SendResult(0, "endpoint_not_allowed", fault)
        try:
            return self._post(delivery, time.time())
        except requests.RequestException as error:
            return SendResult(0, "unreachable", type(error).__name__)

    def _post(self, delivery, now):
        headers = {
            "Content-Type": SINGLE if delivery.count == 1 else BATCH,
            "User-Agent": "mes-connector",
            **signature.headers(delivery.secrets, delivery.message_id, int(now), delivery.body),
        }
        with requests.post(
            delivery.target,
            data=delivery.body,
            headers=headers,
            timeout=TIMEOUT_SECONDS,
            allow_redirects=False,
            stream=True,
        ) as response:
            result = http_outcome(response.status_code, response.headers, now)
            is_taken = result.code == "accepted"
            if is_taken and delivery.count == 1:
                return result
            answer = self._read(response, ANSWER_BYTES if delivery.count == 1 else BATCH_ANSWER_BYTES)
        if delivery.count > 1 and (is_taken or 400 <= result.status < 500):
            result = replace(result, items=item_outcomes(answer, delivery.count, result.status, now))
        if is_taken:
            return result
        return replace(result, detail=f"{result.detail} {answer[:ANSWER_BYTES].decode(errors='replace')}".strip())

    def _read(self, response, size):
        """The beginning of the answer; what it lacks after some time is not waited for."""
        answer, deadline = b"", time.monotonic() + ANSWER_SECONDS
        with suppress(requests.RequestException):  # the status is known, which is what counts
            for piece in response.iter_content(ANSWER_BYTES):
                answer += piece
                if len(answer) >= size or time.monotonic() >= deadline:
                    break
        return answer[:size]

    def _address_fault(self, delivery: Delivery) -> str:
        """Why the address may not be called; empty when it may."""
        parts = urlsplit(delivery.target)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return "The endpoint is not an http or https address."
        if delivery.is_plant_network:
            return ""
        try:
            found = socket.getaddrinfo(parts.hostname, parts.port or parts.scheme, type=socket.SOCK_STREAM)
        except OSError:
            return ""  # Not found is the network's trouble, and tried again: requests will say so.
        for *_family, address in found:
            if not ipaddress.ip_address(address[0].partition("%")[0]).is_global:
                return "The endpoint is a private address, and the system is not marked as inside the plant network."
        return ""
