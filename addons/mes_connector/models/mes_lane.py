"""Lanes: who works which shard, and for how long; what is done with a message is its queue's business."""

import logging
import time
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from operator import itemgetter

from psycopg2 import OperationalError

from odoo import api, models
from odoo.tools import groupby

from .mes_shard_guard import GuardLost, ShardGuard

_logger = logging.getLogger(__name__)

#: Slices stay under ten seconds, so that the guard's snapshot does not hold back vacuum.
SLICE_SECONDS = 8
#: Serialization and lock conflicts are tried again at once, this often, outside any retry budget.
CONFLICT_TRIES = 5
#: When to look again at a shard that another lane holds: its holder may have died.
TAKEN_LOOK_SECONDS = 0.5

#: The model that works a message of each queue, and the scheduled action of its first lane.
WORKERS = {"mes.inbox.message": "mes.dispatcher", "mes.outbox.message": "mes.delivery"}
CRONS = {
    "mes.inbox.message": "mes_connector.ir_cron_mes_process_inbox",
    "mes.outbox.message": "mes_connector.ir_cron_mes_deliver_outbox",
}
#: The notification that wakes worker processes, and the advisory lock that shows that there are any.
CHANNEL = "mes_lane"
LISTEN = "LISTEN mes_lane"
WORKER_LOCK = (0x6D6573_3, 0)


@dataclass(frozen=True)
class Turn:
    """What a lane did, and in how many seconds there may be work again: 0 at once, None nothing is known."""

    worked: int
    next_in: float | None


class MesLane(models.AbstractModel):
    _name = "mes.lane"
    _description = "Queue Lane"

    # -- waking ------------------------------------------------------------------------------------------------------

    @api.model
    def _wake(self, queue):
        """Have the queue's lanes run as soon as this transaction is committed; once per transaction is enough.

        The alarm is written when the transaction ends: one written now would be lost with the savepoint it is in.
        """
        precommit = self.env.cr.precommit
        woken = precommit.data.setdefault("mes.lane.woken", set())
        if queue not in woken:
            woken.add(queue)
            precommit.add(partial(self._sound, queue))

    def _sound(self, queue):
        self.env.cr.execute("SELECT pg_notify(%s, %s)", [CHANNEL, queue])
        if not self._has_worker():
            for cron in self._crons(queue):
                cron._trigger()

    def _has_worker(self):
        """Whether a worker process listens now; without one the scheduled actions are woken."""
        self.env.cr.execute(
            """SELECT 1 FROM pg_locks
                WHERE locktype = 'advisory' AND (classid, objid) = (%s, %s)
                  AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) LIMIT 1""",
            WORKER_LOCK,
        )
        return bool(self.env.cr.fetchone())

    @api.model
    def _crons(self, queue):
        """The scheduled actions that are lanes of ``queue``, the first one first."""
        numbers = range(2, self._lane_count(queue) + 1)
        names = (CRONS[queue], *(f"{CRONS[queue]}_{number}" for number in numbers))
        # sudo: waking the lanes is part of every change that leaves a message.
        crons = self.env["ir.cron"].sudo()
        for name in names:
            crons |= self.env.ref(name, raise_if_not_found=False) or crons.browse()
        return crons

    @api.model
    def _lane_count(self, queue):
        """How many scheduled actions work ``queue``; at least one."""
        # sudo: a plain number, needed by whoever leaves a message.
        value = self.env["ir.config_parameter"].sudo().get_param(f"{CRONS[queue]}.lanes")
        return max(int(value), 1) if value and value.isdigit() else 1

    # -- scheduled actions -------------------------------------------------------------------------------------------

    @api.model
    def _cron_process_inbox(self, number=1):
        self._run_scheduled("mes.inbox.message", number)

    @api.model
    def _cron_deliver_outbox(self, number=1):
        self._run_scheduled("mes.outbox.message", number)

    def _run_scheduled(self, queue, number):
        """One slice of lane ``number``; ends by having itself called again when it leaves work behind.

        A scheduled action that is not woken looks once a minute, so the first lane waits for what comes within its
        slice: short delays would all become a minute. The others give their thread back.
        """
        if number > self._lane_count(queue):
            return
        deadline = time.monotonic() + SLICE_SECONDS
        while True:
            turn = self._run(queue, deadline=deadline)
            if turn.next_in is None or time.monotonic() + turn.next_in > deadline:
                break
            if number > 1:
                return
            time.sleep(turn.next_in)
        if turn.next_in == 0:
            self._in_transaction(lambda env: env["mes.lane"]._wake(queue))

    # -- one slice ---------------------------------------------------------------------------------------------------

    @api.model
    def _run(self, queue, guard=None, deadline=None, should_stop=None, **options):
        """Work every shard of ``queue`` that has due messages and that nobody else works.

        :param guard: object with ``hold(shard)``; advisory locks by default
        :param deadline: end of the slice, in seconds of the monotonic clock
        :param should_stop: function that tells that the lane is to end after the message in hand
        :param options: passed to the queue's worker, such as the transport the gateway brings
        :return: :class:`Turn`
        """
        guard = guard or ShardGuard(self.env.registry, queue)
        deadline = deadline or time.monotonic() + SLICE_SECONDS

        def is_over():
            return time.monotonic() >= deadline or bool(should_stop and should_stop())

        worked = self._look_again(queue, guard, is_over, options)
        while not is_over():
            found, is_taken = self._pass(queue, guard, is_over, options)
            worked += found
            if not found:
                return Turn(worked, self._next_look(queue, is_taken, options))
        return Turn(worked, 0)

    def _look_again(self, queue, guard, is_over, options):
        """Try parked messages whose time for that has come; the number of those tried."""
        tried = 0
        looks = self._in_transaction(lambda env: env[WORKERS[queue]]._looks_due(queue, **options))
        for shard, message_id in looks:
            with suppress(GuardLost), guard.hold(shard) as hold:
                if hold and not is_over():
                    self._in_transaction(partial(self._claim, queue, shard, message_id))
                    self._work(queue, message_id, hold, options)
                    tried += 1
        return tried

    def _claim(self, queue, shard, message_id, env):
        env["mes.claim"]._take(queue, shard, message_id)

    def _pass(self, queue, guard, is_over, options):
        """Work each shard that has messages of the best priority there is: what may wait longer, waits (ADR 9).

        :return: ``(number of messages worked, whether another lane holds a shard with work)``
        """
        is_taken = False
        shards = self._in_transaction(lambda env: env[WORKERS[queue]]._due_shards(queue, **options))
        for priority, group in groupby(shards, key=itemgetter(1)):
            found = 0
            for shard, _priority in group:
                if is_over():
                    return found or 1, is_taken
                worked = self._work_shard(queue, shard, (priority, guard, is_over), options)
                is_taken |= worked is None
                found += worked or 0
            if found:
                return found, is_taken
        return 0, is_taken

    def _next_look(self, queue, is_taken, options):
        seconds = self._in_transaction(lambda env: env[WORKERS[queue]]._next_ripe_in(queue, **options))
        looks = ([seconds] if seconds is not None else []) + ([TAKEN_LOOK_SECONDS] if is_taken else [])
        return min(looks, default=None)

    def _work_shard(self, queue, shard, how, options):
        """Work one shard in order until nothing of the priority is due, then look once more: a message stored meanwhile
        woke nobody.

        :param how: ``(priority, guard, is_over)``
        :return: number of messages worked; None when the shard is another lane's
        """
        priority, guard, is_over = how
        tried = []
        try:
            with guard.hold(shard) as hold:
                if not hold:
                    return None
                while not is_over():
                    message_id = self._take_next(queue, shard, tried, priority, options)
                    if not message_id:
                        break
                    tried.append(message_id)
                    self._work(queue, message_id, hold, options)
        except GuardLost:
            _logger.warning("mes: guard of %s, shard %s lost; its work is left to the next lane", queue, shard)
            self._in_transaction(lambda env: env["mes.claim"]._drop(queue, shard))
            return len(tried)
        return len(tried) or self._has_due(queue, shard, options)

    def _take_next(self, queue, shard, tried, priority, options):
        """Claim the next message, in a transaction of its own; None when there is none."""

        def take(env):
            worker, claims = env[WORKERS[queue]], env["mes.claim"]
            if not tried and (killed := claims._left_behind(queue, shard)):
                worker._note_killed(killed)
            message = worker._next_due(queue, shard, tried=tried, priority=priority, **options)
            if message:
                claims._take(queue, shard, message.id)
            return message.id

        return self._in_transaction(take)

    def _has_due(self, queue, shard, options):
        return self._in_transaction(lambda env: len(env[WORKERS[queue]]._next_due(queue, shard, **options)))

    def _work(self, queue, message_id, hold, options):
        worker = WORKERS[queue]
        for attempt in range(1, CONFLICT_TRIES + 1):
            try:
                # Who lost a conflict works alone, and no more than the one message.
                with hold.alone() if attempt > 1 else nullcontext():
                    model = self.env[worker].with_context(mes_lost_conflict=attempt > 1)
                    model._work(self._in_transaction, message_id, hold.check, **options)
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
