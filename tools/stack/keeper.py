"""Runs the private PostgreSQL server until no stack uses it any more; started by postgres.py, never by hand.

python -m tools.stack.keeper HOME PROGRAMS
"""

from __future__ import annotations

import fcntl
import os
import signal
import sys
from pathlib import Path

from .postgres import Cluster
from .process import Process


def main(home: str, programs: str) -> int:
    """Starts the server, waits for the last user to leave, stops the server. Returns the exit status."""
    cluster = Cluster(Path(home), Path(programs))
    server = cluster.server_process()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cluster.keeper_pid.write_text(str(os.getpid()))
    try:
        # SIGINT asks PostgreSQL for a fast, clean shutdown: also what it gets should the keeper itself be killed.
        server.start(user=cluster.user, death_signal=signal.SIGINT)
        with cluster.users_lock.open("a") as users:
            fcntl.flock(users, fcntl.LOCK_EX)  # granted when the last stack has ended, however it ended
            _stop(server)  # before the lock is given back, so that a new stack starts from a clean state
    finally:
        _stop(server)
    return 0


def _stop(server: Process) -> None:
    if server.alive:
        server.signal(signal.SIGINT)
        server.wait(60)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
