"""What the plant tells about itself: summary and ledger as JSON values; changes nothing."""

from collections import defaultdict
from typing import Any

from .ledger import keep_books
from .messages import Event, EventType
from .plant import Plant
from .stops import keep_stops


def summary(plant: Plant) -> dict[str, Any]:
    """States of the orders, message counters, and the events still without a business answer."""
    status = plant.status()
    book = plant.sent.snapshot()
    unanswered = [sent for sent in book if sent.is_unanswered]
    return {
        "name": plant.config.name,
        "orders": status["orders"],
        "messages": {
            "sent": sum(sent.deliveries > 0 or sent.is_refused for sent in book),
            "received": status["received"],
            "received_again": status["received_again"],
            "duplicates_sent": sum(max(sent.deliveries - 1, 0) for sent in book),
            "accepted": sum(sent.answer is EventType.MESSAGE_ACCEPTED for sent in book),
            "rejected": sum(sent.is_rejected for sent in book),
            "expired": sum(sent.answer is EventType.MESSAGE_EXPIRED for sent in book),
            "unanswered": len(unanswered),
            "answers_to_others": status["foreign_answers"],
        },
        "unanswered": [
            {"id": sent.event["id"], "type": sent.event.get("type"), "order": sent.order} for sent in unanswered
        ],
        "idle": status["idle"],
    }


def stops(plant: Plant) -> dict[str, Any]:
    """The stops of work centers, by name."""
    return {"stops": keep_stops(sent.event for sent in plant.sent.snapshot() if sent.counts)}


def ledger(plant: Plant) -> dict[str, Any]:
    """The books of every order that was released here or that an event was sent about."""
    events: defaultdict[str, list[Event]] = defaultdict(list)
    for sent in plant.sent.snapshot():
        if sent.counts and sent.order:
            events[sent.order].append(sent.event)
    references = dict.fromkeys([*plant.status()["orders"], *events])
    return {"orders": {reference: _books(plant, reference, events[reference]) for reference in references}}


def _books(plant: Plant, reference: str, events: list[Event]) -> dict[str, Any]:
    order = plant.orders.get(reference)
    scenario = order.scenario.value if order else None
    return {"scenario": scenario, **keep_books(events, order.release if order else None)}
