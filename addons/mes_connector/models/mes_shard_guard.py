"""The shard guard: who holds a shard, proved by an advisory lock in an open transaction on a connection of its own.

It is an object that is passed to the lane, since a test's single connection cannot exclude anybody (trap 30).
"""

from contextlib import contextmanager, suppress

from psycopg2 import Error as DatabaseError

from ..core.sharding import SHARDS

#: First half of the advisory lock's key: one number space per queue.
LOCK_SPACES = {"mes.inbox.message": 0x6D6573_1, "mes.outbox.message": 0x6D6573_2}
#: Second half, beside the shards: one at a time among those that lost a conflict.
CONTENDED = SHARDS
#: How long one that lost a conflict waits for the others that did, in milliseconds.
CONTENDED_WAIT = "2000"
#: A host that is gone gives its shards back in about ten seconds; over a local socket these mean nothing.
SESSION_SETTINGS = """
    SET LOCAL idle_in_transaction_session_timeout = 0;
    SET LOCAL tcp_keepalives_idle = 5;
    SET LOCAL tcp_keepalives_interval = 2;
    SET LOCAL tcp_keepalives_count = 3
"""


class GuardLost(Exception):
    """The connection that holds the shard is gone: what was done under it must not be committed."""


class Hold:
    """A shard that is ours as long as the guard's connection lives."""

    def __init__(self, cr, space):
        self._cr = cr
        self._space = space

    def check(self):
        """Return when the shard is still ours.

        :raises GuardLost: it may be another lane's by now
        """
        try:
            self._cr.execute("SELECT 1", log_exceptions=False)
        except DatabaseError as error:
            raise GuardLost from error

    @contextmanager
    def alone(self):
        """Run the block while no other lane that lost a conflict runs its own; waits two seconds at most."""
        self._execute("SAVEPOINT contended")
        try:
            with suppress(DatabaseError):  # it took too long: go on beside the others
                self._cr.execute("SELECT set_config('lock_timeout', %s, true)", [CONTENDED_WAIT], log_exceptions=False)
                self._cr.execute("SELECT pg_advisory_xact_lock(%s, %s)", [self._space, CONTENDED], log_exceptions=False)
            yield
        finally:
            self._execute("ROLLBACK TO SAVEPOINT contended")

    def _execute(self, statement):
        try:
            self._cr.execute(statement, log_exceptions=False)
        except DatabaseError as error:
            raise GuardLost from error


class ShardGuard:
    """Holds shards of one queue by advisory locks."""

    def __init__(self, registry, queue):
        self._registry = registry
        self._space = LOCK_SPACES[queue]

    @contextmanager
    def hold(self, shard):
        """Yield a :class:`Hold`, or None when the shard is another lane's."""
        cr = self._registry.cursor()
        try:
            # Odoo's pool may bring a timeout that would end the guard while its work goes on (trap 29).
            cr.execute(SESSION_SETTINGS)
            cr.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [self._space, shard])
            yield Hold(cr, self._space) if cr.fetchone()[0] else None
        finally:
            self._release(cr)

    def _release(self, cr):
        """End the guard's transaction; with a connection that is gone the lock went too, and the pool drops it."""
        with suppress(DatabaseError):
            cr.commit()  # pylint: disable=invalid-commit  # the guard's own cursor: ending it is what frees the shard
        with suppress(DatabaseError):
            cr.close()
