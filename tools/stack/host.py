"""One host of a site: an Odoo server and its worker process on a shared database, which die together; what they work is
not known here.
"""

from __future__ import annotations

import os

from .odoo import Installation
from .process import Process, StackError, wait_until


class Host:
    """An Odoo server, and a `mes_worker` beside it when asked for; start from the main thread only."""

    def __init__(self, installation: Installation, database: str):
        self.installation = installation
        self.database = database
        self.server: Process | None = None
        self.worker: Process | None = None

    @property
    def url(self) -> str:
        """Address of the server, without a slash at the end."""
        return self.installation.url

    @property
    def alive(self) -> bool:
        """True while the server runs."""
        return self.server is not None and self.server.alive

    def start(self) -> Host:
        """Starts the server, or starts it again on the same port, and waits until it answers."""
        self.server = self.installation.start_server(self.database)
        return self

    def start_worker(self, lanes: int = 1) -> Process:
        """Starts a worker process with that many lanes and waits until it listens."""
        name = self.installation.name
        log = self.installation.folder / f"{name}-worker.log"
        ready = f"mes_worker: {lanes} lanes on {self.database}"
        before = log.read_text().count(ready) if log.exists() else 0
        self.worker = self.installation.process(
            "The worker", "mes_worker", "-d", self.database, "--lanes", str(lanes), log=log.name
        ).start()
        wait_until(
            lambda: log.read_text().count(ready) > before, "the worker to listen", timeout=60, process=self.worker
        )
        return self.worker

    def stop_worker(self) -> None:
        """Ends the worker process in order, if there is one."""
        if self.worker:
            self.worker.stop()
            self.worker = None

    def owns(self, pid: int) -> bool:
        """Whether a process is of this host: the server, the worker, or what these started."""
        try:
            group = os.getpgid(pid)
        except ProcessLookupError:
            return False
        return group in {process.pid for process in self._processes}

    def kill(self) -> None:
        """Ends all its processes at once, as a loss of power would."""
        for process in self._processes:
            process.kill()

    def stop(self) -> None:
        """Ends all its processes in order."""
        for process in reversed(self._processes):
            process.stop()

    def check(self) -> None:
        """Raises StackError when a process of the host has ended."""
        for process in self._processes:
            if not process.alive:
                raise StackError(f"{process.title} has ended unexpectedly\n{process.tail()}")

    @property
    def _processes(self) -> list[Process]:
        return [process for process in (self.server, self.worker) if process]
