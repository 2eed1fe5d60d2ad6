"""Doorway: the suite's settings that hold for the whole database; those of a plant are on the plant."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

MOST_LANES = 16
LEAST_DAYS = 7


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    mes_inbox_lanes = fields.Integer(
        "Inbox lanes",
        default=1,
        config_parameter="mes_connector.ir_cron_mes_process_inbox.lanes",
        help="How many scheduled actions apply messages side by side. Messages of one order never overtake each other.",
    )
    mes_outbox_lanes = fields.Integer(
        "Outbox lanes",
        default=1,
        config_parameter="mes_connector.ir_cron_mes_deliver_outbox.lanes",
        help="How many scheduled actions send messages over HTTP side by side.",
    )
    mes_idempotency_days = fields.Integer(
        "Idempotency horizon (days)",
        default=60,
        config_parameter="mes_connector.idempotency_days",
        help="So long a repeated event is recognised. Older events are refused, settled messages are kept as long.",
    )
    mes_cron_threads = fields.Integer("Scheduled actions at a time", compute="_compute_mes_cron_threads")
    mes_lacks_threads = fields.Boolean("Too few threads for the lanes", compute="_compute_mes_cron_threads")

    @api.depends("mes_inbox_lanes", "mes_outbox_lanes")
    def _compute_mes_cron_threads(self):
        threads = self.env["mes.lane.count"]._cron_threads()
        for settings in self:
            settings.mes_cron_threads = threads
            settings.mes_lacks_threads = settings.mes_inbox_lanes + settings.mes_outbox_lanes > threads

    @api.constrains("mes_inbox_lanes", "mes_outbox_lanes", "mes_idempotency_days")
    def _check_mes_settings(self):
        for settings in self:
            if not all(1 <= count <= MOST_LANES for count in (settings.mes_inbox_lanes, settings.mes_outbox_lanes)):
                raise ValidationError(self.env._("Each queue has between 1 and %s lanes.", MOST_LANES))
            if settings.mes_idempotency_days < LEAST_DAYS:
                raise ValidationError(self.env._("Repetitions must be recognised for %s days at least.", LEAST_DAYS))

    def set_values(self):
        super().set_values()
        self.env["mes.lane.count"]._arrange()
