"""The shard guard on real connections: it excludes, it ends with its connection; a lane that lost it commits nothing.

The lane is Odoo's own, in its own process; the test is the other lane, and PostgreSQL the referee.
"""

from __future__ import annotations

import pytest

from tools.stack.process import wait_until

from .sessions import brake, end_session, session, wait_until_halted
from .workshop import BenchOrder, release_on_bench

#: First half of the advisory lock of an inbox shard: part of what processes of two releases must agree on.
INBOX_LOCKS = 0x6D65731
PENDING = "pending"


def shard_of(admin, order: BenchOrder) -> int:
    """The shard of an order: the same for what comes from its plant and what goes there."""
    rows = admin.read("mes.outbox.message", [["production_id", "=", order.id]], ["shard"], limit=1)
    return rows[0]["shard"]


@pytest.fixture
def two_orders(admin, orders, mes) -> list[BenchOrder]:
    """Two released orders on different shards."""
    first = release_on_bench(orders)
    others = (release_on_bench(orders) for _attempt in range(10))
    return [first, next(other for other in others if shard_of(admin, other) != shard_of(admin, first))]


def take_guard(cursor, shard: int) -> bool:
    """Tries to become the lane of a shard, as a lane does."""
    cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [INBOX_LOCKS, shard])
    return cursor.fetchone()[0]


def guards_of(stack, shard: int) -> list[int]:
    """The backends that hold the shard."""
    statement = """SELECT pid FROM pg_locks JOIN pg_database d ON d.oid = database
                    WHERE locktype = 'advisory' AND classid = %s AND objid = %s AND granted AND datname = %s"""
    return [pid for (pid,) in stack.server.query(statement, (INBOX_LOCKS, shard, stack.database))]


def send(mes, order: BenchOrder, position: int = 0) -> str:
    """Sends an event of the order by its place, and returns the message's uuid."""
    return mes.take(order.events()[position])[0]["message"]


def state(mes, message: str) -> str:
    """The state of a message, as its sender sees it."""
    return mes.status(message).json()["state"]


def wait_for_done(mes, message: str) -> None:
    """Waits until a message was applied."""
    wait_until(lambda: state(mes, message) == "done", f"{message} to be done", timeout=30)


def test_a_held_shard_is_left_alone_until_its_holder_dies(stack, admin, mes, two_orders):
    held, free = two_orders
    shard = shard_of(admin, held)
    with session(stack) as other_lane:
        assert take_guard(other_lane, shard)
        waiting = send(mes, held)
        # Shards are worked in the order of their oldest message: when this is done, the other was passed by.
        wait_for_done(mes, send(mes, free))
        assert state(mes, waiting) == PENDING
        assert not admin.search("mes.attempt", [["inbox_id.uuid", "=", waiting]])
        end_session(stack, other_lane.connection.info.backend_pid)
        assert guards_of(stack, shard) == []
    wait_for_done(mes, send(mes, free, 1))
    wait_for_done(mes, waiting)


def test_a_lane_that_lost_its_guard_commits_nothing(stack, admin, mes, two_orders):
    mine, other = two_orders
    shard = shard_of(admin, mine)
    with session(stack) as other_lane:
        with brake(stack, "mes_effect"):
            message = send(mes, mine)
            # Everything is done but the proof.
            wait_until_halted(stack, "mes_effect", stack.odoo_process.pid)
            (guard,) = guards_of(stack, shard)
            assert not take_guard(other_lane, shard), "two lanes never work one shard"
            end_session(stack, guard)
            assert take_guard(other_lane, shard), "the shard is free with its connection's end"
            later = send(mes, other)
        wait_for_done(mes, later)
        assert state(mes, message) == PENDING
        assert not admin.search("mes.attempt", [["inbox_id.uuid", "=", message]])
        assert not admin.search("mes.effect", [["inbox_id.uuid", "=", message]])
        (row,) = admin.read("mrp.production", [["id", "=", mine.id]], ["mes_acknowledged_at"])
        assert not row["mes_acknowledged_at"]
    wait_for_done(mes, send(mes, other, 1))
    wait_for_done(mes, message)
    assert len(admin.search("mes.attempt", [["inbox_id.uuid", "=", message]])) == 1
    assert len(admin.search("mes.effect", [["inbox_id.uuid", "=", message]])) == 1
