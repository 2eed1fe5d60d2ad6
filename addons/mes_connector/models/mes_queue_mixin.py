"""How work is found in a queue: which message is next, in which shard, and when to look again; nothing is changed here.

Facts. A key's *head* is its oldest message that is due, collected or dead: only heads are worked, so a message that
must wait stops its own key and no other. A message that is not collected any more brings its whole key forward: the
head is worked first, also one that would still be collected (ADR 9).

Due rows stand in a small partial index of their own. Its condition is written `(state IN …) IS TRUE`, here and in the
queries that must use it: a plain `state IN …` also implies the condition of the index of keys, which holds parked and
dead rows too, and a planner whose statistics say "empty" takes that one and reads all of it for each shard.
"""

from datetime import datetime, timedelta, timezone

from odoo import api, fields, models
from odoo.tools import SQL

from ..core.sharding import SHARDS


def moment():
    """The present time as Odoo keeps times, but with its fractions: short waits are not made long by whole seconds."""
    return datetime.now(timezone.utc).replace(tzinfo=None)


def later(seconds):
    """The time so many seconds from now."""
    return moment() + timedelta(seconds=seconds)


class MesQueueMixin(models.AbstractModel):
    _name = "mes.queue.mixin"
    _description = "Queue"

    #: Queues name their direction, the states that may be worked, those that block their key, and those in which a
    #: message waits for its predecessors.
    DIRECTION = None
    DUE = ()
    BLOCKING = ()
    AWAITING = ()

    priority = fields.Integer(required=True, default=10, aggregator=None, help="Worked lowest first.")
    flow_class_id = fields.Many2one("mes.flow.class", "Flow class", ondelete="restrict")
    collect_until = fields.Datetime(help="Collected until then, unless a message of its key is worked at once.")
    shard = fields.Integer(required=True, aggregator=None)
    next_attempt_at = fields.Datetime()
    retrying_since = fields.Datetime(readonly=True, help="When the first of the present tries failed.")

    @api.model
    def _due_shards(self, systems=None):
        """``[(shard, priority)]`` of the shards with work: best priority first, then new work, the oldest first.

        :param systems: ids of the systems to look at; all of them by default
        """
        self.flush_model()
        return self.env.execute_query(
            SQL(
                """SELECT shards.shard, next.priority
                     FROM generate_series(0, %s) AS shards(shard) CROSS JOIN LATERAL (%s) AS next
                    ORDER BY next.priority, next.attempt_count > 0, next.id""",
                SHARDS - 1,
                self._next_in(SQL("m.shard = shards.shard"), (), systems),
            )
        )

    @api.model
    def _next_due(self, shard, tried=(), systems=None, priority=None):
        """The message of ``shard`` to be worked next; empty when there is none.

        :param tried: ids already worked in this slice, which are not taken twice
        :param priority: nothing that may wait longer than this one
        """
        self.flush_model()
        rows = self.env.execute_query(self._next_in(SQL("m.shard = %s", shard), tried, systems, priority))
        return self.browse(rows and rows[0][0])

    def _next_of_key(self):
        """The message that may be worked next in the key of this one, which was just worked; empty when none may."""
        self.flush_model()
        key = SQL("m.system_id = %s AND m.ordering_key = %s", self.system_id.id, self.ordering_key)
        rows = self.env.execute_query(self._next_in(key, self.ids))
        return self.browse(rows and rows[0][0])

    def _next_in(self, place, tried, systems=None, priority=None):
        """Query for the one next message of a shard or key: id, priority, attempt_count."""
        return SQL(
            """SELECT head.id, m.priority, head.attempt_count
                 FROM %(table)s m
                CROSS JOIN LATERAL (SELECT h.id, h.system_id, h.company_id, h.event_type, h.state, h.create_date,
                                           h.next_attempt_at, h.attempt_count
                                      FROM %(table)s h
                                     WHERE h.system_id = m.system_id AND h.ordering_key = m.ordering_key
                                       AND h.state IN %(blocking)s
                                     ORDER BY h.id LIMIT 1) head
                WHERE %(place)s AND %(is_due)s AND %(ripe)s AND %(systems)s AND %(urgent)s
                  AND head.state IN %(due)s AND (head.next_attempt_at IS NULL OR head.next_attempt_at <= %(now)s)
                  AND NOT head.id = ANY(%(tried)s) AND %(not_held)s
                ORDER BY m.priority, m.id LIMIT 1""",
            table=SQL.identifier(self._table),
            place=place,
            due=self._values(self.DUE),
            is_due=self._is_due("m"),
            blocking=self._values(self.BLOCKING),
            ripe=self._ripe(),
            systems=self._of_systems(systems),
            urgent=SQL("TRUE") if priority is None else SQL("m.priority <= %s", priority),
            now=moment(),
            tried=list(tried),
            not_held=self.env["mes.pause"]._not_held(self.DIRECTION, "head"),
        )

    def _ripe(self):
        """Condition: the row is not collected any more, or one of its key that was not to be collected waits for it."""
        ripe = SQL("m.collect_until IS NULL OR m.collect_until <= %s", moment())
        if self.AWAITING:
            ripe = SQL(
                """%s OR EXISTS (SELECT 1 FROM %s w WHERE w.ordering_key = m.ordering_key AND w.state IN %s
                                    AND w.system_id = m.system_id AND w.collect_until IS NULL
                                    AND w.id <> m.id)""",
                ripe,
                SQL.identifier(self._table),
                self._values(self.AWAITING),
            )
        return SQL("(%s)", ripe)

    @api.model
    def _next_ripe_in(self, systems=None):
        """Seconds until the next message whose time has not come may be worked; None when there is none."""
        self.flush_model()
        now = moment()
        rows = self.env.execute_query(
            SQL(
                """SELECT least((SELECT min(greatest(m.next_attempt_at, m.collect_until)) FROM %(table)s m
                                  WHERE %(is_due)s AND greatest(m.next_attempt_at, m.collect_until) > %(now)s
                                    AND %(systems)s),
                                (SELECT min(m.next_attempt_at) FROM %(table)s m
                                  WHERE %(is_awaiting)s AND m.next_attempt_at > %(now)s
                                    AND %(systems)s))""",
                table=SQL.identifier(self._table),
                is_due=self._is_due("m"),
                is_awaiting=self._is_awaiting("m"),
                now=now,
                systems=self._of_systems(systems),
            )
        )
        return rows[0][0] and (rows[0][0] - now).total_seconds()

    @api.model
    def _key_deadline(self, system_id, ordering_key):
        """Until when the messages of a key are collected already; None when none is."""
        rows = self.env.execute_query(
            SQL(
                """SELECT min(collect_until) FROM %s
                    WHERE system_id = %s AND ordering_key = %s AND state IN %s AND collect_until > %s""",
                SQL.identifier(self._table),
                system_id,
                ordering_key,
                self._values(self.BLOCKING),
                moment(),
            )
        )
        return rows[0][0]

    def _values(self, group):
        # Sorted, as in the conditions of the indexes.
        return tuple(sorted(state.value for state in group))

    def _is_due(self, alias):
        """SQL condition, in the words of the index of due rows: the row ``alias`` may be worked."""
        return SQL("(%s.state IN %s) IS TRUE", SQL.identifier(alias), self._values(self.DUE))

    def _is_awaiting(self, alias):
        """SQL condition, in the words of the index of looks: the row ``alias`` waits for its predecessors."""
        if not self.AWAITING:
            return SQL("FALSE")
        return SQL("(%s.state IN %s) IS TRUE", SQL.identifier(alias), self._values(self.AWAITING))

    def _of_systems(self, systems):
        return SQL("TRUE") if systems is None else SQL("m.system_id = ANY(%s)", list(systems))
