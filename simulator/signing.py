"""Standard Webhooks signatures, made and checked by the independent `standardwebhooks` library; sends nothing.

Facts: the library signs text, so a body is UTF-8; it raises a bare ValueError (or a subclass) on a
malformed header or secret, and parses the body as JSON while verifying.
"""

import json
import uuid
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError


class SignatureFault(Exception):
    """The request does not prove that it comes from who knows the secret."""


class BodyFault(ValueError):
    """The signature is right but the body is not JSON."""


class Signer:
    """Signs and verifies with one secret (``whsec_`` and base64); raises ValueError for a malformed secret."""

    def __init__(self, secret: str) -> None:
        if not secret.startswith("whsec_"):
            raise ValueError("the secret does not start with 'whsec_'")
        self._webhook = Webhook(secret)

    def headers(self, body: bytes, now: datetime | None = None) -> dict[str, str]:
        """Headers of one request; every attempt has an id of its own, since events carry their own identity."""
        message_id = f"msg_{uuid.uuid4().hex}"
        moment = now or datetime.now(timezone.utc)
        return {
            "webhook-id": message_id,
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": self._webhook.sign(message_id, moment, body.decode()),
        }

    def verified(self, body: bytes, headers: Mapping[str, str]) -> Any:
        """Return the JSON value of ``body``; raises SignatureFault or BodyFault."""
        try:
            return self._webhook.verify(body, dict(headers))
        except WebhookVerificationError as fault:
            raise SignatureFault(str(fault)) from fault
        except (json.JSONDecodeError, RecursionError) as fault:
            raise BodyFault(f"the body is not JSON: {fault}") from fault
        except ValueError as fault:
            raise SignatureFault("a header is malformed") from fault
