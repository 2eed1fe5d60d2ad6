"""Delivers the events of many runs at once and waits until nothing moves any more; judges nothing."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

from simulator.messages import Event
from tests.e2e.client import MesClient
from tools.stack.process import StackError, wait_until

from .arrivals import Arrival, Request
from .world import Run, World

CLIENTS = 6
#: What has not moved for this long is over, whatever it has come to.
STILL_SECONDS = 60


@dataclass
class Played:
    """A run, its events in the order in which they happened, how they arrive, and how often each was stored."""

    run: Run
    events: list[Event]
    arrival: Arrival
    stored: Counter = field(default_factory=Counter)


class Player:
    """Plays runs as the plant's MES."""

    def __init__(self, world: World, mes: MesClient):
        self._world = world
        self._mes = mes

    def play(self, played: list[Played]) -> None:
        """Delivers all runs side by side, releases their orders, and returns when nothing moves any more."""
        with ThreadPoolExecutor(CLIENTS) as clients:
            early = clients.map(self._send, [(one, one.arrival.early) for one in played])
            # While they arrive: one event may come just before its order is released, the next just after it.
            self._world.release([one.run for one in played])
            list(early)
            list(clients.map(self._send, [(one, requests) for one in played for requests in one.arrival.senders]))
            self._wait(played)
            list(clients.map(self._send, [(one, one.arrival.afterwards) for one in played]))

    def _send(self, sender: tuple[Played, list[Request]]) -> None:
        one, requests = sender
        for request in requests:
            results = self._mes.take(request if len(request) > 1 else request[0])
            one.stored.update(result["id"] for result in results if result["status"] == "stored")

    def _wait(self, played: list[Played]) -> None:
        """Waits until every event is answered and every order posted, or nothing has moved for a while."""
        left = self._left(played)
        with suppress(StackError):
            while left:
                wait_until(lambda: self._left(played) != left, "progress", timeout=STILL_SECONDS)  # noqa: B023
                left = self._left(played)

    def _left(self, played: list[Played]) -> int:
        """How many events are not answered yet; when all are, how many orders are not posted."""
        keys, orders = [one.run.order for one in played], [one.run.order_id for one in played]
        count = self._world.rpc.call
        unanswered = [["ordering_key", "in", keys], ["answer_outcome", "=", False]]
        not_posted = [["id", "in", orders], ["mes_phase", "!=", "posted"]]
        return count("mes.inbox.message", "search_count", domain=unanswered) or count(
            "mrp.production", "search_count", domain=not_posted
        )
