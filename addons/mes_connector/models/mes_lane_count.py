"""How many scheduled actions work each queue: makes and removes those beyond the first; what they do is the lanes'."""

from odoo import api, models, tools
from odoo.exceptions import UserError

from .mes_lane import CRONS

MODULE = "mes_connector"


class MesLaneCount(models.AbstractModel):
    _name = "mes.lane.count"
    _description = "Number of Lanes"

    @api.model
    def _arrange(self):
        """Make the scheduled actions of lanes that are asked for, remove those that are not.

        A lane that runs just now is left: it ends by itself, because its number is above the count, and goes later.
        """
        for queue, first in CRONS.items():
            count = self.env["mes.lane"]._lane_count(queue)
            extra = self._extra_lanes(first)
            for number in range(2, count + 1):
                if number not in extra:
                    self._make(first, number)
            for number, cron in extra.items():
                if number > count:
                    self._remove(cron)

    @api.autovacuum
    def _gc_lanes(self):
        self._arrange()

    @api.model
    def _cron_threads(self):
        """How many scheduled actions this server runs at a time."""
        return tools.config["max_cron_threads"]

    def _extra_lanes(self, first):
        """``{number: scheduled action}`` of the lanes made here."""
        name = first.partition(".")[2]
        # sudo: scheduled actions are the administrator's, the number of lanes is a setting.
        rows = (
            self.env["ir.model.data"]
            .sudo()
            .search([("module", "=", MODULE), ("model", "=", "ir.cron"), ("name", "=like", f"{name}\\_%")])
        )
        numbers = {row: row.name.removeprefix(f"{name}_") for row in rows}
        crons = self.env["ir.cron"].sudo()
        return {int(number): crons.browse(row.res_id) for row, number in numbers.items() if number.isdigit()}

    def _make(self, first, number):
        base = self.env.ref(first).sudo()
        code = base.code.strip().removesuffix("()") + f"({number})"
        cron = base.copy({"name": f"{base.name} ({number})", "code": code, "active": base.active})
        name = f"{first.partition('.')[2]}_{number}"
        # Named like the first lane's, so that both are known to the module and go with it.
        for record, suffix in ((cron, ""), (cron.ir_actions_server_id, "_ir_actions_server")):
            self.env["ir.model.data"].sudo().create(
                {
                    "module": MODULE,
                    "name": name + suffix,
                    "model": record._name,
                    "res_id": record.id,
                    "noupdate": True,
                }
            )

    def _remove(self, cron):
        action = cron.ir_actions_server_id
        try:
            with self.env.cr.savepoint():
                cron.unlink()
                action.unlink()
        except UserError:
            return
