"""The command: which streams are played, in which waves, on which stack, and what is printed of it."""

from __future__ import annotations

import argparse
import random
import time
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from tests.e2e.client import MesClient
from tools.stack import Stack
from tools.stack.paths import RUN
from tools.testing.results import log_faults

from .arrivals import Manner, arrival, events_of
from .ends import End, Reader
from .play import Played, Player
from .streams import Stream, draw_stream
from .verdict import differences, stored_wrongly, unlawful
from .world import PLANT, World, valued_template

NAME = "convergence"
SEEDS, EVENTS = 15, 30
FEWEST, MOST = 10, 100
#: Each so manieth stream has no numbers.
UNNUMBERED = 5
#: Seeds whose orders are in flight at the same time.
WAVE = 15
#: Lines shown of one mismatch.
SHOWN = 15


@dataclass
class Figures:
    """What was played and what was found."""

    seeds: int = 0
    orders: int = 0
    events: int = 0
    mismatches: int = 0

    def __str__(self) -> str:
        return f"{self.seeds} seeds, {self.mismatches} mismatches ({self.orders} orders, {self.events} events)"


class Convergence:
    """The test on one running Odoo."""

    def __init__(self, stack: Stack):
        self._world = World(stack.rpc())
        secret = self._world.register_system()
        self._player = Player(self._world, MesClient(stack.url, stack.database, PLANT.system, secret))
        self._reader = Reader(self._world.rpc)
        # All runs tell the same times, some hours ago.
        self._start = datetime.now(timezone.utc).replace(microsecond=0) - timedelta(hours=6)
        self.figures = Figures()

    def play(self, streams: list[Stream]) -> None:
        """Plays each stream in every manner, all at once, and prints which end differently."""
        played = []
        for run in self._world.open_runs([(stream, manner) for stream in streams for manner in Manner]):
            events = events_of(run.stream, run.order, run.name, f"/mes/{PLANT.system}", self._start)
            played.append(Played(run, events, arrival(run.stream, events, run.manner)))
        self._player.play(played)
        ends = self._reader.read(played)
        for place in range(0, len(played), len(Manner)):
            runs = slice(place, place + len(Manner))
            self._judge(dict(zip(Manner, zip(played[runs], ends[runs], strict=True), strict=True)))
        self.figures.seeds += len(streams)
        self.figures.orders += len(played)
        self.figures.events += sum(len(one.events) for one in played)

    def _judge(self, runs: dict[Manner, tuple[Played, End]]) -> None:
        (in_order, end), (mixed, mixed_end) = runs[Manner.IN_ORDER], runs[Manner.MIXED]
        stream = in_order.run.stream
        found = [*stored_wrongly(in_order), *unlawful(in_order, end), *stored_wrongly(mixed)]
        found += differences(end, mixed_end, numbered=stream.numbered)
        if found:
            self.figures.mismatches += 1
            self._show(stream, found)

    def _show(self, stream: Stream, found: list[str]) -> None:
        size = len(stream.facts)
        numbers = "numbered" if stream.numbered else "not numbered"
        again = f"make {NAME} FIRST={stream.seed} SEEDS=1 EVENTS={size}"
        print(f"\nseed {stream.seed}, {size} events, {numbers}; to see it again: {again}")
        print("\n".join(f"  {line}" for line in found[:SHOWN]))
        if len(found) > SHOWN:
            print(f"  and {len(found) - SHOWN} more")


def streams_of(first: int, count: int, size: int | None) -> list[Stream]:
    """The streams of `count` seeds; when no size is given, each has its own."""
    streams = []
    for seed in range(first, first + count):
        events = size or random.Random(f"size {seed}").randint(FEWEST, MOST)
        streams.append(draw_stream(seed, events, numbered=seed % UNNUMBERED != 0))
    return streams


def main(arguments: list[str]) -> int:
    """Runs the test on a stack of its own, whose log must be clean too; returns the exit status."""
    parser = argparse.ArgumentParser(prog=NAME, description=__doc__)
    parser.add_argument("--seeds", type=int, help=f"how many, each of {FEWEST} to {MOST} events; by default {SEEDS}")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--events", type=int, help=f"events of each stream; {EVENTS} when no seeds are given")
    parser.add_argument("--lanes", type=int, default=2, help="lanes of a worker process; 0: scheduled actions alone")
    options = parser.parse_args(arguments)
    size = options.events or (None if options.seeds else EVENTS)
    streams = streams_of(options.first, options.seeds or SEEDS, size)
    figures = _play(streams, options.lanes)
    faults = [fault for log in sorted((RUN / NAME).glob("*.log")) for fault in log_faults(log)]
    for fault in faults:
        print(f"{NAME}: fault: {fault[:500]}")
    print(f"{NAME}: {figures}")
    return 1 if figures.mismatches or faults else 0


def _play(streams: list[Stream], lanes: int) -> Figures:
    began = time.monotonic()
    with Stack(NAME) as stack:
        stack.create_database(valued_template())
        stack.start_odoo()
        workers = stack.add_host("lanes")
        if lanes:
            workers.start_worker(lanes)
        test = Convergence(stack)
        for place in range(0, len(streams), WAVE):
            test.play(streams[place : place + WAVE])
            print(f"{NAME}: {test.figures} in {time.monotonic() - began:.0f} s", flush=True)
        stack.check()
        workers.check()
    return test.figures
