"""Kills one thing after the other while events flow, and starts again what ended, as an init system would.

What is killed when, and what leaves the plant meanwhile, follows from the seed; the instant does not.
"""

from __future__ import annotations

import random
import time
from collections import Counter

from tools.stack import StackError

from .kinds import Executioner, Kind
from .ownership import Ownership
from .store import Wire
from .watch import Watch
from .world import World

LOOK_SECONDS = 0.002
#: How long one may have to wait for an occasion.
HUNT_SECONDS = 120
#: While one waits, a wire that lies idle gets one more delivery so often: what is short work comes often, and traffic
#: wakes the lanes that nobody has woken.
OFTEN_SECONDS, TRAFFIC_SECONDS = 0.1, 1.0
FEEDS = {Kind.HTTP: ((Wire.HTTP,), OFTEN_SECONDS), Kind.GATEWAY: ((Wire.MQTT,), OFTEN_SECONDS)}
#: What has to be worked before the next kill, of the events that may have left by now: the others wait for one that
#: leaves later; and how long an event may take.
WORKED_PART, EVENT_SECONDS = 0.7, 0.2
#: Who works the queues in each act: first the scheduled actions alone, which rest while there is a worker.
ACTS = (Kind.CRON, Kind.LANE)
#: Processes of the dedicated worker.
LANES = 2


def plan(times: int, rng: random.Random) -> list[list[Kind]]:
    """The kills of each act: `times` of each kind in all, of those that occur in both acts about half in each."""
    acts = []
    for number, own in enumerate(ACTS):
        kinds = [own] * times
        for kind in set(Kind) - set(ACTS):
            kinds += [kind] * ((times + 1 - number) // len(ACTS))
        acts.append(rng.sample(sorted(kinds), len(kinds)))
    return acts


class Campaign:
    """One run: kills spread evenly over all deliveries of the store, and over the `events` that they carry."""

    def __init__(self, world: World, *, times: int, events: int, seed: str):
        self.kills: Counter[str] = Counter()
        self.in_commit = 0
        self.restarts: Counter[str] = Counter()
        rng = random.Random(f"{seed}/kills")
        ownership = Ownership(world.stack, world.host)
        self._world = world
        self._events = events
        self._acts = plan(times, rng)
        self._watch = Watch(world.stack, ownership)
        self._executioner = Executioner(world, ownership, self._watch, rng)

    def run(self) -> None:
        """Kills all that is planned; raises StackError when a kind gives no occasion."""
        number, total = 0, sum(map(len, self._acts))
        for own, kinds in zip(ACTS, self._acts, strict=True):
            if own is Kind.LANE:
                self._world.host.start_worker(LANES)
            for kind in kinds:
                self._let_work(self._events * number / total, EVENT_SECONDS * self._events / total)
                number += 1
                self._world.store.open_taps(number / total)
                self._hunt(kind)
                self.revive()

    def _let_work(self, left: float, seconds: float) -> None:
        """Waits until enough of the `left` events are worked, so that every kill meets other work; but not for long,
        since what is held up, such as behind a dead message, shall hold up no kill.
        """
        until = time.monotonic() + seconds
        while self._watch.settled() < WORKED_PART * left and time.monotonic() < until:
            self.revive()
            time.sleep(OFTEN_SECONDS)

    def _hunt(self, kind: Kind) -> None:
        """Kills one of the kind; a kill in the middle of a COMMIT is done, but does not count as one while open."""
        wires, pause = FEEDS.get(kind, (tuple(Wire), TRAFFIC_SECONDS))
        until, fed = time.monotonic() + HUNT_SECONDS, time.monotonic()
        while time.monotonic() < until:
            work = self._executioner.strike(kind)
            if work and work.is_committing:
                self.in_commit += 1
                self.revive()
            elif work:
                self.kills[kind.value] += 1
                return
            if time.monotonic() - fed > pause:
                fed = time.monotonic()
                self.revive()
                for wire in wires:
                    self._world.store.feed(wire)
            time.sleep(LOOK_SECONDS)
        raise StackError(f"no {kind.value} had a message in hand within {HUNT_SECONDS} s")

    def revive(self) -> None:
        """Starts whatever has ended, and waits only for the database server, which all others need."""
        stack, host = self._world.stack, self._world.host
        if not stack.private_server.process.alive:
            self.restarts["postgresql"] += 1
            stack.private_server.start()
        for process in filter(None, (host.server, host.worker, stack.gateway, self._world.mes)):
            if not process.alive:
                process.stop()  # what it left behind, as an init system ends a whole control group
                self.restarts[process.title] += 1
                process.start()
