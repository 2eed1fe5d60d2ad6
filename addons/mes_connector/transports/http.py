"""HTTP: one signed POST per message, with timeouts, no redirects and a cap on what is read; it never retries."""

import ipaddress
import socket
import time
from urllib.parse import urlsplit

import requests

from ..core import signature
from ..core.backoff import http_outcome
from ..core.messages import SendResult
from ..core.states import TransportKind
from .base import Delivery, Transport

#: To connect, and again between two bytes of the answer; well below a lane's slice.
TIMEOUT_SECONDS = 4
#: How much of an answer is read; it is only shown to people.
ANSWER_BYTES = 2048
CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"


class HttpTransport(Transport):
    """Standard Webhooks signed delivery of one CloudEvent in structured mode."""

    kind = TransportKind.HTTP

    def send(self, delivery: Delivery) -> SendResult:
        """POST the event to the system's endpoint (see :meth:`Transport.send`)."""
        if not delivery.secrets:
            return SendResult(0, "no_signing_secret")
        fault = self._address_fault(delivery)
        if fault:
            return SendResult(0, "endpoint_not_allowed", fault)
        now = time.time()
        headers = {
            "Content-Type": CONTENT_TYPE,
            "User-Agent": "mes-connector",
            **signature.headers(delivery.secrets, delivery.message_id, int(now), delivery.body),
        }
        try:
            with requests.post(
                delivery.target,
                data=delivery.body,
                headers=headers,
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
                stream=True,
            ) as response:
                result = http_outcome(response.status_code, response.headers, now)
                if result.code == "accepted":
                    return result
                answer = response.raw.read(ANSWER_BYTES, decode_content=True) or b""
        except requests.RequestException as error:
            return SendResult(0, "unreachable", type(error).__name__)
        detail = f"{result.detail} {answer.decode(errors='replace')}".strip()
        return SendResult(result.status, result.code, detail, retry_after=result.retry_after)

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
