"""Claims: what a lane has in hand in each shard, so that a message that kills its process is found out.

Facts. A claim is committed before the message is worked, and not taken back afterwards: a message that was worked was
written later than it was claimed. It need not reach the disk at once (`synchronous_commit` off): it is
about processes that die while the database lives, and a claim from before the database's own start blames nobody.
"""

from odoo import api, fields, models
from odoo.tools import SQL


class MesClaim(models.Model):
    _name = "mes.claim"
    _description = "Message in Hand"
    _log_access = False

    queue = fields.Char(required=True, readonly=True)
    shard = fields.Integer(required=True, readonly=True, aggregator=None)
    message_id = fields.Integer("Message id", readonly=True, aggregator=None)
    claimed_at = fields.Datetime(readonly=True)

    _one_per_shard = models.UniqueIndex("(queue, shard)", "A shard has one message in hand.")

    @api.model
    def _take(self, queue, shard, message_id, is_first=True):
        """Note that a message is about to be worked; the caller commits before it is.

        :param is_first: False for one that follows in a transaction that has begun: it will be written with the time
            of that beginning, so the claim keeps the time of the first one, which is before it
        """
        self.env.cr.execute("SET LOCAL synchronous_commit = off")
        self.env.execute_query(
            SQL(
                """INSERT INTO mes_claim (queue, shard, message_id, claimed_at)
                   VALUES (%s, %s, %s, now() AT TIME ZONE 'UTC')
                   ON CONFLICT (queue, shard) DO UPDATE
                      SET message_id = EXCLUDED.message_id,
                          claimed_at = CASE WHEN %s THEN EXCLUDED.claimed_at ELSE mes_claim.claimed_at END
                   RETURNING id""",
                queue,
                shard,
                message_id,
                is_first,
            )
        )

    @api.model
    def _drop(self, queue, shard):
        """Take a claim back whose holder lives but lost the shard."""
        self.env.cr.execute("SET LOCAL synchronous_commit = off")
        self.env.execute_query(
            SQL("UPDATE mes_claim SET message_id = NULL WHERE queue = %s AND shard = %s RETURNING id", queue, shard)
        )

    @api.model
    def _left_behind(self, queue, shard):
        """The message whose process died while it was in hand; empty when there is none. The shard must be held."""
        messages = self.env[queue]
        # Not in the words of the partial indexes: the message is read by its id, however many others are live.
        rows = self.env.execute_query(
            SQL(
                """SELECT m.id FROM mes_claim c JOIN %s m ON m.id = c.message_id
                    WHERE c.queue = %s AND c.shard = %s AND (m.state IN %s) IS NOT FALSE AND m.write_date < c.claimed_at
                      AND c.claimed_at > pg_postmaster_start_time() AT TIME ZONE 'UTC'""",
                SQL.identifier(messages._table),
                queue,
                shard,
                messages._values((*messages.DUE, *messages.AWAITING)),
            )
        )
        return messages.browse(rows and rows[0][0])
