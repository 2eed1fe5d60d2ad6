"""The parent of the lane processes: starts them, starts them again when they die, ends with them; works nothing itself.

Facts. Lanes learn of the end of their parent, also of a kill, by a pipe that only it holds open for writing. A lane
that dies has nothing to clean up: its database sessions end, and its shards are free.
"""

import logging
import os
import signal
import time
from collections.abc import Callable

_logger = logging.getLogger(__name__)

#: A lane that ends sooner than this is not started again at once.
SHORT_LIFE_SECONDS = 5.0
RESTART_SECONDS = 1.0


class LaneMaster:
    """Keeps ``count`` lane processes running until :meth:`stop`, typically by a signal.

    :param run_lane: called in each child with a file descriptor that ends (is readable) with the parent; returns when
        the lane is told to end by SIGTERM
    """

    def __init__(self, count: int, run_lane: Callable[[int], None]) -> None:
        self._count = count
        self._run_lane = run_lane
        self._lanes: dict[int, float] = {}
        self._is_stopping = False
        self._alive_read, self._alive_write = os.pipe()

    def run(self) -> None:
        """Serve until stopped; returns when every lane has finished what it had in hand."""
        while self._lanes or not self._is_stopping:
            while len(self._lanes) < self._count and not self._is_stopping:
                self._start()
            self._wait_for_one()

    def stop(self, *_signal) -> None:
        """Tell every lane to finish the message in hand and end."""
        self._is_stopping = True
        for pid in list(self._lanes):
            os.kill(pid, signal.SIGTERM)

    def _start(self) -> None:
        pid = os.fork()
        if not pid:
            self._be_lane()
        self._lanes[pid] = time.monotonic()
        if self._is_stopping:  # the signal came between the fork and the line above
            os.kill(pid, signal.SIGTERM)

    def _be_lane(self) -> None:
        status = 1
        try:
            os.close(self._alive_write)
            self._run_lane(self._alive_read)
            status = 0
        except BaseException:
            _logger.exception("mes: a lane process ended by an error")
        finally:
            os._exit(status)  # never back into the parent's code

    def _wait_for_one(self) -> None:
        pid, status = os.wait()
        began = self._lanes.pop(pid, 0.0)
        if self._is_stopping:
            return
        _logger.warning("mes: lane process %s ended (status %s); another is started", pid, status)
        if time.monotonic() - began < SHORT_LIFE_SECONDS:
            time.sleep(RESTART_SECONDS)
