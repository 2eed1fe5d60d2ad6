"""The plant at work: takes Odoo's events, plays the orders on worker threads and sends what happens.

What is said is decided in `production.py` and `dispatch.py`, how it travels in the links.
"""

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from enum import Enum
from typing import Any

from .catalogue import Catalogue
from .dispatch import deliveries
from .inquiries import QUESTIONS, summarize, wanted
from .journal import Entry, Journal
from .link import Fate, Link, Outcome
from .messages import (
    ANSWERS,
    REVISIONS,
    EnvelopeFault,
    Event,
    EventType,
    Fact,
    Stamp,
    check_envelope,
    is_numbered,
    seal,
)
from .orders import ENDED, Order, OrderState, Schedule
from .production import Run, acknowledgement, refusal
from .release import Release, read_release
from .scenarios import SCENARIOS
from .sent_book import SentBook

# Events of one run are never dated at the same instant, however fast they are sent.
SHORTEST_STEP_SECONDS = 0.001
REPLAY_BATCH = 50


class Taken(str, Enum):
    """What the plant did with an event of Odoo."""

    TAKEN = "taken"
    REPEATED = "repeated"


@dataclass
class PlantConfig:
    """``pace_seconds`` lies between two deliveries of an order."""

    name: str
    seed: int = 1
    pace_seconds: float = 0
    workers: int = 8
    schedule: Schedule = field(default_factory=Schedule)


class Plant:
    """One simulated plant behind one link; safe to use from several threads."""

    def __init__(self, config: PlantConfig, link: Link, journal: Journal) -> None:
        self.config = config
        self.link = link
        self.journal = journal
        self.sent = SentBook()
        self.catalogue = Catalogue()
        self.orders: dict[str, Order] = {}
        self._seen: set[tuple[str, str]] = set()
        self._repeated = 0
        self._foreign_answers = 0
        self._jobs = 0
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._pool = ThreadPoolExecutor(config.workers, thread_name_prefix="order")

    def start(self) -> None:
        self.link.open(self.take_from_wire)

    def stop(self) -> None:
        """End cleanly: what is under way is given up at the next step."""
        self._stopping.set()
        self.link.close()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self.journal.close()

    # What comes from Odoo

    def take_from_wire(self, value: Any) -> None:
        """As ``take``, for a wire on which nobody can be told that an event is unreadable."""
        try:
            self.take(value)
        except EnvelopeFault:
            return

    def take(self, value: Any) -> Taken:
        """Record one event of Odoo and act on it once; raises EnvelopeFault when it cannot be read."""
        try:
            event = check_envelope(value)
            release = read_release(event) if event["type"] in REVISIONS else None
        except EnvelopeFault as fault:
            self.journal.write(Entry.NOT_TAKEN, detail=str(fault), event=value)
            raise
        identity = (event["source"], event["id"])
        with self._lock:
            is_new = identity not in self._seen
            self._seen.add(identity)
            self._repeated += not is_new
        self.journal.write(Entry.RECEIVED if is_new else Entry.RECEIVED_AGAIN, event=event)
        if is_new:
            self._act(event, release)
        return Taken.TAKEN if is_new else Taken.REPEATED

    def _act(self, event: Event, release: Release | None) -> None:
        if release is not None:
            self._released(release)
        elif event["type"] in QUESTIONS:
            with self._lock:
                self._submit(self._answer, event)
        elif event["type"] == EventType.ORDER_CLOSED:
            self._end(event["data"].get("order"), OrderState.CLOSED)
        elif event["type"] == EventType.ORDER_CANCELLED:
            self._end(event["data"].get("order"), OrderState.CANCELLED)
        elif event["type"] == EventType.ORDER_POSTED:
            self._end(event["data"].get("order"), OrderState.POSTED)
        elif self.catalogue.take(event):
            return
        elif event["type"] in ANSWERS and not self.sent.answer(event):
            with self._lock:
                self._foreign_answers += 1

    def _released(self, release: Release) -> None:
        schedule = self.config.schedule
        with self._lock:
            order = self.orders.get(release.order)
            if order is not None and order.state is not OrderState.REFUSED:
                # A revision of an order in work: answered at once, beside the work.
                self._submit(self._work, self._go_on, order, release)
                return
            if order is None:
                order = self.orders[release.order] = Order(release, schedule.choose(release))
            else:
                order.release = release
                order.scenario = schedule.choose(release, was_refused=True)
                order.state = OrderState.QUEUED
            self._submit(self._work, self._play, order, release)

    def _end(self, reference: Any, state: OrderState) -> None:
        with self._lock:
            order = self.orders.get(reference) if isinstance(reference, str) else None
            if order is not None:
                order.state = state

    # What the plant does

    def _submit(self, job: Callable[..., None], *about: Any) -> None:
        """Queue a job; the lock is held by the caller."""
        if not self._stopping.is_set():
            self._jobs += 1
            self._pool.submit(self._run, job, *about)

    def _run(self, job: Callable[..., None], *about: Any) -> None:
        try:
            job(*about)
        except Exception as fault:  # noqa: BLE001  a worker's fault would otherwise vanish in its future
            self.journal.write(Entry.TROUBLE, detail=f"{type(fault).__name__}: {fault}")
        finally:
            with self._lock:
                self._jobs -= 1

    def _work(self, job: Callable[[Order, Release], None], order: Order, release: Release) -> None:
        """Work on an order; a fault is its end."""
        try:
            job(order, release)
        except Exception:
            self._move(order, OrderState.FAILED)
            raise

    def _answer(self, question: Event) -> None:
        """Tell Odoo what it asks for: a summary, or events once more, as they were sent first."""
        book = [sent for sent in self.sent.snapshot() if sent.counts and sent.order]
        if question["type"] == EventType.RESEND_REQUESTED:
            for event in wanted(question, [sent.event for sent in book]):
                self._deliver(event)
            return
        now = datetime.now(timezone.utc)
        self._deliver(summarize(question, f"/mes/{self.config.name}/shifts", [one.event for one in book], now))

    def _play(self, order: Order, release: Release) -> None:
        scenario = SCENARIOS[order.scenario]
        # Choices depend on the order only, so that a seed replays them; identities also on the release.
        rng = random.Random(f"{self.config.seed}/{self.config.name}/{release.order}")
        with self._lock:
            facts = [refusal(release)]
            if scenario.accepts:
                order.run = Run(release, scenario, rng)
                facts = [acknowledgement(release), *order.run.facts(release)]
        # Refused from here on: the next release may arrive before this refusal's delivery returns.
        self._move(order, OrderState.PLAYING if scenario.accepts else OrderState.REFUSED)
        self._tell(order, release, facts, rng)

    def _go_on(self, order: Order, release: Release) -> None:
        """Answer a later revision, and play the act that waits for it."""
        is_accepted = SCENARIOS[order.scenario].accepts_change
        with self._lock:
            # A source of its own, since the numbers of the work's source are given away already.
            stamp = self._stamp(release, f"/mes/{self.config.name}/planning", order.next_reply)
            order.next_reply += 1
        (event,) = self._seal([acknowledgement(release) if is_accepted else refusal(release)], stamp)
        self._deliver(event)
        with self._lock:
            if is_accepted:
                order.release = release
            is_waiting = order.run is not None and order.run.is_waiting
            facts = order.run.facts(order.release) if is_waiting else []
        if facts:
            rng = random.Random(f"{self.config.seed}/{self.config.name}/{release.order}/{release.revision}")
            self._tell(order, release, facts, rng)

    def _tell(self, order: Order, release: Release, facts: list[Fact], rng: random.Random) -> None:
        with self._lock:
            stamp = self._stamp(release, f"/mes/{self.config.name}", order.next_sequence)
            order.next_sequence += sum(map(is_numbered, facts))
        dispatch = SCENARIOS[order.scenario].dispatch
        for position, delivery in enumerate(deliveries(self._seal(facts, stamp), dispatch, rng)):
            has_to_stop = self._stopping.wait(self.config.pace_seconds if position else 0)
            if has_to_stop or order.state is OrderState.CANCELLED:
                return
            if self._deliver(delivery if len(delivery) > 1 else delivery[0]).fate is Fate.FAILED:
                self._move(order, OrderState.FAILED)
                return
        if order.run is not None and not order.run.is_waiting:
            self._move(order, OrderState.FINISHED)

    def _move(self, order: Order, state: OrderState) -> None:
        """What Odoo said last about an order (posted, cancelled) stands."""
        with self._lock:
            if order.state not in ENDED:
                order.state = state

    def _stamp(self, release: Release, source: str, first_sequence: int) -> Stamp:
        step = max(self.config.pace_seconds, SHORTEST_STEP_SECONDS)
        return Stamp(
            source=source,
            plant=release.plant,
            order=release.order,
            correlation=release.event_id,
            first_sequence=first_sequence,
            start=datetime.now(timezone.utc),
            step=timedelta(seconds=step),
        )

    def _seal(self, facts: list[Fact], stamp: Stamp) -> list[Event]:
        return seal(facts, stamp, random.Random(f"{self.config.seed}/{stamp.source}/{stamp.correlation}"))

    def _deliver(self, payload: Any) -> Outcome:
        self.sent.announce(payload)
        outcome = self.link.deliver(payload)
        self.sent.settle(payload, outcome)
        self.journal.write(
            Entry.SENT,
            fate=outcome.fate.value,
            code=outcome.code,
            attempts=outcome.attempts,
            results=outcome.results,
            detail=outcome.detail,
            payload=payload,
        )
        return outcome

    # What a test may ask for

    def send_raw(self, payload: Any) -> Outcome:
        """Send any JSON value as it is, and wait for its outcome."""
        return self._deliver(payload)

    def lose(self, payload: Any) -> None:
        """Enter events in the books as told, and send nothing, as where a wire broke unnoticed."""
        self.sent.lose(payload)
        self.journal.write(Entry.LOST, payload=payload)

    def replay(self) -> list[Outcome]:
        """Send everything that was sent again, in the same order, in batches."""
        events = [sent.event for sent in self.sent.snapshot() if not sent.is_lost]
        starts = range(0, len(events), REPLAY_BATCH)
        return [self._deliver(events[start : start + REPLAY_BATCH]) for start in starts]

    def status(self) -> dict[str, Any]:
        """Orders' states and the plant's counters of what came in."""
        with self._lock:
            return {
                "orders": {reference: order.state.value for reference, order in self.orders.items()},
                "received": len(self._seen),
                "received_again": self._repeated,
                "foreign_answers": self._foreign_answers,
                "idle": self._jobs == 0,
            }
