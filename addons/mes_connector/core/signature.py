"""Standard Webhooks signatures: made, and checked; where secrets are kept is not decided here.

Signed is ``<id>.<timestamp>.<body>`` with HMAC-SHA256, over the bytes as they travel.
Specification: https://github.com/standard-webhooks/standard-webhooks
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence

from .errors import error

PREFIX = "whsec_"
VERSION = "v1"
TOLERANCE_SECONDS = 300
MIN_SECRET_BYTES = 24
MAX_SECRET_BYTES = 64

_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_MAX_HEADER = 4096


def new_secret(random_bytes: bytes) -> str:
    """Return a secret made of 24 to 64 random bytes; ``ValueError`` for another length."""
    _check_length(random_bytes)
    return PREFIX + base64.b64encode(random_bytes).decode()


def _check_length(key):
    if not MIN_SECRET_BYTES <= len(key) <= MAX_SECRET_BYTES:
        raise ValueError("A secret holds 24 to 64 bytes.")


def _key(secret):
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("A secret is base64 after its prefix.") from None
    _check_length(key)
    return key


def sign(secret: str, msg_id: str, timestamp: int, body: bytes) -> str:
    """Return one signature, ``v1,<base64>``; ``ValueError`` when the secret is malformed.

    ``timestamp`` is in seconds since the epoch.
    """
    signed = f"{msg_id}.{timestamp}.".encode() + body
    digest = hmac.new(_key(secret), signed, hashlib.sha256).digest()
    return f"{VERSION},{base64.b64encode(digest).decode()}"


def headers(secrets: Iterable[str], msg_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the three headers, with one signature for each secret (rotation)."""
    return {
        "webhook-id": msg_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(sign(secret, msg_id, timestamp, body) for secret in secrets),
    }


def verify(
    secrets: Sequence[str],
    headers: Mapping[str, str],
    body: bytes,
    now: float,
    tolerance: float = TOLERANCE_SECONDS,
) -> int:
    """Return the index of the first secret that signed the request.

    ``now`` is in seconds since the epoch. Raises ``Permanent`` with ``not_authenticated``,
    the same for every reason, and nothing else. Signatures of unknown versions are ignored.
    """
    fields = {name.lower(): value for name, value in headers.items()}
    msg_id = fields.get("webhook-id", "")
    timestamp = fields.get("webhook-timestamp", "")
    given = _signatures(fields.get("webhook-signature", ""))
    if not msg_id or not given or not _is_recent(timestamp, now, tolerance):
        raise error("not_authenticated")
    # No early end: the time taken does not tell which secret or signature was close.
    matches = [_matches(secret, msg_id, timestamp, body, given) for secret in secrets]
    if not any(matches):
        raise error("not_authenticated")
    return matches.index(True)


def _signatures(header):
    if len(header) > _MAX_HEADER:
        return []
    return [item.encode(errors="replace") for item in header.split(" ") if item[:3] == "v1,"]


def _is_recent(timestamp, now, tolerance):
    return bool(_TIMESTAMP.fullmatch(timestamp)) and abs(now - int(timestamp)) <= tolerance


def _matches(secret, msg_id, timestamp, body, given):
    try:
        expected = sign(secret, msg_id, timestamp, body).encode()
    except ValueError:
        return False
    return any([hmac.compare_digest(expected, signature) for signature in given])
