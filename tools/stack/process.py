"""One child process with a log file: started so that it dies with its starter, waited for, stopped. Knows no
particular program.

Facts. The death signal of Linux is tied to the *thread* that forks, so processes are started from the main thread. A
child gets
its own session: Ctrl-C in a terminal reaches only the starter, which then stops the children in order.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class StackError(Exception):
    """Something of the stack did not start, did not stop or died; the message says what, with the end of its log."""


class Process:
    """A child process: `command` with its output in `log`.

    `death_signal` is what the kernel sends it when the starting thread ends; `user` (a numeric id) drops root's rights.
    """

    def __init__(
        self, title: str, command: Sequence[str | Path], *, log: Path, env: Mapping[str, str], cwd: Path | None = None
    ):
        self.title = title
        self.command = [str(part) for part in command]
        self.log = log
        self.env = dict(env)
        self.cwd = cwd
        self._child: subprocess.Popen | None = None

    def start(self, *, user: int | None = None, death_signal: int = signal.SIGTERM) -> Process:
        """Starts the process and returns at once."""
        parent = os.getpid()

        def die_with_parent() -> None:
            _libc.prctl(PR_SET_PDEATHSIG, death_signal)
            if os.getppid() != parent:  # the parent died before the line above
                os._exit(1)

        rights = {} if user is None else {"user": user, "group": user, "extra_groups": []}
        with self.log.open("ab") as output:
            self._child = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=self.env,
                cwd=self.cwd,
                start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509 (no threads run when a stack is started)
                **rights,
            )
        return self

    @property
    def pid(self) -> int:
        """The process id; raises StackError before the start."""
        if self._child is None:
            raise StackError(f"{self.title} was not started")
        return self._child.pid

    @property
    def alive(self) -> bool:
        """True while the process runs."""
        return self._child is not None and self._child.poll() is None

    def signal(self, number: int) -> None:
        """Sends a signal to the process alone."""
        os.kill(self.pid, number)

    def wait(self, timeout: float) -> int:
        """Waits for the end and returns the exit status; raises StackError after `timeout` seconds."""
        try:
            return self._child.wait(timeout)
        except subprocess.TimeoutExpired:
            raise StackError(f"{self.title} did not end within {timeout:g} s\n{self.tail()}") from None

    def stop(self, timeout: float = 20.0) -> None:
        """Ends the process and what it started; one that ignores SIGTERM for `timeout` seconds is killed."""
        if self._child is None:
            return
        if self.alive:
            self._child.terminate()
            try:
                self._child.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()
        self._signal_group(signal.SIGKILL)  # what the process itself may have left behind

    def kill(self) -> None:
        """Ends the process group at once, as a crash would."""
        self._signal_group(signal.SIGKILL)
        self._child.wait()

    def _signal_group(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def tail(self, lines: int = 30) -> str:
        """The end of the log, with its name."""
        text = self.log.read_text(errors="replace").splitlines()[-lines:] if self.log.exists() else []
        return "\n".join([f"--- end of {self.log}", *text])


def wait_until(condition: Callable[[], object], what: str, *, timeout: float, process: Process | None = None) -> object:
    """Polls `condition` until it returns something true, and returns that.

    An OSError counts as "not yet". Raises StackError after `timeout` seconds, or as soon as `process` has ended.
    """
    deadline = time.monotonic() + timeout
    pause = 0.02
    while True:
        try:
            found = condition()
        except OSError:
            found = None
        if found:
            return found
        if process is not None and not process.alive:
            raise StackError(f"{process.title} ended while waiting for {what}\n{process.tail()}")
        if time.monotonic() > deadline:
            raise StackError(f"{what}: not within {timeout:g} s\n{process.tail() if process else ''}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.25)


def free_port() -> int:
    """A TCP port of the loopback interface that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def can_connect(port: int) -> bool:
    """True when something listens on the loopback port; raises OSError when not."""
    with socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
