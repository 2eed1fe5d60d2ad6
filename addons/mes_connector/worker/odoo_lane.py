"""Where the worker meets Odoo: one process with a lane of each queue, and the notifications that wake it."""

import os
import select
import signal
import threading
import time
from functools import partial

import psycopg2

from odoo import sql_db
from odoo.tools import config

from ..models.mes_lane import LISTEN, WORKER_LOCK, WORKERS
from ..process import environment
from .lane_loop import LaneLoop


class Notifications:
    """Listens for one queue on a connection of its own, outside Odoo's pool; holds the lock that shows a worker.

    :param stop_fd: file descriptor that becomes readable when the lane is to end
    """

    def __init__(self, database: str, queue: str, stop_fd: int) -> None:
        self._database = database
        self._queue = queue
        self._stop_fd = stop_fd
        self._connection = None

    def open(self) -> None:
        """Begin to listen.

        :raises psycopg2.Error: the database is not there now
        """
        _name, parameters = sql_db.connection_info_for(self._database)
        self._connection = psycopg2.connect(**parameters)
        self._connection.autocommit = True
        with self._connection.cursor() as cr:
            cr.execute(LISTEN)
            # Of the session, which is ours alone: it ends with the process, however that ends.
            cr.execute("SELECT pg_advisory_lock_shared(%s, %s)", WORKER_LOCK)

    def wait(self, seconds: float) -> None:
        """Return when the queue has news, when the lane is to end, or after ``seconds``.

        :raises psycopg2.Error: the connection is gone
        """
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            readable, _, _ = select.select([self._connection, self._stop_fd], [], [], left)
            self._connection.poll()
            heard = {notice.payload for notice in self._connection.notifies}
            self._connection.notifies.clear()
            if self._queue in heard or self._stop_fd in readable:
                return

    def close(self) -> None:
        """End the session, and with it the lock."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def run_lane(database: str, parent_fd: int) -> None:
    """Be a lane process: one thread per queue, until SIGTERM or until the parent is gone."""
    stop_read, stop_write = os.pipe()
    stopping = threading.Event()

    def stop(*_signal):
        if not stopping.is_set():
            stopping.set()
            os.close(stop_write)

    config["db_name"] = [database]
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group: the parent decides
    threads = [
        threading.Thread(
            target=LaneLoop(
                partial(_turn, database, queue, stopping.is_set), Notifications(database, queue, stop_read), stopping
            ).run,
            name=f"mes_lane.{queue}",
        )
        for queue in WORKERS
    ]
    for thread in threads:
        thread.start()
    while not stopping.is_set():
        readable, _, _ = select.select([parent_fd, stop_read], [], [])
        if parent_fd in readable:
            stop()
    for thread in threads:
        thread.join()


def _turn(database: str, queue: str, should_stop) -> float | None:
    with environment(database) as env:
        return env["mes.lane"]._run(queue, should_stop=should_stop).next_in


def check_installed(database: str) -> None:
    """Ask, outside Odoo's pool, whether the database has the connector: each lane loads the registry for itself, so
    that its sessions carry the number of its own process.

    :raises LookupError: it has not
    """
    _name, parameters = sql_db.connection_info_for(database)
    connection = psycopg2.connect(**parameters)
    try:
        with connection.cursor() as cr:
            cr.execute("SELECT 1 FROM ir_module_module WHERE name = 'mes_connector' AND state <> 'uninstalled'")
            found = cr.fetchone()
    except psycopg2.errors.UndefinedTable:
        found = None
    finally:
        connection.close()
    if not found:
        raise LookupError(f"Database {database} does not have the addon mes_connector.")
