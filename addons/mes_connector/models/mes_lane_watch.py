"""Whether somebody works the queues: messages that are due and that no lane takes; starting one is people's."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..core.states import BreakerState, SystemState, TransportKind
from .mes_shard_guard import LOCK_SPACES

#: Lanes are woken at once, and look by themselves once a minute.
UNATTENDED_SECONDS = 60


class MesLaneWatch(models.AbstractModel):
    _name = "mes.lane.watch"
    _description = "Watch over Lanes"

    @api.model
    def _unattended(self):
        """Who leaves work lying: ``[(key, sentence, queue, ids of messages that ought to be in hand)]``; mostly empty.

        One for each who could be missing: the lanes of the inbox, those of the outbox, the gateway.
        """
        inbox, outbox = self.env["mes.inbox.message"], self.env["mes.outbox.message"]
        http, mqtt = self._called(TransportKind.HTTP), self._called(TransportKind.MQTT)
        watched = (
            ("inbox", self.env._("No lane works the inbox"), inbox, None),
            ("outbox", self.env._("No lane works the outbox"), outbox, http),
            ("gateway", self.env._("No gateway sends over MQTT"), outbox, mqtt),
        )
        found = [(key, label, queue, self._left_lying(queue, systems)) for key, label, queue, systems in watched]
        return [one for one in found if one[3]]

    def _called(self, kind):
        """Ids of the systems that are called over ``kind``: not those whose circuit breaker holds everything back."""
        # sudo: whether lanes run is everybody's business, whatever the plant.
        active = [("state", "=", SystemState.ACTIVE.value), ("transport", "=", kind.value)]
        systems = self.env["mes.system"].sudo().search(active)
        return systems.filtered(lambda one: one.breaker_state == BreakerState.CLOSED.value).ids

    def _left_lying(self, queue, systems):
        """Ids of the next messages that have been due for a minute, when no lane of these systems has moved since."""
        due = [queue._next_due(shard, systems=systems).id for shard, _priority in queue._due_shards(systems)]
        if not due:
            return []
        rows = self.env.execute_query(
            SQL(
                """SELECT m.id FROM %(queue)s m
                    WHERE m.id = ANY(%(due)s)
                      AND greatest(m.create_date, m.next_attempt_at, m.collect_until, %(moved)s) < %(past)s
                      AND NOT EXISTS (
                            SELECT 1 FROM pg_locks held
                             WHERE held.locktype = 'advisory' AND held.classid = %(space)s AND held.objid = m.shard
                               AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database()))""",
                queue=SQL.identifier(queue._table),
                due=due,
                moved=self._last_claim(queue, systems),
                past=fields.Datetime.now() - timedelta(seconds=UNATTENDED_SECONDS),
                space=LOCK_SPACES[queue._name],
            )
        )
        return [message for (message,) in rows]

    def _last_claim(self, queue, systems):
        """SQL expression: when a lane last took a message of these systems in hand; NULL when none ever did."""
        return SQL(
            """(SELECT max(claim.claimed_at) FROM mes_claim claim JOIN %s taken ON taken.id = claim.message_id
                 WHERE claim.queue = %s AND %s)""",
            SQL.identifier(queue._table),
            queue._name,
            SQL("TRUE") if systems is None else SQL("taken.system_id = ANY(%s)", list(systems)),
        )
