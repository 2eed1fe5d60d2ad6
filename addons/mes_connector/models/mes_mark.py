"""Marks: which objects changed and must be looked at again soon; what is made of them is the reader's business.

Facts. Marks are only ever inserted and deleted, never unique and never updated: two transactions that change the same
object do not conflict here. They are collected in memory and written by one statement when the transaction ends.
"""

import logging
from datetime import timedelta

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.tools import SQL

from ..core import states

_logger = logging.getLogger(__name__)

PENDING = "mes.mark.pending"
#: Conflicts in a row before the scheduled action lets others go first.
STEP_TRIES = 5
BREATH = timedelta(seconds=1)


class MesMark(models.Model):
    _name = "mes.mark"
    _description = "Changed Object"
    _log_access = False

    topic = fields.Selection(states.selection(states.MarkTopic), required=True)
    res_model = fields.Char("Model", required=True)
    res_id = fields.Many2oneReference("Record", model_field="res_model", required=True)
    location_id = fields.Integer("Where", help="Stock location of the change; its plant is looked up later.")

    _topic = models.Index("(topic, id)")

    @api.model
    def _put(self, topic, keys):
        """Note ``keys``, ``(model, id, location id or 0)`` each, until the transaction ends."""
        precommit = self.env.cr.precommit
        pending = precommit.data.setdefault(PENDING, set())
        if not pending:
            # sudo: whoever changes an object leaves its mark; nobody may write marks by hand.
            precommit.add(self.sudo()._store)
        pending.update((topic.value, *key) for key in keys)

    def _store(self):
        pending = sorted(self.env.cr.precommit.data.pop(PENDING, ()))
        if not pending:
            return
        topics, names, ids, locations = zip(*pending, strict=True)
        self.env.cr.execute(
            SQL(
                """INSERT INTO mes_mark (topic, res_model, res_id, location_id)
                   SELECT * FROM unnest(%s::varchar[], %s::varchar[], %s::int[], %s::int[])""",
                list(topics),
                list(names),
                list(ids),
                list(locations),
            )
        )

    @api.model
    def _work(self, step, cron):
        """Have ``step()`` take marks, each time in a transaction of the scheduled action, until there are none.

        Messages it replaces may just be sent, and stock may move: who loses a conflict begins again at once, and after
        several in a row a moment later, when what was in the way has been sent.

        :param cron: XML id of the scheduled action
        """
        conflicts = 0
        while True:
            try:
                worked = step()
                self.env.flush_all()
            except OperationalError as error:
                conflicts += 1
                self.env.cr.rollback()
                _logger.info("mes: a look at marks lost a conflict: %s", error)
                if conflicts < STEP_TRIES:
                    continue
                self.env.ref(cron)._trigger(fields.Datetime.now() + BREATH)
                break
            conflicts = 0
            if not worked or self.env["ir.cron"]._commit_progress(worked) <= 0:
                break

    @api.model
    def _take(self, topic, limit):
        """Remove the oldest marks and return ``[(model, id, location id)]``, none twice; in this transaction."""
        self.env.cr.execute(
            SQL(
                """DELETE FROM mes_mark WHERE id IN (SELECT id FROM mes_mark WHERE topic = %s ORDER BY id LIMIT %s)
                   RETURNING res_model, res_id, location_id""",
                topic.value,
                limit,
            )
        )
        return list(dict.fromkeys(self.env.cr.fetchall()))
