"""Counters of what is not stored: refused requests, duplicates; summed per hour, never a row per event."""

from odoo import api, fields, models
from odoo.tools import SQL

BUCKETS = 16


class MesCounter(models.Model):
    _name = "mes.counter"
    _description = "Traffic Counter"
    _order = "hour desc, name"

    hour = fields.Datetime(required=True, index=True)
    name = fields.Char(required=True, help="What was counted: duplicate, or the code of a refusal.")
    system_code = fields.Char(required=True, help="Code of the system; empty for a caller nobody knows.")
    company_id = fields.Many2one("res.company", help="Company of the system; empty for a caller nobody knows.")
    bucket = fields.Integer(required=True, help="Spreads concurrent updates of one counter over several rows.")
    value = fields.Integer(required=True)

    _identity = models.Constraint("UNIQUE (hour, name, system_code, bucket)", "One row per counter and bucket.")

    @api.model
    def _count(self, name, caller=None, value=1):
        """Add ``value`` to a counter of this hour.

        :param caller: the :class:`~.mes_identity.Caller`, when it is known who called
        The bucket follows the database connection, so that concurrent requests seldom meet on one row.
        """
        now = fields.Datetime.now().replace(minute=0, second=0, microsecond=0)
        self.env.execute_query(
            SQL(
                """INSERT INTO mes_counter (hour, name, system_code, company_id, bucket, value)
                   VALUES (%s, %s, %s, %s, pg_backend_pid() %% %s, %s)
                   ON CONFLICT (hour, name, system_code, bucket)
                   DO UPDATE SET value = mes_counter.value + EXCLUDED.value RETURNING id""",
                now,
                name,
                caller.code if caller else "",
                caller.company_id if caller else None,
                BUCKETS,
                value,
            )
        )

    @api.autovacuum
    def _gc_counters(self):
        """Forget counters older than 90 days."""
        limit = fields.Datetime.subtract(fields.Datetime.now(), days=90)
        self.env.execute_query(SQL("DELETE FROM mes_counter WHERE hour < %s RETURNING id", limit))
