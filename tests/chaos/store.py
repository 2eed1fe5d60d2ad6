"""What the MES of the crash test keeps on disk: what it must send and what has arrived; it moves nothing.

Facts. Each write is flushed to disk before it returns, so what was noted survives the death of any process. The harness
fills the file, opens the tap and reads the end; the MES does the rest, in a process of its own.
"""

from __future__ import annotations

import json
import math
import sqlite3
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from itertools import count
from pathlib import Path
from typing import Any

from simulator.messages import ANSWERS, Event, EventType

BUSY_SECONDS = 30
TABLES = """
CREATE TABLE IF NOT EXISTS delivery (
    wire TEXT NOT NULL, position INTEGER NOT NULL, order_name TEXT NOT NULL, body TEXT NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0, last_result TEXT, is_taken INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (wire, position));
CREATE TABLE IF NOT EXISTS arrival (
    number INTEGER PRIMARY KEY, type TEXT NOT NULL, id TEXT NOT NULL, order_name TEXT,
    about_source TEXT, about_id TEXT, code TEXT, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS arrival_type ON arrival (type, order_name);
CREATE TABLE IF NOT EXISTS tap (wire TEXT PRIMARY KEY, upto INTEGER NOT NULL);
"""
# Deliveries of a wire that may leave and have not been taken.
OPEN = "NOT is_taken AND wire = ? AND position <= (SELECT upto FROM tap WHERE tap.wire = delivery.wire)"


class Wire(str, Enum):
    """How a delivery travels to Odoo."""

    HTTP = "http"
    MQTT = "mqtt"


@dataclass(frozen=True)
class Delivery:
    """Events that leave the plant together; `order` is "" when no release is waited for."""

    wire: Wire
    order: str
    events: tuple[Event, ...]

    @property
    def payload(self) -> Any:
        """The JSON value on the wire: one event, or a batch."""
        return list(self.events) if len(self.events) > 1 else self.events[0]


@dataclass(frozen=True)
class Answer:
    """A business answer that has arrived, and which event it is about."""

    source: str
    event_id: str
    outcome: EventType
    code: str


class Store:
    """The file of one MES; safe to use from several threads and processes."""

    def __init__(self, path: Path):
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        self._run("PRAGMA journal_mode = WAL")
        self._run("PRAGMA synchronous = FULL")
        with self._lock:
            self._connection.executescript(TABLES)

    def _run(self, statement: str, parameters: Iterable = ()) -> list[tuple]:
        with self._lock:
            return self._connection.execute(statement, tuple(parameters)).fetchall()

    # What is to be sent

    def fill(self, deliveries: Iterable[Delivery]) -> None:
        """Adds all that is to be sent, in this order; the taps are still closed."""
        places = {wire: count(1) for wire in Wire}
        rows = [(one.wire.value, next(places[one.wire]), one.order, json.dumps(one.payload)) for one in deliveries]
        with self._lock:
            self._connection.execute("BEGIN")
            statement = "INSERT INTO delivery (wire, position, order_name, body) VALUES (?, ?, ?, ?)"
            self._connection.executemany(statement, rows)
            self._connection.executemany("INSERT INTO tap VALUES (?, 0)", [(wire.value,) for wire in Wire])
            self._connection.execute("COMMIT")

    def open_taps(self, part: float) -> None:
        """Lets the first `part` (0 to 1) of the deliveries of each wire leave; never closes a tap."""
        for wire in Wire:
            ((total,),) = self._run("SELECT count(*) FROM delivery WHERE wire = ?", [wire.value])
            upto = math.ceil(part * total)
            self._run("UPDATE tap SET upto = max(upto, ?) WHERE wire = ?", [upto, wire.value])

    def feed(self, wire: Wire) -> None:
        """Lets one more delivery of the wire leave when all that might have left already; after the last, one again."""
        if self._run(f"SELECT 1 FROM delivery WHERE {OPEN} LIMIT 1", [wire.value]):
            return
        self._run("UPDATE tap SET upto = upto + 1 WHERE wire = ?", [wire.value])
        self._run(
            """UPDATE delivery SET is_taken = 0
                WHERE wire = ?1
                  AND (SELECT upto FROM tap WHERE wire = ?1) > (SELECT count(*) FROM delivery WHERE wire = ?1)
                  AND position = (SELECT position FROM delivery WHERE wire = ?1 ORDER BY tries, position LIMIT 1)""",
            [wire.value],
        )

    def due(self, wire: Wire, in_flight: Iterable[int]) -> tuple[int, str] | None:
        """Position and body of the next delivery whose order was released and that nobody sends now, if any."""
        flying = list(in_flight)
        rows = self._run(
            f"""SELECT position, body FROM delivery
                 WHERE {OPEN}
                   AND position NOT IN ({", ".join("?" * len(flying))})
                   AND (order_name = '' OR order_name IN (SELECT order_name FROM arrival WHERE type = ?))
                 ORDER BY position LIMIT 1""",
            [wire.value, *flying, EventType.ORDER_RELEASED.value],
        )
        return rows[0] if rows else None

    def settle(self, wire: Wire, position: int, *, is_taken: bool, result: str) -> None:
        """Notes what became of one try; what was taken is never sent again."""
        self._run(
            """UPDATE delivery SET tries = tries + 1, last_result = ?, is_taken = ?
                WHERE wire = ? AND position = ?""",
            [result, is_taken, wire.value, position],
        )

    def left(self) -> int:
        """How many deliveries have not been taken yet."""
        return self._run("SELECT count(*) FROM delivery WHERE NOT is_taken")[0][0]

    def tries(self) -> int:
        """How often a delivery was tried in all."""
        return self._run("SELECT coalesce(sum(tries), 0) FROM delivery")[0][0]

    def refused(self) -> list[str]:
        """What Odoo said of deliveries in which an event was turned away."""
        marks = ("invalid", "conflict")
        clauses = " OR ".join("last_result LIKE ?" for _mark in marks)
        found = self._run(
            f"SELECT last_result FROM delivery WHERE is_taken AND ({clauses})", [f'%"{mark}"%' for mark in marks]
        )
        return [result for (result,) in found]

    # What has arrived

    def receive(self, event: Event) -> None:
        """Notes an event of Odoo; when this returns it may be acknowledged."""
        data = event.get("data", {})
        about = data.get("message") if isinstance(data.get("message"), dict) else {}
        self._run(
            """INSERT INTO arrival (type, id, order_name, about_source, about_id, code, body)
               VALUES (?, ?, ?, ?, ?, ?, ?)""",
            [
                *(event["type"], event["id"], data.get("order")),
                *(about.get("source"), about.get("id"), data.get("code"), json.dumps(event)),
            ],
        )

    def released(self) -> set[str]:
        """Names of the orders whose release has arrived."""
        found = self._run("SELECT DISTINCT order_name FROM arrival WHERE type = ?", [EventType.ORDER_RELEASED.value])
        return {name for (name,) in found}

    def answers(self) -> list[Answer]:
        """All business answers, as often as they arrived."""
        types = [one.value for one in ANSWERS]
        found = self._run(
            f"""SELECT about_source, about_id, type, code FROM arrival
                 WHERE type IN ({", ".join("?" * len(types))}) ORDER BY number""",
            types,
        )
        return [Answer(source, event_id, EventType(type_), code) for source, event_id, type_, code in found]

    def answered(self) -> int:
        """How many events have an answer."""
        return len({(answer.source, answer.event_id) for answer in self.answers()})
