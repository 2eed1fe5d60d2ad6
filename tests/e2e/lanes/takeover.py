"""How long it takes until one host goes on with what another had in hand when it was killed; judges nothing."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import requests

from tools.stack.host import Host
from tools.stack.process import wait_until

from ..sessions import session
from ..workshop import BenchOrder
from .site import Site, mixed

TRAFFIC_PAUSE_SECONDS = 0.2


@dataclass(frozen=True)
class Takeover:
    """Seconds from the kill to the other host's first commit on the order, and until the message was applied."""

    killed: Host
    commit: float
    applied: float


def take_over(site: Site, order: BenchOrder) -> Takeover:
    """Kills the host that has the first event of a released order in hand, in the middle of its transaction, and waits
    for the other.
    """
    with _brake(site, order) as backend:
        message = site.mes().take(order.events()[0])[0]["message"]
        holder = wait_until(lambda: _halted(site, backend), f"{message} to be in hand", timeout=30)
        began = time.monotonic()
        holder.kill()
    committed = _wait_for(site, message, "a.id IS NOT NULL OR m.state <> 'pending'")
    applied = _wait_for(site, message, "m.state = 'done'")
    return Takeover(holder, committed - began, applied - began)


@contextmanager
def _brake(site: Site, order: BenchOrder) -> Iterator[int]:
    """While the block runs, whoever acknowledges the order's release stops in the middle; yields our backend's id."""
    with session(site.stack) as cursor:
        cursor.execute("SELECT id FROM mes_outbox_message WHERE production_id = %s FOR UPDATE", (order.id,))
        yield cursor.connection.info.backend_pid


def _halted(site: Site, backend: int) -> Host | None:
    """The host whose session waits for the backend; Odoo names its sessions after their process."""
    rows = site.query("SELECT application_name FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid))", (backend,))
    pids = [int(name.rpartition("-")[2]) for (name,) in rows]
    return next((host for host in (site.first, site.second) for pid in pids if host.owns(pid)), None)


def _wait_for(site: Site, message: str, condition: str) -> float:
    """The moment of the monotonic clock when the message's row and attempts first show the condition."""
    statement = f"""SELECT 1 FROM mes_inbox_message m LEFT JOIN mes_attempt a ON a.inbox_id = m.id
                     WHERE m.uuid = %s AND ({condition})"""
    with session(site.stack) as cursor:
        cursor.connection.autocommit = True

        def is_seen() -> float | None:
            cursor.execute(statement, (message,))
            return time.monotonic() if cursor.fetchone() else None

        return wait_until(is_seen, f"{message} to be taken over", timeout=90)


@contextmanager
def traffic(site: Site, orders: list[BenchOrder]) -> Iterator[None]:
    """While the block runs, events of other orders keep coming, by way of whichever host answers."""
    over = threading.Event()

    def send() -> None:
        doors = itertools.cycle([site.mes(site.first), site.mes(site.second)])
        for event in mixed(orders):
            while not over.wait(TRAFFIC_PAUSE_SECONDS):
                try:
                    next(doors).take(event)
                    break
                except requests.RequestException:  # that host is down: the plant tries again elsewhere
                    continue

    sender = threading.Thread(target=send)
    sender.start()
    try:
        yield
    finally:
        over.set()
        sender.join()
