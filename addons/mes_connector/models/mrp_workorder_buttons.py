"""Doorway on the work order: Odoo's own buttons are the plant's to report; what a person plans goes to the plant."""

from odoo import api, models

from .mes_owned import filled_in

#: Fields of an operation that say what the plant is to do.
INTENT = frozenset(
    (
        "name",
        "workcenter_id",
        "duration_expected",
        "date_start",
        "date_finished",
        "leave_id",
        "sequence",
        "operation_id",
    )
)


class MrpWorkorder(models.Model):
    _inherit = "mrp.workorder"

    @api.model_create_multi
    def create(self, vals_list):
        ids = {vals.get("production_id") for vals in filled_in(self, vals_list, ["production_id"])}
        orders = self.env["mrp.production"].browse(ids - {None, False})
        self.env["mes.order.change"]._watch(orders)
        return super().create(vals_list)

    def write(self, vals):
        if not INTENT.isdisjoint(vals):
            self.env["mes.order.change"]._watch(self.production_id)
        return super().write(vals)

    def unlink(self):
        self.env["mes.order.change"]._watch(self.production_id)
        return super().unlink()

    def button_start(self, raise_on_invalid_state=False):
        self.production_id._mes_refuse_by_hand(self.env._("The start of an operation"))
        return super().button_start(raise_on_invalid_state)

    def button_pending(self):
        self.production_id._mes_refuse_by_hand(self.env._("The pause of an operation"))
        return super().button_pending()

    def button_finish(self):
        self.production_id._mes_refuse_by_hand(self.env._("The end of an operation"))
        return super().button_finish()

    def action_mark_as_done(self):
        self.production_id._mes_refuse_by_hand(self.env._("The end of an operation"))
        return super().action_mark_as_done()

    def set_state(self, state):
        self.production_id._mes_refuse_by_hand(self.env._("The state of an operation"))
        return super().set_state(state)
