"""Cases of stops that nobody ended: opened by the same scheduled look as those of overdue messages."""

from odoo import api, models


class MesCase(models.Model):
    _inherit = "mes.case"

    @api.model
    def _raise_for_downtime(self, downtime):
        """Open the case of a stop whose end is overdue; closed with the stop."""
        plant, system = downtime.plant_id, downtime.system_id
        owner = plant.mes_case_owner_id or system.owner_id or self.env.ref("base.user_admin")
        text = self.env._(
            "%(center)s has been down since %(time)s UTC (%(stop)s), and the plant has not said that it is over.",
            center=downtime.workcenter_id.display_name,
            time=downtime.started_at,
            stop=downtime.name,
        )
        fingerprint = f"downtime_open|{downtime.id}"
        self._open(
            "downtime_open",
            fingerprint,
            text,
            company_id=downtime.company_id.id,
            plant_id=plant.id,
            system_id=system.id,
            production_id=downtime.production_id.id,
            owner_id=owner.id,
        )
        return self.search([("fingerprint", "=", fingerprint)], limit=1)

    @api.model
    def _cron_escalate(self):
        super()._cron_escalate()
        self.env["mes.downtime"]._raise_overdue()
