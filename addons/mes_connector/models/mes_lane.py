"""Lanes: who works which shard, and for how long; what is done with a message is its queue's business.

A shard is owned by whoever holds its advisory lock in an open transaction on a connection of its own (the guard).
The guard is an object that is passed in, since a test's single connection cannot exclude anybody (trap 30).
"""

import logging
import time
from contextlib import contextmanager, suppress
from functools import partial

from psycopg2 import Error as DatabaseError
from psycopg2 import OperationalError

from odoo import api, models

_logger = logging.getLogger(__name__)

#: Slices stay under ten seconds, so that the guard's snapshot does not hold back vacuum.
SLICE_SECONDS = 8
#: Serialization and lock conflicts are tried again at once, this often, outside any retry budget.
CONFLICT_TRIES = 5

#: First half of the advisory lock's key: one number space per queue.
LOCK_SPACES = {"mes.inbox.message": 0x6D6573_1, "mes.outbox.message": 0x6D6573_2}
#: The model that works a message of each queue, and the scheduled action that wakes its lane.
WORKERS = {"mes.inbox.message": "mes.dispatcher", "mes.outbox.message": "mes.delivery"}
CRONS = {
    "mes.inbox.message": "mes_connector.ir_cron_mes_process_inbox",
    "mes.outbox.message": "mes_connector.ir_cron_mes_deliver_outbox",
}


class GuardLost(Exception):
    """The connection that holds the shard is gone: what was done under it must not be committed."""


class ShardGuard:
    """Holds one shard of one queue by an advisory lock in an open transaction."""

    def __init__(self, registry, queue):
        self._registry = registry
        self._space = LOCK_SPACES[queue]

    @contextmanager
    def hold(self, shard):
        """Yield a function that raises :class:`GuardLost` once the shard is not ours, or None if it is taken."""
        cr = self._registry.cursor()
        try:
            # Odoo's pool may bring a timeout that would end the guard while its work goes on (trap 29).
            cr.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            cr.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [self._space, shard])
            yield partial(self._check, cr) if cr.fetchone()[0] else None
        finally:
            self._release(cr)

    def _check(self, cr):
        try:
            cr.execute("SELECT 1", log_exceptions=False)
        except DatabaseError as error:
            raise GuardLost from error

    def _release(self, cr):
        """End the guard's transaction; with a connection that is gone the lock went too, and the pool drops it."""
        with suppress(DatabaseError):
            cr.commit()  # pylint: disable=invalid-commit  # the guard's own cursor: ending it is what frees the shard
        with suppress(DatabaseError):
            cr.close()


class MesLane(models.AbstractModel):
    _name = "mes.lane"
    _description = "Queue Lane"

    @api.model
    def _wake(self, queue):
        """Have the queue's lane run as soon as this transaction is committed; once per transaction is enough.

        The alarm is written when the transaction ends: one written now would be lost with the savepoint it is in.
        """
        precommit = self.env.cr.precommit
        woken = precommit.data.setdefault("mes.lane.woken", set())
        if queue not in woken:
            woken.add(queue)
            # sudo: waking the lane is part of every change that leaves a message.
            precommit.add(self.env.ref(CRONS[queue]).sudo()._trigger)

    @api.model
    def _cron_process_inbox(self):
        self._run("mes.inbox.message")

    @api.model
    def _cron_deliver_outbox(self):
        self._run("mes.outbox.message")

    @api.model
    def _run(self, queue, guard=None, **options):
        """Work every shard of ``queue`` that has due messages and that nobody else works.

        :param guard: object with ``hold(shard)``; the advisory lock by default
        :param options: passed to the queue's worker, such as the transport the gateway brings
        :return: number of messages worked
        """
        guard = guard or ShardGuard(self.env.registry, queue)
        deadline = time.monotonic() + SLICE_SECONDS
        worked = 0
        while time.monotonic() < deadline:
            found = 0
            for shard in self._in_transaction(lambda env: env[WORKERS[queue]]._due_shards(queue, **options)):
                found += self._work_shard(queue, shard, guard, deadline, options)
            worked += found
            if not found and not self._wait_for_soon(queue, deadline, options):
                return worked
        self._in_transaction(lambda env: env["mes.lane"]._wake(queue))
        return worked

    def _wait_for_soon(self, queue, deadline, options):
        """Wait for a message whose time comes within this slice; False when there is none.

        A scheduled action that is not woken looks once a minute: short delays would all become a minute.
        """
        seconds = self._in_transaction(lambda env: env[WORKERS[queue]]._next_attempt_in(queue, **options))
        if seconds is None or seconds > deadline - time.monotonic():
            return False
        time.sleep(seconds)
        return True

    def _work_shard(self, queue, shard, guard, deadline, options):
        """Work one shard in order until it is empty, then look once more: a message stored meanwhile woke nobody."""
        tried = set()
        try:
            with guard.hold(shard) as check:
                if not check:
                    return 0
                while time.monotonic() < deadline:
                    message_id = self._next_due(queue, shard, tried, options)
                    if not message_id:
                        break
                    tried.add(message_id)
                    self._work(queue, message_id, check, options)
        except GuardLost:
            _logger.warning("mes: guard of %s, shard %s lost; its work is left to the next lane", queue, shard)
            return len(tried)
        return len(tried) or int(bool(self._next_due(queue, shard, (), options)))

    def _next_due(self, queue, shard, tried, options):
        return self._in_transaction(lambda env: env[WORKERS[queue]]._next_due(queue, shard, tried, **options))

    def _work(self, queue, message_id, check, options):
        worker = WORKERS[queue]
        for attempt in range(1, CONFLICT_TRIES + 1):
            try:
                self.env[worker]._work(self._in_transaction, message_id, check, **options)
                return
            except GuardLost:
                raise
            except OperationalError as error:
                _logger.info("mes: conflict on %s %s, attempt %s: %s", queue, message_id, attempt, error)
            except Exception:
                # Not a message's error but ours; it must not run hot, nor stop the lane for others.
                _logger.exception("mes: %s %s could not be worked", queue, message_id)
                break
        self._in_transaction(lambda env: env[worker]._set_aside(message_id))

    def _in_transaction(self, work):
        """Run ``work(env)`` in a transaction of its own and return what it returns."""
        with self.env.registry.cursor() as cr:
            env = api.Environment(cr, self.env.uid, {})
            result = work(env)
            env.flush_all()
            return result
