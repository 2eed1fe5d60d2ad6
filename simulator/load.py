"""Load mode: many clients post batches about orders nobody released, and measure; no scenario and no ledger."""

import itertools
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from .http_link import Endpoint, HttpLink, Patience
from .messages import Event, EventType, Fact, Stamp, seal

EVENTS_PER_ORDER = 10


@dataclass(frozen=True)
class LoadPlan:
    """How much is sent: ``events`` in all, shared by ``clients``, in batches of ``batch``."""

    events: int
    clients: int
    batch: int
    seed: int


@dataclass
class Measured:
    """What the clients saw; ``latencies`` are seconds per request."""

    seconds: float = 0
    latencies: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)


def run_load(endpoint: Endpoint, plan: LoadPlan) -> Measured:
    """Send the plan and return what was measured; a request is tried once, so that a refusal shows."""
    measured = Measured()
    lock = threading.Lock()
    shares = [len(range(client, plan.events, plan.clients)) for client in range(plan.clients)]
    clients = [
        threading.Thread(target=_client, args=(endpoint, plan, number, share, _Meter(measured, lock)))
        for number, share in enumerate(shares)
    ]
    begin = time.perf_counter()
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    measured.seconds = time.perf_counter() - begin
    return measured


def report(plan: LoadPlan, measured: Measured) -> dict[str, Any]:
    """The figures of a run: rates per second, latencies of requests in milliseconds."""
    return {
        "events": plan.events,
        "clients": plan.clients,
        "batch": plan.batch,
        "requests": len(measured.latencies),
        "seconds": round(measured.seconds, 3),
        "events_per_second": round(plan.events / measured.seconds, 1) if measured.seconds else None,
        "p50_ms": _percentile(measured.latencies, 0.50),
        "p99_ms": _percentile(measured.latencies, 0.99),
        "statuses": dict(sorted(measured.statuses.items())),
    }


def show(figures: dict[str, Any]) -> str:
    """A table for people, then the same as one line of JSON."""
    rows = {**figures, "statuses": ", ".join(f"{key}: {count}" for key, count in figures["statuses"].items())}
    width = max(len(key) for key in rows)
    table = "\n".join(f"{key.ljust(width)}  {value}" for key, value in rows.items())
    return f"{table}\n{json.dumps(figures)}"


def load_events(system: str, seed: int, client: int, start: datetime) -> Iterator[Event]:
    """An endless stream of starts and consumptions, ten per invented order."""
    rng = random.Random(f"{seed}/{client}")
    for count in itertools.count(1):
        order = f"LOAD-{seed}-{client}-{count}"
        stamp = Stamp(
            source=f"/mes/{system}/load",
            plant="WH",
            order=order,
            correlation=order,
            first_sequence=1,
            start=start,
            step=timedelta(milliseconds=1),
        )
        facts = [_started(order), *(_consumed(order, rng) for _fact in range(EVENTS_PER_ORDER - 1))]
        yield from seal(facts, stamp, rng)


def _started(order: str) -> Fact:
    return Fact(EventType.OPERATION_STARTED, {"order": order, "operation": "10", "work_center": "ASM1"})


def _consumed(order: str, rng: random.Random) -> Fact:
    item = {"product": "HSG-100", "quantity": {"value": rng.randint(1, 20), "uom": "C62"}, "lot": "LOAD-LOT"}
    return Fact(EventType.MATERIAL_CONSUMED, {"order": order, "operation": "10", "items": [item]})


class _Meter:
    """Adds one client's requests to the common measurement."""

    def __init__(self, measured: Measured, lock: threading.Lock) -> None:
        self._measured = measured
        self._lock = lock

    def add(self, seconds: float, statuses: list[str]) -> None:
        with self._lock:
            self._measured.latencies.append(seconds)
            self._measured.statuses.update(statuses)


def _client(endpoint: Endpoint, plan: LoadPlan, number: int, events: int, meter: _Meter) -> None:
    link = HttpLink(endpoint, Patience(give_up_after=0))
    stream = load_events(endpoint.system, plan.seed, number, datetime.now(timezone.utc))
    while events > 0:
        batch = list(itertools.islice(stream, min(plan.batch, events)))
        events -= len(batch)
        begin = time.perf_counter()
        outcome = link.deliver(batch)
        seconds = time.perf_counter() - begin
        told = [str(item.get("status")) for item in outcome.results]
        meter.add(seconds, told or [f"{outcome.fate.value} {outcome.code or 'no answer'}"] * len(batch))


def _percentile(values: list[float], part: float) -> float | None:
    if not values:
        return None
    ordered = sorted(values)
    return round(1000 * ordered[min(int(part * len(ordered)), len(ordered) - 1)], 1)
