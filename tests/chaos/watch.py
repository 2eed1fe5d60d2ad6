"""Sees which process has a message in hand: transactions and guards as PostgreSQL tells them; ends and stops nothing.

Fact. A transaction that has a transaction id has changed something, and keeps a lock on each table it took a row of
until it ends: so a message is in hand, uncommitted, exactly while its session has an id and a row lock on one of the
queues.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tools.stack import Stack

from .ownership import Ownership

INBOX, OUTBOX = "mes_inbox_message", "mes_outbox_message"
#: First half of the advisory lock of a shard, per queue: part of what processes of two releases must agree on.
GUARD_SPACES = {INBOX: 0x6D65731, OUTBOX: 0x6D65732}

WORK = f"""
SELECT a.pid, a.client_port, a.xact_start, a.query ILIKE 'commit%%', array_agg(DISTINCT c.relname::text)
  FROM pg_stat_activity a
  JOIN pg_locks l ON l.pid = a.pid AND l.granted AND l.mode IN ('RowShareLock', 'RowExclusiveLock')
  JOIN pg_class c ON c.oid = l.relation AND c.relname IN ('{INBOX}', '{OUTBOX}')
 WHERE a.datname = current_database() AND a.backend_xid IS NOT NULL
 GROUP BY a.pid, a.client_port, a.xact_start, a.query
"""
GUARDS = """
SELECT l.pid, a.client_port FROM pg_locks l
  JOIN pg_stat_activity a ON a.pid = l.pid
  JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()
 WHERE l.locktype = 'advisory' AND l.granted AND l.classid = %s
"""
UNFINISHED = f"""
SELECT EXISTS (SELECT 1 FROM {OUTBOX} WHERE state IN ('pending', 'waiting')
                  AND (collect_until IS NULL OR collect_until <= now() AT TIME ZONE 'UTC'))
    OR EXISTS (SELECT 1 FROM {INBOX} m WHERE state IN ('pending', 'waiting') AND NOT EXISTS (
        SELECT 1 FROM {INBOX} d WHERE d.state = 'dead' AND d.id < m.id
                                  AND d.system_id = m.system_id AND d.ordering_key = m.ordering_key))
"""
SETTLED = f"SELECT count(*) FROM {INBOX} WHERE settled_at IS NOT NULL"
DURABLE = ("fsync", "synchronous_commit", "full_page_writes")


@dataclass(frozen=True)
class Work:
    """An open transaction with a message in hand: of which process, in which session, since when, on which queues."""

    process: int
    session: int
    began: datetime
    is_committing: bool
    queues: frozenset[str]

    def is_same(self, other: Work) -> bool:
        """Whether both are looks at one transaction."""
        return (self.session, self.began) == (other.session, other.began)


class Watch:
    """Looks into the stack's database server; opens its connection anew after a crash of the server."""

    def __init__(self, stack: Stack, ownership: Ownership):
        self._stack = stack
        self._ownership = ownership
        self._connection = None

    def _query(self, statement: str, parameters: tuple = ()) -> list[tuple]:
        if self._connection is None:
            self._connection = self._stack.server.connect(self._stack.database)
        with self._connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return cursor.fetchall()

    def forget(self) -> None:
        """Drops the connection, because the server is about to crash."""
        self._connection.close()
        self._connection = None

    def work(self) -> list[Work]:
        """All transactions that have a message in hand now."""
        found = []
        for session, port, began, is_committing, queues in self._query(WORK):
            process = self._ownership.process_of(session, port)
            if process:
                found.append(Work(process, session, began, is_committing, frozenset(queues)))
        return found

    def guards(self, work: Work) -> list[int]:
        """Sessions of the process that hold a shard of the queue it works on."""
        queue = INBOX if INBOX in work.queues else OUTBOX
        found = self._query(GUARDS, (GUARD_SPACES[queue],))
        return [session for session, port in found if self._ownership.process_of(session, port) == work.process]

    def end_session(self, session: int) -> None:
        """Ends one session of the server: the network's or an administrator's doing."""
        self._query("SELECT pg_terminate_backend(%s)", (session,))

    def has_session(self, session: int) -> bool:
        """Whether the session still exists."""
        return bool(self._query("SELECT 1 FROM pg_stat_activity WHERE pid = %s", (session,)))

    def volatile_settings(self) -> list[str]:
        """Settings of the server that would make a commit less than durable; empty as it must be."""
        return [name for name in DURABLE if self._query(f"SHOW {name}") != [("on",)]]

    def settled(self) -> int:
        """How many messages of the inbox have come to their end."""
        return self._query(SETTLED)[0][0]

    def is_quiet(self) -> bool:
        """Whether no lane has anything to do any more; what waits behind a dead message waits for a person, and master
        data for the night.
        """
        return self._query(UNFINISHED) == [(False,)]
