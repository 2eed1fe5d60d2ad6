"""Doorways on what happened in a plant: states, pieces and minutes of its orders are written by its reports alone.

Odoo's buttons are refused elsewhere; here are the fields that they write, for all who write them directly. What a rule
can own is judged by the rules instead.
"""

from odoo import api, models
from odoo.exceptions import AccessError

from ..core.order_machine import OrderEvent
from ..handlers.base import is_reported
from .mes_owned import filled_in

#: Fields of ours that only the life cycle and postings write, by model.
OURS = {
    "mrp.production": frozenset(("mes_qty_extra", "mes_readings")),
    "mrp.workorder": frozenset(("mes_operation", "mes_qty_scrapped", "mes_qty_rework")),
    "stock.move": frozenset(("mes_is_estimated", "mes_is_scrap")),
}
#: States of an operation in which nothing has happened yet.
WAITING = frozenset(("blocked", "ready"))


def refuse_ours(records, names):
    """Refuse that a person writes what only our own code knows."""
    written = OURS[records._name].intersection(names)
    if written and not (records.env.su or is_reported(records.env)):
        labels = ", ".join(records._fields[name].string for name in sorted(written))
        raise AccessError(records.env._("%s is written by what the plant reports alone.", labels))


def refuse_ours_of_new(model, vals_list):
    """The same of new records."""
    names = OURS[model._name]
    for vals in filled_in(model, vals_list, names):
        refuse_ours(model, [name for name in names.intersection(vals) if vals[name]])


class MrpProduction(models.Model):
    _inherit = "mrp.production"

    @api.model_create_multi
    def create(self, vals_list):
        refuse_ours_of_new(self, vals_list)
        return super().create(vals_list)

    def write(self, vals):
        refuse_ours(self, vals)
        if "state" in vals and any(order.state != vals["state"] for order in self):
            self._mes_refuse_by_hand(self.env._("The progress of an order"))
        return super().write(vals)


class MrpWorkorder(models.Model):
    _inherit = "mrp.workorder"

    MES_FACTS = frozenset(("state", "qty_produced"))

    @api.model_create_multi
    def create(self, vals_list):
        refuse_ours_of_new(self, vals_list)
        return super().create(vals_list)

    def write(self, vals):
        refuse_ours(self, vals)
        written = self.MES_FACTS.intersection(vals)
        for workorder in self if written else ():
            if workorder._mes_progress(vals, written):
                workorder.production_id._mes_refuse_by_hand(self.env._("The progress of an operation"))
        return super().write(vals)

    def _mes_progress(self, vals, names):
        changed = {name for name in names if self[name] != vals[name]}
        # Whether it is its turn, Odoo computes, and writes it so.
        return changed - ({"state"} if WAITING.issuperset((self.state, vals.get("state"))) else set())

    def action_cancel(self):
        self.production_id._mes_refuse_by_hand(self.env._("The cancellation of an operation"))
        return super().action_cancel()


class StockMove(models.Model):
    _inherit = "stock.move"

    @api.model_create_multi
    def create(self, vals_list):
        refuse_ours_of_new(self, vals_list)
        return super().create(vals_list)

    def write(self, vals):
        refuse_ours(self, vals)
        if vals.get("state") == "done":
            # A person may scrap what is in stock; that the plant made or used something is for it to report.
            posted = self.filtered(lambda move: move.state != "done" and not move.scrap_id)
            posted._mes_order()._mes_refuse_by_hand(self.env._("The posting of a move"))
        return super().write(vals)


class MrpWorkcenterProductivity(models.Model):
    _inherit = "mrp.workcenter.productivity"

    #: What a time log says; that a running one ends is nobody's claim: Odoo ends all when a work center is blocked.
    MES_FACTS = frozenset(("workorder_id", "date_start", "date_end", "user_id", "loss_id"))

    @api.model_create_multi
    def create(self, vals_list):
        ids = [vals.get("workorder_id") for vals in filled_in(self, vals_list, ["workorder_id"])]
        self._mes_judge(self.env["mrp.workorder"].browse(filter(None, ids)))
        return super().create(vals_list)

    def write(self, vals):
        written = self.MES_FACTS.intersection(vals)
        edited = self.filtered(lambda log: any(log._mes_differs(name, vals[name]) for name in written))
        if edited:
            self._mes_judge(edited.workorder_id | self.env["mrp.workorder"].browse(vals.get("workorder_id") or ()))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_if_reported(self):
        self._mes_judge(self.workorder_id)

    def _mes_differs(self, name, value):
        if name == "date_end" and not self.date_end:
            return False
        field = self._fields[name]
        return field.convert_to_cache(value, self, validate=False) != field.convert_to_cache(self[name], self)

    def _mes_judge(self, workorders):
        """Minutes of an order are the step *report time* of its life cycle; whose it is, the rules say."""
        for order in workorders.production_id:
            self.env["mes.ownership"]._judge_step(order, OrderEvent.REPORT_TIME)
