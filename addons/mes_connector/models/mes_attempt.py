"""Attempt log: every try to apply or deliver a message, with its outcome; it decides nothing."""

from odoo import api, fields, models


class MesAttempt(models.Model):
    _name = "mes.attempt"
    _description = "Delivery or Processing Attempt"
    _order = "id desc"

    inbox_id = fields.Many2one("mes.inbox.message", ondelete="cascade", index="btree_not_null")
    outbox_id = fields.Many2one("mes.outbox.message", ondelete="cascade", index="btree_not_null")
    company_id = fields.Many2one("res.company", required=True)
    plant_id = fields.Many2one("stock.warehouse")
    started_at = fields.Datetime(required=True)
    duration_ms = fields.Integer("Duration (ms)")
    target = fields.Char()
    http_status = fields.Integer("HTTP status")
    code = fields.Char()
    detail = fields.Text()
    trace_id = fields.Char("Trace", help="W3C trace id of the message, by which other systems find it in their logs.")

    @api.model
    def _log(self, message, started_at, duration_ms, **values):
        """Record one attempt at ``message`` (an inbox or outbox row)."""
        link = "inbox_id" if message._name == "mes.inbox.message" else "outbox_id"
        return self.create(
            dict(
                values,
                started_at=started_at,
                duration_ms=round(duration_ms),
                company_id=message.company_id.id,
                plant_id=message.plant_id.id,
                # version-trace-parent-flags
                trace_id=(message.traceparent or "--").split("-")[1],
                **{link: message.id},
            )
        )
