"""One lane's loop: work, then wait for news, the next due time or the end; knows neither Odoo nor the database."""

import logging
import threading
from collections.abc import Callable
from typing import Protocol

_logger = logging.getLogger(__name__)

#: How often a lane looks without being told: a notification can be lost with its connection.
IDLE_SECONDS = 5.0
#: Before the next try, when not even looking succeeds.
TROUBLE_SECONDS = 1.0


class News(Protocol):
    """What tells a lane that messages were stored."""

    def open(self) -> None:
        """Begin to listen; what comes from now on is not missed."""

    def wait(self, seconds: float) -> None:
        """Return when there is news, when the lane is to end, or after ``seconds``."""

    def close(self) -> None:
        """Stop listening."""


class LaneLoop:
    """Runs until the event ``stopping`` is set.

    :param turn: works what is due and returns the seconds until something may be (0: at once; None: nothing known)
    """

    def __init__(self, turn: Callable[[], float | None], news: News, stopping: threading.Event) -> None:
        self._turn = turn
        self._news = news
        self._stopping = stopping

    def run(self) -> None:
        """Work until stopped; trouble is logged and outlived."""
        while not self._stopping.is_set():
            try:
                self._news.open()
                self._work()
            except Exception:
                _logger.exception("mes: a lane could not work, trying again")
                self._stopping.wait(TROUBLE_SECONDS)
            finally:
                self._news.close()

    def _work(self) -> None:
        while not self._stopping.is_set():
            next_in = self._turn()
            self._news.wait(IDLE_SECONDS if next_in is None else min(next_in, IDLE_SECONDS))
