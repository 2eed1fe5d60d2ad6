"""Which messages a replay is about: described by its fields, narrowed by the rights of whoever asks, noted as items."""

from odoo import models
from odoo.fields import Domain
from odoo.tools import SQL

from ..core import replay
from ..core.states import Direction, ReplayAction

QUEUES = {Direction.IN: "mes.inbox.message", Direction.OUT: "mes.outbox.message"}


class MesReplay(models.Model):
    _inherit = "mes.replay"

    def _queue(self):
        return self.env[QUEUES[Direction(self.direction)]]

    def _domain(self):
        """The messages its fields describe; the caller's record rules come on top."""
        action = ReplayAction(self.action)
        taken = replay.TAKES[action, Direction(self.direction)]
        domain = Domain("state", "in", [state.value for state in taken])
        if self.message_ids:
            domain &= Domain("id", "in", self.message_ids)
        if self.since:
            domain &= Domain("create_date", ">=", self.since)
        if self.until:
            domain &= Domain("create_date", "<", self.until)
        if self.system_ids and action is not ReplayAction.MISSED:
            domain &= Domain("system_id", "in", self.system_ids._origin.ids or self.system_ids.ids)
        names = [name.strip() for name in (self.event_types or "").split(",")]
        if any(names):
            domain &= Domain("event_type", "in", names)
        if action is ReplayAction.APPLY_AGAIN:
            domain &= Domain("is_quarantined", "=", False)
        return domain

    def _count(self):
        rows = self.env.execute_query(SQL("SELECT count(*) FROM (%s) chosen", self._selections()))
        return rows[0][0]

    def _choose(self):
        """Store one item per message and target, in the order of the messages; returns how many."""
        column = SQL.identifier("inbox_id" if self.direction == Direction.IN.value else "outbox_id")
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """INSERT INTO mes_replay_item (replay_id, %s, target_id)
                   SELECT %s, message_id, target_id FROM (%s) chosen ORDER BY message_id, target_id""",
                column,
                self.id,
                self._selections(),
            )
        )
        self.invalidate_recordset()
        return self.env.cr.rowcount

    def _selections(self):
        """Query for ``(message_id, target_id)``."""
        queue, domain = self._queue(), self._domain()
        if ReplayAction(self.action) is not ReplayAction.MISSED:
            return queue._select_for_replay(domain, self.target_id._origin or self.target_id)
        systems = self.system_ids._origin or self.system_ids
        return SQL(" UNION ALL ").join(queue._select_missed(domain, system) for system in systems)
