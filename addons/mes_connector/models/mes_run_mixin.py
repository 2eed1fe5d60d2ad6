"""What replays and publications share: a long run that a scheduled action works step by step, and that comes to an end.

Facts. Each step is a transaction that holds the run's row: two workers cannot work the same step, and one that is
killed leaves exactly the steps that were not committed. The row is only locked: whoever cancels waits for one step.
"""

import logging
import time

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.tools import SQL

from ..core.states import ReplayState

_logger = logging.getLogger(__name__)

RUN_SECONDS = 20
STEP_TRIES = 5


class MesRunMixin(models.AbstractModel):
    _name = "mes.run.mixin"
    _description = "Long Run"

    #: XML id of the scheduled action that works the runs of the model.
    RUN_CRON = ""

    def _step(self):
        """Work the next part in this transaction; its size, or None when there is none for us."""
        raise NotImplementedError(f"{self._name} must say what a step is")

    @api.model
    def _cron_run(self):
        """Work what is running, the oldest first, until the time is over."""
        until = time.monotonic() + RUN_SECONDS
        for run in self.search([("state", "=", ReplayState.RUNNING.value)], order="id"):
            while (worked := run._try_step()) is not None:
                left = self.env["ir.cron"]._commit_progress(worked)
                if time.monotonic() > until or left <= 0:
                    self.env.ref(self.RUN_CRON)._trigger()
                    return
            self.env["ir.cron"]._commit_progress()

    def _try_step(self):
        """One step, again at once when it lost a conflict; None when there is nothing left to do here."""
        for attempt in range(1, STEP_TRIES + 1):
            try:
                worked = self._step()
                self.env.flush_all()
                return worked
            except OperationalError as error:
                self.env.cr.rollback()
                _logger.info("mes: %s %s lost a conflict, attempt %s: %s", self._name, self.id, attempt, error)
            except Exception as error:
                # Ours, not that of one of its objects: the run ends, and says so.
                _logger.exception("mes: %s %s failed", self._name, self.id)
                self.env.cr.rollback()
                self._end(ReplayState.FAILED, str(error))
                return None
        return None

    def _take(self):
        """Have the run to ourselves for this transaction; whether it still runs and nobody else works it."""
        self.flush_recordset()
        rows = self.env.execute_query(
            SQL(
                "SELECT 1 FROM %s WHERE id = %s AND state = %s FOR NO KEY UPDATE SKIP LOCKED",
                SQL.identifier(self._table),
                self.id,
                ReplayState.RUNNING.value,
            )
        )
        # What was read before another transaction moved it is old.
        self.invalidate_recordset()
        return bool(rows)

    def _end(self, state, text=False):
        self.write({"state": state.value, "ended_at": fields.Datetime.now(), "text": text})
