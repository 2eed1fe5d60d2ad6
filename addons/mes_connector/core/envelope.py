"""Bytes to checked CloudEvents and back; what the data of an event type looks like is schema.py's.

Facts: PostgreSQL stores neither NUL nor lone surrogates; JSON numbers beyond 2**53 change their
value between readers; Python 3.10 reads only some RFC 3339 times. All are refused or handled here.
"""

import hashlib
import json
import math
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

from .errors import error
from .messages import Envelope, Fault

MAX_BODY_BYTES = 1024 * 1024
MAX_BATCH = 1000
MAX_DEPTH = 32
MAX_TEXT = 255
# A sequence number is stored in a signed 32-bit column.
MAX_SEQUENCE = 2**31 - 1
# Integers beyond this are not exact in a double (RFC 7493).
MAX_INTEGER = 2**53 - 1

SINGLE = "single"
BATCH = "batch"
_MEDIA_TYPES = {
    "application/cloudevents+json": SINGLE,
    "application/cloudevents-batch+json": BATCH,
}

_ATTRIBUTE_NAME = re.compile(r"[a-z0-9]+")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_URI_REFERENCE = re.compile(r"(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+")
_JSON_CONTENT = re.compile(r"application/(?:[\w.-]+\+)?json(?:\s*;.*)?", re.IGNORECASE)
_DIGITS = re.compile(r"[0-9]{1,20}")
_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(\.\d+)?(?:([Zz])|([+-])(\d\d):([0-5]\d))", re.ASCII)
_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?")
# A redelivery may be a new hop of another trace: these do not belong to what an event says.
_HOP_ATTRIBUTES = frozenset({"traceparent", "tracestate"})


def media_type(content_type: str | None) -> str:
    """Return ``SINGLE`` or ``BATCH``; raises ``Permanent`` with ``media_type_unsupported``."""
    essence, _, parameters = (content_type or "").partition(";")
    kind = _MEDIA_TYPES.get(essence.strip().lower())
    charset = re.search(r'charset\s*=\s*"?([\w-]+)', parameters, re.IGNORECASE)
    if kind is None or (charset and charset.group(1).lower() not in ("utf-8", "utf8")):
        raise error("media_type_unsupported")
    return kind


def parse_json(body: bytes) -> Any:
    """Return the JSON value of a body.

    Raises ``Permanent`` with ``json_invalid`` for anything that two readers could take
    differently or that cannot be stored, ``too_large`` above :data:`MAX_BODY_BYTES`.
    """
    if len(body) > MAX_BODY_BYTES:
        raise error("too_large", f"At most {MAX_BODY_BYTES} bytes.")
    try:
        value = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_finite,
            parse_constant=_finite,
        )
    except UnicodeDecodeError as fault:
        raise error("json_invalid", f"Not UTF-8 at byte {fault.start}.") from None
    except json.JSONDecodeError as fault:
        detail = f"{fault.msg}: line {fault.lineno}, column {fault.colno}."
        raise error("json_invalid", detail) from None
    except RecursionError:
        raise error("json_invalid", f"Nested deeper than {MAX_DEPTH}.") from None
    except ValueError as fault:
        raise error("json_invalid", str(fault)) from None
    _check_storable(value)
    return value


def _object(pairs):
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("An object repeats one of its keys.")
    return value


def _integer(text):
    # The length first: turning thousands of digits into a number is slow or refused.
    if len(text) > 20 or abs(int(text)) > MAX_INTEGER:
        raise ValueError("A number is beyond the range of exact integers.")
    return int(text)


def _finite(text):
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("A number is not finite.")
    return number


def _check_storable(root):
    pending = [(root, 1)]
    while pending:
        value, depth = pending.pop()
        if isinstance(value, str):
            _check_text(value)
        elif isinstance(value, (dict, list)):
            if depth > MAX_DEPTH:
                raise error("json_invalid", f"Nested deeper than {MAX_DEPTH}.")
            if isinstance(value, dict):
                pending.extend((key, depth) for key in value)
                value = value.values()
            pending.extend((item, depth + 1) for item in value)


def _check_text(text):
    if "\0" in text:
        raise error("json_invalid", "A text holds a NUL character.")
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise error("json_invalid", "A text holds half of a surrogate pair.")


def split_events(value: Any, kind: str = "") -> list:
    """Return the events of a parsed body, not yet read.

    ``kind`` is what :func:`media_type` returned; without it (MQTT) the value's shape decides.
    Raises ``Permanent`` with ``json_invalid`` for the wrong shape or an empty batch, ``too_large``
    above :data:`MAX_BATCH` events.
    """
    is_batch = isinstance(value, list)
    if not is_batch and not isinstance(value, dict):
        raise error("json_invalid", "Expected an event or an array of events.")
    if kind and is_batch != (kind == BATCH):
        raise error("json_invalid", f"Expected {'an array' if kind == BATCH else 'an object'}.")
    events = value if is_batch else [value]
    if not events:
        raise error("json_invalid", "The batch is empty.")
    if len(events) > MAX_BATCH:
        raise error("too_large", f"At most {MAX_BATCH} events.")
    return events


def read_event(event: Any) -> Envelope:
    """Return one parsed CloudEvent as an envelope.

    Raises ``Permanent`` with ``schema_invalid`` and every fault of the envelope; the data of the
    event is not looked into. A malformed ``traceparent`` is dropped, as W3C asks.
    """
    if not isinstance(event, dict):
        raise error("schema_invalid", errors=(Fault("", "An event is a JSON object."),))
    reader = _Reader(event)
    envelope = Envelope(
        id=reader.text("id", required=True),
        source=reader.text("source", required=True, check=_uri_reference),
        type=reader.text("type", required=True),
        time=reader.time("time", required=True),
        data=reader.data(),
        plant=reader.text("plant"),
        order_key=reader.text("orderkey"),
        sequence=reader.sequence(),
        correlation_id=reader.text("correlationid"),
        causation_id=reader.text("causationid"),
        traceparent=_traceparent(event.get("traceparent")),
        expires_at=reader.time("expirytime"),
        subject=reader.text("subject"),
        raw=json.dumps(event, ensure_ascii=False, separators=(",", ":")),
    )
    # One fault for each attribute: the reader's, which knows what the attribute is for.
    faults = {fault.pointer: fault for fault in (*_frame_faults(event), *reader.faults)}
    if faults:
        raise error("schema_invalid", errors=(faults[pointer] for pointer in sorted(faults)))
    return envelope


class _Reader:
    """Takes attributes off one event and collects what is wrong; null means absent."""

    def __init__(self, event: dict) -> None:
        self.event = event
        self.faults: list[Fault] = []

    def fault(self, name, detail):
        self.faults.append(Fault(f"/{name}", detail))

    def _value(self, name, required):
        value = self.event.get(name)
        if value is None and required:
            self.fault(name, "This attribute is required.")
        return value

    def text(self, name: str, required: bool = False, check: Callable[[str], str] | None = None) -> str:
        value = self._value(name, required)
        if value is None:
            return ""
        if not isinstance(value, str) or not 1 <= len(value) <= MAX_TEXT:
            self.fault(name, f"Must be a text of 1 to {MAX_TEXT} characters.")
        elif _CONTROL.search(value):
            self.fault(name, "Must not hold control characters.")
        elif check and (problem := check(value)):
            self.fault(name, problem)
        else:
            return value
        return ""

    def time(self, name: str, required: bool = False) -> datetime | None:
        value = self._value(name, required)
        if value is None:
            return None
        moment = parse_time(value) if isinstance(value, str) else None
        if moment is None:
            self.fault(name, "Must be an RFC 3339 time with an offset.")
        return moment

    def sequence(self) -> int | None:
        value = self.event.get("sequence")
        if value is None:
            return None
        if isinstance(value, str) and _DIGITS.fullmatch(value):
            value = int(value)
        if type(value) is int and 1 <= value <= MAX_SEQUENCE:
            return value
        self.fault("sequence", f"Must be an integer from 1 to {MAX_SEQUENCE}.")
        return None

    def data(self) -> dict:
        value = self._value("data", required=True)
        if value is None or isinstance(value, dict):
            return value or {}
        self.fault("data", "Must be a JSON object.")
        return {}


def _frame_faults(event: dict) -> Iterator[Fault]:
    version = event.get("specversion")
    if version is None:
        yield Fault("/specversion", "This attribute is required.")
    elif version != "1.0":
        yield Fault("/specversion", 'Must be "1.0".')
    content = event.get("datacontenttype")
    if content is not None and not (isinstance(content, str) and _JSON_CONTENT.fullmatch(content)):
        yield Fault("/datacontenttype", "Must be a JSON media type.")
    if event.get("data_base64") is not None:
        yield Fault("/data_base64", "Binary data is not supported; use data.")
    for name, value in event.items():
        pointer = f"/{pointer_token(name)}"
        if name in ("data", "data_base64"):
            continue
        if not _ATTRIBUTE_NAME.fullmatch(name):
            yield Fault(pointer, "Attribute names hold only lower-case letters and digits.")
        elif isinstance(value, (dict, list, float)):
            yield Fault(pointer, "An attribute is a text, an integer or a boolean.")


def pointer_token(name: str) -> str:
    """Return a property name as one step of a JSON Pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")


def _uri_reference(value):
    return "" if _URI_REFERENCE.fullmatch(value) else "Must be a URI reference."


def _traceparent(value):
    if not isinstance(value, str) or len(value) > MAX_TEXT or not _TRACEPARENT.fullmatch(value):
        return ""
    return "" if value.startswith("00") and len(value) != 55 else value


def parse_time(text: str) -> datetime | None:
    """Return an RFC 3339 time as aware UTC, to the microsecond; None when it is none."""
    match = _RFC3339.fullmatch(text)
    if not match:
        return None
    date, clock, fraction, _, sign, hours, minutes = match.groups()
    if hours and int(hours) > 23:
        return None
    microseconds = ((fraction or ".")[1:] + "000000")[:6]
    try:
        local = datetime.fromisoformat(f"{date}T{clock}.{microseconds}")
        offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
        moment = local + offset if sign == "-" else local - offset
    except (ValueError, OverflowError):
        return None
    return moment.replace(tzinfo=timezone.utc)


def format_time(moment: datetime) -> str:
    """Return an aware time as RFC 3339 in UTC; ``ValueError`` when it has no offset."""
    if moment.utcoffset() is None:
        raise ValueError("A time on the wire needs an offset.")
    return moment.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")


def build_event(wire_type: str, data: dict, **attributes: Any) -> dict:
    """Return one CloudEvent as a JSON object.

    ``attributes`` are CloudEvents attribute names; ``id``, ``source`` and ``time`` (an aware
    datetime, like ``expirytime``) are required, absent or empty ones are left out. Raises
    ``TypeError`` for a missing one.
    """
    missing = {"id", "source", "time"} - {name for name, value in attributes.items() if value}
    if missing:
        raise TypeError(f"Missing attributes: {', '.join(sorted(missing))}.")
    event = {"specversion": "1.0", "type": wire_type, "datacontenttype": "application/json"}
    for name, value in attributes.items():
        if value is not None and value != "":
            event[name] = format_time(value) if isinstance(value, datetime) else value
    event["data"] = data
    return event


def canonical_json(value: Any) -> str:
    """Return the JSON text that is equal for equal values, whatever the key order.

    Whole numbers are written without a fraction, so 1 and 1.0 are one value, as in JSON.
    Raises ``ValueError`` for a number that is not finite.
    """
    return json.dumps(
        _plain_numbers(value),
        sort_keys=True,
        ensure_ascii=False,
        separators=(",", ":"),
        allow_nan=False,
    )


def _plain_numbers(value):
    if isinstance(value, dict):
        return {key: _plain_numbers(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain_numbers(item) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) <= MAX_INTEGER:
        return int(value)
    return value


def content_hash(event: dict) -> str:
    """Return the SHA-256, in hexadecimal, of what an event says: all but its trace context."""
    said = {name: value for name, value in event.items() if name not in _HOP_ATTRIBUTES}
    return hashlib.sha256(canonical_json(said).encode()).hexdigest()
