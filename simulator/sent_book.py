"""Which events the plant sent, how often, and how Odoo answered each; sends nothing and reads no event's meaning."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .link import Fate, Outcome
from .messages import Event, EventType


@dataclass
class SentEvent:
    """One unique event: ``deliveries`` counts those that got through.

    One that ``is_lost`` was kept from being sent, which the plant does not know.
    """

    event: Event
    deliveries: int = 0
    is_lost: bool = False
    is_refused: bool = False
    answer: EventType | None = None

    @property
    def counts(self) -> bool:
        """Whether this event is part of what happened, as far as the plant knows."""
        is_known = self.is_lost or self.deliveries > 0 or self.answer is EventType.MESSAGE_ACCEPTED
        return is_known and not self.is_rejected and self.answer is not EventType.MESSAGE_EXPIRED

    @property
    def is_rejected(self) -> bool:
        return self.is_refused or self.answer is EventType.MESSAGE_REJECTED

    @property
    def is_unanswered(self) -> bool:
        return self.deliveries > 0 and not self.is_refused and self.answer is None

    @property
    def order(self) -> str:
        data = self.event.get("data")
        order = data.get("order") if isinstance(data, dict) else None
        return order if isinstance(order, str) else ""


class SentBook:
    """All unique events in the order of their first delivery; safe to use from several threads.

    Two events of the same identity but different content (a conflict) are two entries.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_content: dict[str, SentEvent] = {}
        self._by_identity: dict[tuple[str, str], list[SentEvent]] = {}

    def announce(self, payload: Any) -> None:
        """Note what is about to be sent: its answer may be here before its delivery returns."""
        with self._lock:
            for event in _events(payload):
                if _content(event) not in self._by_content:
                    sent = self._by_content[_content(event)] = SentEvent(event)
                    self._by_identity.setdefault(_identity(event), []).append(sent)

    def lose(self, payload: Any) -> None:
        """Note events as told that nobody will get, unless they are sent again."""
        self.announce(payload)
        with self._lock:
            for event in _events(payload):
                self._by_content[_content(event)].is_lost = True

    def settle(self, payload: Any, outcome: Outcome) -> None:
        """Note what became of a delivery. An event that got through once is not undone by a later refusal."""
        if outcome.fate is Fate.FAILED:
            return
        items = payload if isinstance(payload, list) else [payload]
        with self._lock:
            for position, item in enumerate(items):
                sent = self._by_content.get(_content(item))
                if sent is None:
                    continue
                sent.is_refused = outcome.refuses(position) and sent.deliveries == 0
                if not outcome.refuses(position):
                    sent.deliveries += 1
                    sent.is_lost = False

    def answer(self, answer: Event) -> bool:
        """Match a business answer to the event it is about; False when that event is not ours."""
        about = answer["data"].get("message")
        if not isinstance(about, dict):
            return False
        with self._lock:
            candidates = self._by_identity.get((str(about.get("source")), str(about.get("id"))), [])
            # Of two contents under one identity, the one that was not refused is meant.
            sent = min(candidates, key=lambda one: one.is_refused, default=None)
            if sent is not None:
                sent.answer = EventType(answer["type"])
            return sent is not None

    def snapshot(self) -> list[SentEvent]:
        with self._lock:
            return list(self._by_content.values())


def _events(payload: Any) -> Iterator[Event]:
    """The events in a payload; what is none (raw input of a test) has no place in the book."""
    for item in payload if isinstance(payload, list) else [payload]:
        if isinstance(item, dict) and isinstance(item.get("id"), str):
            yield item


def _identity(event: Event) -> tuple[str, str]:
    return str(event.get("source")), event["id"]


def _content(event: Any) -> str:
    return json.dumps(event, sort_keys=True)
