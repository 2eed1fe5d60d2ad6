"""Which process of the stack is at the far end of a database session, and what that process is; it ends none.

Facts. Odoo names its sessions after the process that loaded the registry, which is the master of forked ones, so the
name does not tell. The port of the session's far end does: the kernel's table gives its socket, and the socket is
among the open files of one process. What a forked process of Odoo is for stands only in Odoo's log.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from enum import Enum
from pathlib import Path

import psutil

from tools.stack import Stack
from tools.stack.host import Host

LOOPBACK = "0100007F"
LOCAL, INODE = 1, 9  # columns of the kernel's table


class Role(str, Enum):
    """What a process of the stack does with messages; the forked ones of Odoo by their name in its log."""

    HTTP = "HTTP"
    CRON = "Cron"
    LANE = "lane"
    GATEWAY = "gateway"


BORN = re.compile(rf"Worker Worker({Role.HTTP.value}|{Role.CRON.value}) \((\d+)\) alive")


class Ownership:
    """Remembers what it found, since sessions are pooled and looked at again and again."""

    def __init__(self, stack: Stack, host: Host):
        self._stack = stack
        self._host = host
        self._owners: dict[tuple[int, int], int] = {}
        self._read = 0
        self._born: dict[int, Role] = {}

    def process_of(self, session: int, port: int) -> int | None:
        """The process that opened `session` from `port`; None when it is none of the stack's, or gone."""
        key = (session, port)
        if key not in self._owners:
            found = _holder(port, _members(self._groups()))
            if found is None:
                return None
            self._owners[key] = found
        return self._owners[key]

    def role_of(self, process: int) -> Role | None:
        """What the process is for; None for masters and strangers."""
        if process == self._stack.gateway.pid:
            return Role.GATEWAY
        if self._host.worker and _group_of(process) == self._host.worker.pid != process:
            return Role.LANE
        return self._births().get(process)

    def _groups(self) -> set[int]:
        # What the stack starts leads a process group of its own, in which its children stay.
        started = (self._stack.gateway, self._host.server, self._host.worker)
        return {process.pid for process in started if process}

    def _births(self) -> dict[int, Role]:
        with self._host.server.log.open("rb") as log:
            log.seek(self._read)
            new = log.read()
        complete = new[: new.rfind(b"\n") + 1]
        self._read += len(complete)
        self._born |= {int(pid): Role(role) for role, pid in BORN.findall(complete.decode(errors="replace"))}
        return self._born


def lanes(host: Host) -> set[int]:
    """The lane processes of the host's worker."""
    return set(_members({host.worker.pid})) - {host.worker.pid}


def _members(groups: set[int]) -> Iterator[int]:
    return (pid for pid in psutil.pids() if _group_of(pid) in groups)


def _group_of(process: int) -> int | None:
    with suppress(ProcessLookupError):
        return os.getpgid(process)
    return None


def _holder(port: int, processes: Iterable[int]) -> int | None:
    """Which of the processes has the connection from this loopback port."""
    sockets = {f"socket:[{row[INODE]}]" for row in _connections() if row[LOCAL] == f"{LOOPBACK}:{port:04X}"}
    return next((process for process in processes if sockets & _open_files(process)), None)


def _connections() -> list[list[str]]:
    return [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]


def _open_files(process: int) -> set[str]:
    files = set()
    with suppress(OSError):  # ended meanwhile
        for file in Path(f"/proc/{process}/fd").iterdir():
            with suppress(OSError):  # closed meanwhile
                files.add(str(file.readlink()))
    return files
