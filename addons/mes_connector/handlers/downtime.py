"""A work center went down or is up again; stops belong to no order, so no phase is asked."""

from odoo import models

from ..core.messages import Effect, HandlerResult


class MesHandlerDowntimeStarted(models.AbstractModel):
    _name = "mes.handler.downtime.started"
    _description = "Handler: Downtime Started"
    _inherit = "mes.handler"

    KIND = "stopped"

    def _handle(self, command):
        company = command.message.company_id
        center = self.env["mes.resolver"]._work_center(company, command.data["work_center"])
        # One at a time per work center: its stops and what waits for them are read and written together.
        center.lock_for_update(allow_referencing=True)
        downtime = self._book(command, center)
        if not downtime:
            return self._already()
        record = {"record": downtime.display_name, "res_model": downtime._name, "res_id": downtime.id}
        effects = (Effect(self.KIND, **record),)
        if downtime.ended_at:
            minutes = downtime._minutes()
            effects += (Effect("downtime", quantity=minutes, uom="MIN", **record),)
        return HandlerResult(effects=effects)

    def _book(self, command, center):
        return self.env["mes.downtime"]._start(command, center)


class MesHandlerDowntimeEnded(models.AbstractModel):
    _name = "mes.handler.downtime.ended"
    _description = "Handler: Downtime Ended"
    _inherit = "mes.handler.downtime.started"

    KIND = "running_again"

    def _book(self, command, center):
        return self.env["mes.downtime"]._end(command, center)
