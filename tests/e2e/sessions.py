"""Sessions of the test's own on the stack's database, and what the server tells of others'; no business data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tools.stack import Stack
from tools.stack.process import wait_until


@contextmanager
def session(stack: Stack) -> Iterator:
    """A cursor of a session with a transaction open, which is rolled back at the end."""
    connection = stack.server.connect(stack.database)
    connection.autocommit = False
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


@contextmanager
def brake(stack: Stack, table: str) -> Iterator[None]:
    """While the block runs, whoever writes to the table comes to a halt in the middle of its transaction."""
    with session(stack) as cursor:
        cursor.execute(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
        yield


def halted(stack: Stack, table: str) -> set[int]:
    """Process ids of the programs that wait for a lock on the table; Odoo names its sessions after its own."""
    statement = """SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid)
                    WHERE NOT granted AND relation = %s::regclass"""
    names = (name for (name,) in stack.server.query(statement, (table,), stack.database))
    return {int(name.rpartition("-")[2]) for name in names}


def wait_until_halted(stack: Stack, table: str, pid: int) -> None:
    """Waits until the program with this process id waits for the table."""
    wait_until(lambda: pid in halted(stack, table), f"{pid} to be stopped at {table}", timeout=30)


def end_session(stack: Stack, pid: int) -> None:
    """Ends one session of the server and waits until it is gone: the network's or an administrator's doing."""
    stack.server.query("SELECT pg_terminate_backend(%s)", (pid,))
    alive = "SELECT 1 FROM pg_stat_activity WHERE pid = %s"
    wait_until(lambda: not stack.server.query(alive, (pid,)), f"the end of session {pid}", timeout=10)
