"""What the plant answers when Odoo asks what it reported, and which events Odoo asks for again; pure, sends nothing."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

from .ledger import Piece, pieces_of
from .messages import EnvelopeFault, Event, EventType, amount

#: What is added up, by the type of the event that says it.
KINDS = {
    EventType.MATERIAL_CONSUMED: "consumed",
    EventType.MATERIAL_RETURNED: "returned",
    EventType.PRODUCTION_REPORTED: "received",
    EventType.SCRAP_REPORTED: "scrapped",
}
QUESTIONS = frozenset({EventType.SHIFT_SUMMARY_REQUESTED, EventType.RESEND_REQUESTED})


@dataclass
class _Total:
    """What was said of one key: how much, and by which events."""

    quantity: Decimal = Decimal(0)
    events: dict[str, None] = field(default_factory=dict)


def summarize(question: Event, source: str, told: Iterable[Event], now: datetime) -> Event:
    """The event that answers a request for a summary.

    ``told`` are all events that count, of any time and order. Raises EnvelopeFault when the request cannot be read.
    """
    asked = question["data"]
    try:
        begin, end = (_time(asked[name]) for name in ("from", "to"))
        orders, request = asked.get("orders"), asked["request"]
    except (KeyError, TypeError, ValueError) as fault:
        raise EnvelopeFault(f"the request cannot be read: {fault!r}") from fault
    mine = [event for event in _valid(told) if _is_asked(event, begin, end, question.get("plant"), orders)]
    data = {"shift": request, "request": request, "from": asked["from"], "to": asked["to"], "totals": _totals(mine)}
    answer = {
        "specversion": "1.0",
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{source}/{question['id']}")),
        "source": source,
        "type": EventType.SHIFT_SUMMARIZED.value,
        "time": now.isoformat(timespec="milliseconds"),
        "datacontenttype": "application/json",
        "causationid": question["id"],
        "data": data,
    }
    return {**answer, "plant": question["plant"]} if question.get("plant") else answer


def wanted(question: Event, known: Iterable[Event]) -> list[Event]:
    """Those of the ``known`` events that a request for resending names, as they were sent first."""
    ids, source = question["data"].get("events"), question["data"].get("source")
    if not isinstance(ids, list):
        raise EnvelopeFault("the request names no events")
    return [event for event in known if event["id"] in ids and source in (None, event.get("source"))]


def _is_asked(event: Event, begin: datetime, end: datetime, plant: str | None, orders: list[str] | None) -> bool:
    """Whether the event is of that time, and of the plant and the orders that are named, if any."""
    is_of_plant = plant is None or event.get("plant") == plant
    is_of_order = orders is None or event["data"].get("order") in orders
    return is_of_plant and is_of_order and begin <= _time(event["time"]) < end


def _valid(told: Iterable[Event]) -> list[Event]:
    """The events that are added up, without those that were undone, at whatever time."""
    events = list(told)
    undone = {event["data"].get("reverses") for event in events if event["type"] == EventType.POSTING_REVERSED}
    return [event for event in events if event["type"] in KINDS and event["id"] not in undone]


def _totals(events: list[Event]) -> list[dict[str, Any]]:
    found: dict[tuple[str, ...], _Total] = {}
    for event in events:
        for piece in pieces_of(event["data"].get("items") or [event["data"]]):
            total = found.setdefault(_key(event, piece), _Total())
            total.quantity += piece.quantity
            total.events[event["id"]] = None
    return [_told(key, total) for key, total in found.items()]


def _key(event: Event, piece: Piece) -> tuple[str, ...]:
    data = event["data"]
    kind = KINDS[EventType(event["type"])]
    return data["order"], kind, piece.product, data.get("operation", ""), piece.lot, piece.uom


def _told(key: tuple[str, ...], total: _Total) -> dict[str, Any]:
    order, kind, product, operation, lot, uom = key
    told = {"order": order, "kind": kind, "product": product, "quantity": amount(total.quantity, uom)}
    finer = {name: value for name, value in (("operation", operation), ("lot", lot)) if value}
    return {**told, **finer, "events": list(total.events)}


def _time(text: str) -> datetime:
    """A moment of the wire; one without an offset is taken as UTC."""
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
