"""Marks of time: what the plant said of the work on an operation, kept so that late ones find their place."""

from odoo import fields, models

from ..core import states
from ..core.time_marks import Mark


class MesTimeMark(models.Model):
    _name = "mes.time.mark"
    _description = "Mark of Time"
    _order = "at, id"
    _rec_name = "kind"

    workorder_id = fields.Many2one("mrp.workorder", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True)
    kind = fields.Selection(states.selection(states.TimeMark), required=True)
    at = fields.Datetime(required=True)
    until = fields.Datetime(help="The end of a person's time.")
    activity = fields.Selection(states.selection(states.Activity), help="What a person's time was spent on.")
    user_ids = fields.Many2many(
        "res.users",
        string="Operators",
        context={"active_test": False},
        help="Nobody: everybody at the operation.",
    )
    inbox_id = fields.Many2one("mes.inbox.message", "Reported by", index="btree_not_null", ondelete="restrict")

    def _to_core(self):
        """The marks of the work itself as core values; people are ids of users."""
        work = self - self._labor()
        return [Mark(states.TimeMark(mark.kind), mark.at, tuple(mark.user_ids.ids)) for mark in work]

    def _labor(self):
        return self.filtered(lambda mark: mark.kind == states.TimeMark.LABOR.value)
