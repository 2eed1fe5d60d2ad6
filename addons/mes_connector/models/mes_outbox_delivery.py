"""The outbox as its delivery needs it: which rows are locked, leave together, or have expired; nothing is sent here."""

from odoo import api, fields, models
from odoo.tools import SQL

from ..core import errors
from ..core.message_machine import OutboxEvent
from .mes_gate import CLOCK


class MesOutboxMessage(models.Model):
    _inherit = "mes.outbox.message"

    is_single = fields.Boolean("Sent alone", readonly=True, help="A batch that held it was refused as a whole.")

    def _of_systems(self, systems):
        """As the mixin, and for a query for ids, which is run once with the rest."""
        if isinstance(systems, SQL):
            return SQL("m.system_id = ANY(ARRAY(%s))", systems)
        return super()._of_systems(systems)

    def _fence(self):
        self.ensure_one()
        return bool(self._lock_due())

    def _lock_due(self):
        """Take the rows for this transaction; those that nobody has settled meanwhile.

        The plant may answer, or a newer message arrive, while the outcome is written: that is a conflict like others.
        """
        self.flush_recordset()
        self.env.cr.execute(
            SQL(
                # In words that no index has: by id, whatever the statistics say.
                "SELECT id FROM %s WHERE id = ANY(%s) AND (state IN %s) IS NOT FALSE ORDER BY id FOR NO KEY UPDATE",
                SQL.identifier(self._table),
                self.ids,
                self._values(self.DUE),
            ),
            log_exceptions=False,
        )
        due = {row[0] for row in self.env.cr.fetchall()}
        self.invalidate_recordset()
        return self.filtered(lambda one: one.id in due)

    def _next_batch(self, limit):
        """The message and those that may leave with it: of its system, class and shard, due, each behind all that is
        before it in its own key.

        :param limit: how many at most, this one included
        """
        self.ensure_one()
        if limit <= 1 or self.is_single:
            return self
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """SELECT m.id FROM mes_outbox_message m
                    WHERE m.shard = %(shard)s AND m.priority = %(priority)s AND m.system_id = %(system)s
                      AND %(is_due)s AND %(fits)s
                      AND EXISTS (SELECT 1 FROM mes_outbox_message w
                                   WHERE w.ordering_key = m.ordering_key AND w.system_id = m.system_id AND w.id >= m.id
                                     AND w.state IN %(due)s AND coalesce(w.collect_until <= %(now)s, TRUE))
                      AND NOT EXISTS (SELECT 1 FROM mes_outbox_message h
                                       WHERE h.ordering_key = m.ordering_key AND h.system_id = m.system_id
                                         AND h.id < m.id AND h.state IN %(blocking)s AND (%(before_fits)s) IS NOT TRUE)
                    ORDER BY m.id LIMIT %(limit)s""",
                shard=self.shard,
                priority=self.priority,
                system=self.system_id.id,
                due=self._values(self.DUE),
                is_due=self._is_due("m"),
                blocking=self._values(self.BLOCKING),
                fits=self._fits("m"),
                before_fits=self._fits("h"),
                now=CLOCK,
                limit=limit,
            )
        )
        batch = self.browse(row[0] for row in rows)
        return batch if self in batch else self

    def _fits(self, alias):
        """SQL condition: the row ``alias`` may leave in a batch with this message."""
        return SQL(
            """%(row)s.flow_class_id = %(flow_class)s AND %(row)s.priority = %(priority)s
               AND %(row)s.is_single IS NOT TRUE
               AND coalesce(%(row)s.next_attempt_at <= %(now)s, TRUE) AND coalesce(%(row)s.expires_at > %(now)s, TRUE)
               AND %(not_held)s""",
            row=SQL.identifier(alias),
            flow_class=self.flow_class_id.id,
            priority=self.priority,
            now=CLOCK,
            not_held=self.env["mes.pause"]._not_held(self.DIRECTION, alias),
        )

    def _expire_overdue(self):
        """Settle those of the messages whose time has passed, so that they are never sent; which these were."""
        now = fields.Datetime.now()
        overdue = self.filtered(lambda one: one.expires_at and one.expires_at <= now)._lock_due()
        code = errors.CODES["delivery_expired"]
        for message in overdue:
            message._move(OutboxEvent.EXPIRE, {"code": code.code, "text": code.text, "next_attempt_at": False})
            self.env["mes.case"]._follow(message)
        return overdue

    @api.model
    def _expire_waiting(self):
        """Settle what has expired while it was held back by a pause, a gate or a predecessor."""
        self.search(
            [("state", "in", self._values(self.DUE)), ("expires_at", "<=", fields.Datetime.now())], limit=1000
        )._expire_overdue()
