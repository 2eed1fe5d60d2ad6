"""Periods of paper mode: a plant whose systems are down is booked by hand, and its late reports are recognised."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError


class MesPaperPeriod(models.Model):
    _name = "mes.paper.period"
    _description = "Period of Paper Mode"
    _order = "started_at desc, id desc"

    plant_id = fields.Many2one("stock.warehouse", required=True, readonly=True, index=True)
    company_id = fields.Many2one(related="plant_id.company_id", store=True)
    started_at = fields.Datetime(
        required=True,
        default=fields.Datetime.now,
        help="Since when the plant's systems are down: what they report of that time later is compared with what was"
        " booked by hand.",
    )
    ended_at = fields.Datetime(readonly=True)
    reason = fields.Char(required=True, readonly=True)
    user_id = fields.Many2one("res.users", "Started by", readonly=True, default=lambda self: self.env.uid)
    ended_by_id = fields.Many2one("res.users", readonly=True)
    booking_ids = fields.One2many("mes.paper.booking", "period_id", "Booked by hand", readonly=True)
    booking_count = fields.Integer("Bookings", compute="_compute_counts")
    open_count = fields.Integer("Not yet reported", compute="_compute_counts")

    _one_open = models.UniqueIndex("(plant_id) WHERE ended_at IS NULL", "This plant is in paper mode already.")
    _right_order = models.Constraint(
        "CHECK (ended_at IS NULL OR ended_at >= started_at)", "A period ends after it has begun."
    )

    @api.depends("booking_ids.is_open")
    def _compute_counts(self):
        for period in self:
            period.booking_count = len(period.booking_ids)
            period.open_count = len(period.booking_ids.filtered("is_open"))

    @api.depends("plant_id", "started_at")
    def _compute_display_name(self):
        for period in self:
            period.display_name = f"{period.plant_id.code or ''} {fields.Datetime.to_string(period.started_at)}"

    @api.model
    def _current(self, plant):
        """The open period of ``plant``, if any. sudo: whether a plant is in paper mode is no secret."""
        return self.sudo().search([("plant_id", "=", plant.id), ("ended_at", "=", False)], limit=1)

    @api.model
    def _start(self, plant, reason):
        """Let the plant be booked by hand from now on."""
        return self.create({"plant_id": plant.id, "reason": reason})

    def action_end(self):
        """The plant's systems report again: nothing more is booked by hand."""
        self._require_supervisor()
        for period in self.filtered(lambda one: not one.ended_at):
            period.write({"ended_at": fields.Datetime.now(), "ended_by_id": self.env.uid})

    def _require_supervisor(self):
        if not self.env.su and not self.env.user.has_group("mes_connector.group_mes_supervisor"):
            raise AccessError(self.env._("Only a supervisor starts and ends paper mode."))

    @api.model
    def _require(self, order):
        """The period in which the current user may book ``order`` by hand.

        :raises UserError: its plant is not in paper mode
        :raises AccessError: the user is not among those the plant names
        """
        plant = order._mes_plant()
        period = self._current(plant)
        if not period:
            raise UserError(
                self.env._(
                    "Plant %s is not in paper mode: its systems report what happens. A supervisor can start it.",
                    plant.display_name,
                )
            )
        # sudo: the list of people is the plant's, which an operator need not read.
        people = plant.sudo().mes_paper_user_ids
        is_operator = self.env.user.has_group("mes_connector.group_mes_operator")
        if not self.env.su and not (self.env.user in people if people else is_operator):
            raise AccessError(
                self.env._("You are not among those who may book by hand in plant %s.", plant.display_name)
            )
        return period
