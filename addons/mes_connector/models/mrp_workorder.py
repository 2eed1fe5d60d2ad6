"""Doorway on the work order: its number in the plant, and start, progress and end as the plant reports them.

Odoo's own buttons act for the whole remaining quantity, for the user who presses them and only while the work center is
not blocked: `button_start` and `button_finish` pick every component, and a second confirmation is refused (traps 2, 17,
21 and 28). What follows books the reported quantity and state and nothing else; times are `mes.time`'s.
"""

from datetime import timedelta

from odoo import fields, models

from ..core.states import TimeMark

ENDED = ("done", "cancel")
#: Kind of effect of a confirmation, the field that counts its pieces, and in which direction.
PIECES = {
    "confirmed": ("qty_produced", 1),
    "confirmed_scrap": ("mes_qty_scrapped", 1),
    "confirmed_rework": ("mes_qty_rework", 1),
    "reworked": ("mes_qty_rework", -1),
}


class MrpWorkorder(models.Model):
    _inherit = "mrp.workorder"

    mes_operation = fields.Char("Operation number", readonly=True, copy=False)
    mes_qty_scrapped = fields.Float("Scrapped in operation", readonly=True, copy=False, digits="Product Unit")
    mes_qty_rework = fields.Float("To rework in operation", readonly=True, copy=False, digits="Product Unit")

    def get_duration(self):
        # The time of people beside the operation's own does not make it longer; alone, it is all that is known.
        people = self.time_ids._mes_of_people()
        if not people or people == self.time_ids:
            return super().get_duration()
        return super().get_duration() - sum(people.mapped("duration"))

    def _mes_has_ended(self):
        return self.state in ENDED

    def _mes_begin(self, at, center=None):
        """Be in progress since ``at`` at the latest, at the work center the plant names.

        Not `button_start`: it refuses while the work center is blocked, starts the service account's own timer and
        picks what is left to consume.
        """
        self.ensure_one()
        order, values = self.production_id, {}
        if self.state in ENDED:
            self.write({"state": "ready"})
        if self.state != "progress":
            planned = self.date_finished or at + timedelta(minutes=self.duration_expected)
            values = {"state": "progress", "date_start": at, "date_finished": max(planned, at)}
            if order.state == "confirmed":
                order.with_context(force_date=True).write({"date_start": at})
        elif not self.date_start or at < self.date_start:
            values = {"date_start": at}
        if values:
            self.with_context(bypass_duration_calculation=True).write(values)
        if center and self.workcenter_id != center:
            # While in progress: only the place changes, nothing is planned anew.
            self.workcenter_id = center
        self._mes_reset(order)

    def _mes_add(self, pieces):
        """Add reported pieces: ``{kind of effect: quantity}``."""
        values = {}
        for kind, quantity in pieces.items():
            name, sign = PIECES[kind]
            values[name] = self[name] + sign * quantity
        self.write(values)
        self._mes_reset(self.production_id)

    def _mes_subtract(self, effects):
        """Take back the pieces that ``effects`` added."""
        pieces = {effect.kind: -effect.quantity for effect in effects if effect.kind in PIECES}
        if pieces:
            if self.state in ENDED:
                self.write({"state": "ready"})
            self._mes_add(pieces)

    def _mes_finish(self, at, message=None):
        """End the operation at ``at``; does nothing when it has ended."""
        self.ensure_one()
        if self.state in ENDED:
            return
        self.env["mes.time"]._mark(self, TimeMark.FINISHED, at, message=message)
        for timer in self.time_ids.filtered(lambda log: not log.date_end):
            # Started by hand on the screen of the work order.
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

    def _mes_reset(self, order):
        """Take back what Odoo infers from a start or a quantity: nothing is being produced but what is booked."""
        order.qty_producing = order.qty_produced
        order.move_raw_ids.filtered(lambda move: move.state not in ENDED).picked = False
