"""Doorway on the work center and its time logs: where a log comes from, the plant's codes, and that a stop is shown."""

from odoo import api, fields, models

from ..core import states

#: Losses during which a work center cannot be used, as Odoo tells them apart.
BLOCKING = ("availability", "quality")


class MrpWorkcenter(models.Model):
    _inherit = "mrp.workcenter"

    @api.depends("time_ids", "time_ids.date_end", "time_ids.loss_type")
    def _compute_working_state(self):
        # Odoo goes by the latest open log; a timer that runs on must not hide a stop (trap 28).
        super()._compute_working_state()
        stopped = self.env["mrp.workcenter.productivity"].search(
            [("workcenter_id", "in", self.ids), ("date_end", "=", False), ("loss_type", "in", BLOCKING)]
        )
        self.filtered(lambda center: center._origin in stopped.workcenter_id).working_state = "blocked"


class MrpWorkcenterProductivity(models.Model):
    _inherit = "mrp.workcenter.productivity"

    mes_origin = fields.Selection(states.selection(states.TimeOrigin), "Reported as", readonly=True)
    mes_activity = fields.Selection(states.selection(states.Activity), "Activity", readonly=True)
    mes_inbox_id = fields.Many2one(
        "mes.inbox.message",
        "Reported by",
        readonly=True,
        index="btree_not_null",
        groups="mes_connector.group_mes_user",
    )

    def _mes_of_people(self):
        """Logs of people beside the operation's own time."""
        people = (states.TimeOrigin.CREW, states.TimeOrigin.LABOR)
        return self.filtered(lambda log: log.mes_origin in people)


class MrpWorkcenterProductivityLoss(models.Model):
    _inherit = "mrp.workcenter.productivity.loss"

    mes_code = fields.Char("Plant code", copy=False, help="Reason of a stop as the plants report it.")

    _mes_code_unique = models.UniqueIndex("(mes_code) WHERE mes_code IS NOT NULL", "Another loss has this plant code.")
