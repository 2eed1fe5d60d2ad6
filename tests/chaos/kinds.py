"""What can be killed, and how each is caught in the middle of a transaction; when that is done is the campaign's.

Facts. A look at the server is old when it arrives. So the process that has a message in hand is stopped first
(SIGSTOP), and looked at again: now its transaction cannot end by itself, unless its COMMIT is under way already.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import Enum

import psutil

from tools.stack.process import wait_until

from .ownership import Ownership, Role, lanes
from .watch import Watch, Work
from .world import World

STOP_SECONDS = 5
#: Lanes whose master is gone end when they have noticed.
ORPHAN_SECONDS = 15
ENDED = {psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD}
HALTED = {psutil.STATUS_STOPPED, *ENDED}
#: One kill of a lane in so many takes its master with it.
MASTER_EVERY = 4


class Kind(str, Enum):
    """What is killed; the names are those of the last line."""

    HTTP = "http worker"
    CRON = "cron process"
    LANE = "mes_worker lane"
    GATEWAY = "gateway"
    MES = "mes"
    POSTGRESQL = "postgresql"
    GUARD = "guard"


#: Whose message must be in hand; for the other kinds anybody's.
VICTIMS = {Kind.HTTP: Role.HTTP, Kind.CRON: Role.CRON, Kind.LANE: Role.LANE, Kind.GATEWAY: Role.GATEWAY}


class Executioner:
    """Kills what it is told as soon as it is caught with a message in hand."""

    def __init__(self, world: World, ownership: Ownership, watch: Watch, rng: random.Random):
        self._world = world
        self._ownership = ownership
        self._watch = watch
        self._rng = rng
        self._how: dict[Kind, Callable[[psutil.Process, Work], bool]] = {
            Kind.HTTP: self._kill_process,
            Kind.CRON: self._kill_process,
            Kind.LANE: self._kill_lane,
            Kind.GATEWAY: self._kill_process,
            Kind.MES: self._kill_mes,
            Kind.POSTGRESQL: self._crash_server,
            Kind.GUARD: self._end_guard,
        }

    def strike(self, kind: Kind) -> Work | None:
        """Kills one of the kind if one is caught now; returns what it was caught at when it could not move any more."""
        wanted = VICTIMS.get(kind)
        found = [work for work in self._watch.work() if not wanted or self._ownership.role_of(work.process) is wanted]
        if not found:
            return None
        work = self._rng.choice(found)
        with suppress(psutil.NoSuchProcess), _stopped(work.process) as process:
            again = next((one for one in self._watch.work() if one.is_same(work)), None)
            if again and self._how[kind](process, again):
                return again
        return None

    def _kill_process(self, process: psutil.Process, _work: Work) -> bool:
        process.kill()
        wait_until(lambda: _has_ended(process), f"process {process.pid} to end", timeout=STOP_SECONDS)
        return True

    def _kill_lane(self, process: psutil.Process, work: Work) -> bool:
        if self._rng.randrange(MASTER_EVERY):
            return self._kill_process(process, work)
        orphans = [psutil.Process(pid) for pid in lanes(self._world.host)]
        self._kill_process(psutil.Process(self._world.host.worker.pid), work)
        self._kill_process(process, work)
        wait_until(lambda: all(map(_has_ended, orphans)), "the lanes to end with their master", timeout=ORPHAN_SECONDS)
        return True

    def _kill_mes(self, _process: psutil.Process, _work: Work) -> bool:
        self._world.mes.kill()
        return True

    def _crash_server(self, _process: psutil.Process, _work: Work) -> bool:
        self._watch.forget()
        self._world.stack.private_server.crash()
        return True

    def _end_guard(self, _process: psutil.Process, work: Work) -> bool:
        guards = self._watch.guards(work)
        if not guards:
            return False
        guard = self._rng.choice(guards)
        self._watch.end_session(guard)
        wait_until(lambda: not self._watch.has_session(guard), "the end of the guard's session", timeout=10)
        return True


@contextmanager
def _stopped(pid: int) -> Iterator[psutil.Process]:
    """The process, unable to move until the block ends; raises NoSuchProcess when it has ended."""
    process = psutil.Process(pid)
    process.suspend()
    try:
        wait_until(lambda: process.status() in HALTED, f"process {pid} to stop", timeout=STOP_SECONDS)
        if _has_ended(process):
            raise psutil.NoSuchProcess(pid)
        yield process
    finally:
        with suppress(psutil.NoSuchProcess):
            process.resume()


def _has_ended(process: psutil.Process) -> bool:
    """Whether nothing of the process can run any more, though its parent may not have noticed."""
    try:
        return process.status() in ENDED
    except psutil.NoSuchProcess:
        return True
