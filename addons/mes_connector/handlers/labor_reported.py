"""A person worked on an operation from a time to a time: a closed time log with its operator."""

from datetime import timezone

from odoo import models

from ..core import errors
from ..core.envelope import parse_time
from ..core.messages import Effect, HandlerResult
from ..core.order_machine import OrderEvent
from ..core.states import Activity


class MesHandlerLaborReported(models.AbstractModel):
    _name = "mes.handler.labor.reported"
    _description = "Handler: Labor Reported"
    _inherit = "mes.handler"

    def _handle(self, command):
        order, data = self._load_order(command), command.data
        resolver = self.env["mes.resolver"]
        workorder = resolver._operation(order, data["operation"])
        user = resolver._operators(order.company_id, [data["operator"]])
        period = self._period(data)
        if self._is_already(self._advance(order, OrderEvent.REPORT_TIME, command)):
            return self._already()
        activity = Activity(data.get("activity", Activity.RUN.value))
        log = self.env["mes.time"]._report_labor(workorder, user, activity, period, command.message)
        # Named in a confirmation: in its minutes already, so the report is only noted.
        kind = "labor" if log else "noted"
        effect = Effect(
            kind,
            quantity=round((period[1] - period[0]).total_seconds() / 60, 2),
            uom="MIN",
            record=f"{workorder.name}: {user.name}",
            res_model=workorder._name,
            res_id=workorder.id,
        )
        return HandlerResult(effects=(effect,))

    def _period(self, data):
        """Begin and end, naive UTC in whole seconds.

        :raises Permanent: ``schema_invalid``
        """
        times = [parse_time(data[name]) for name in ("from", "to")]
        if None in times or times[0] > times[1]:
            raise errors.error("schema_invalid", "from and to are RFC 3339 times with offset, from not after to.")
        return [time.astimezone(timezone.utc).replace(tzinfo=None, microsecond=0) for time in times]
