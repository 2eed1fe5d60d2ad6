"""Doorway on the work order: its number in the plant, and start, progress and end as the plant reports them.

Odoo's own buttons act for the whole remaining quantity: `button_start` and `button_finish` pick every component, and
a second confirmation is refused (traps 2 and 17). What follows books the reported quantity and time and nothing else.
"""

from datetime import timedelta

from odoo import fields, models

ENDED = ("done", "cancel")


class MrpWorkorder(models.Model):
    _inherit = "mrp.workorder"

    mes_operation = fields.Char("Operation number", readonly=True, copy=False)
    mes_qty_scrapped = fields.Float("Scrapped in operation", readonly=True, copy=False, digits="Product Unit")

    def _mes_start(self, at):
        """Start at ``at``; False when the operation has been worked on before."""
        self.ensure_one()
        if self.state in (*ENDED, "progress") or self.time_ids:
            return False
        self._mes_begin(at)
        return True

    def _mes_begin(self, at):
        order = self.production_id
        self.button_start()
        self._mes_open_timers().date_start = at
        finish = max(self.date_finished or at, at)
        self.with_context(bypass_duration_calculation=True).write({"date_start": at, "date_finished": finish})
        self._mes_reset(order)

    def _mes_confirm(self, good, scrapped, minutes, at):
        """Add reported pieces and ``minutes`` of work that ended at ``at``.

        Reported minutes replace the interval that was running since the start.
        """
        self.ensure_one()
        start = at - timedelta(minutes=minutes)
        if self.state in ENDED:
            self.write({"state": "ready"})
        if self.state != "progress":
            self._mes_begin(start)
        if minutes:
            self._mes_open_timers().unlink()
            self.env["mrp.workcenter.productivity"].create(
                self._prepare_timeline_vals(self.duration + minutes, start, at)
            )
        self.write({"qty_produced": self.qty_produced + good, "mes_qty_scrapped": self.mes_qty_scrapped + scrapped})
        self._mes_reset(self.production_id)

    def _mes_finish(self, at):
        """End the operation at ``at``; does nothing when it has ended."""
        self.ensure_one()
        if self.state in ENDED:
            return
        for timer in self._mes_open_timers():
            timer.date_end = max(timer.date_start, at)
        begin = min(self.date_start or at, at)
        # Odoo's set_state ends in this same write; button_finish would pick components on the way.
        self.with_context(bypass_duration_calculation=True).write(
            {
                "state": "done",
                "date_start": begin,
                "date_finished": at,
                "costs_hour": self.workcenter_id.costs_hour,
            }
        )
        self._mes_reset(self.production_id)

    def _mes_open_timers(self):
        return self.time_ids.filtered(lambda log: not log.date_end)

    def _mes_reset(self, order):
        """Take back what Odoo infers from a start or a quantity: nothing is being produced but what is booked."""
        order.qty_producing = order.qty_produced
        order.move_raw_ids.filtered(lambda move: move.state not in ENDED).picked = False
