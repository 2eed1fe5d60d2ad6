"""A system says what it reported in a shift: nothing is booked, its totals are compared with what was applied."""

from datetime import timezone

from odoo import models

from ..core import errors
from ..core.envelope import parse_time
from ..core.messages import Effect, HandlerResult


class MesHandlerShiftSummarized(models.AbstractModel):
    _name = "mes.handler.shift.summarized"
    _description = "Handler: Shift Summarized"
    _inherit = "mes.handler"

    def _handle(self, command):
        period = self._period(command.data)
        # sudo: nobody writes reconciliations by hand, whoever has the message applied.
        run = self.env["mes.reconciliation"].sudo()._on_summary(command.message, command.data, period)
        effect = Effect("compared", record=run.name, res_model=run._name, res_id=run.id)
        return HandlerResult(effects=(effect,))

    def _period(self, data):
        """Begin and end of the shift, naive UTC in whole seconds.

        :raises Permanent: ``schema_invalid``
        """
        times = [parse_time(data[name]) for name in ("from", "to")]
        if None in times or times[0] >= times[1]:
            raise errors.error("schema_invalid", "from and to are RFC 3339 times with offset, from before to.")
        return [time.astimezone(timezone.utc).replace(tzinfo=None, microsecond=0) for time in times]
