"""Doorway on the manufacturing order: its values are judged, and its buttons ask the owner of the step."""

from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..core.order_machine import OrderEvent
from ..core.states import ChangeRequestState
from .mes_owned import Owned, filled_in
from .mrp_production import READERS
from .mrp_production_change import INTENT

#: Fields by which rules and messages find an order; nobody writes them but the life cycle.
LIFE_CYCLE = frozenset(
    (
        "mes_phase",
        "mes_reference",
        "mes_revision",
        "mes_plant_revision",
        "mes_refused_revision",
        "mes_acknowledged_at",
        "mes_held_from",
        "mes_hold_reason",
    )
)
#: The role of who presses the button of a step.
TAKERS = {
    OrderEvent.RELEASE: "planner",
    OrderEvent.POST: "planner",
    OrderEvent.HOLD: "quality",
    OrderEvent.RESUME: "quality",
    OrderEvent.CLOSE: "planner",
    OrderEvent.REOPEN: "supervisor",
}


class MrpProduction(Owned, models.Model):
    _inherit = "mrp.production"

    MES_OWNED = INTENT
    # Over-delivery raises the order, the start that happened replaces the planned one, the end leaves no priority.
    MES_BOOKED = frozenset({"product_qty", "date_start", "date_finished", "priority"})
    MES_ORDERS = ("id",)

    mes_request_ids = fields.One2many("mes.change.request", "production_id", "Proposed changes", groups=READERS)
    # sudo: a number about an order one may read.
    mes_request_count = fields.Integer("Changes to decide", compute="_compute_mes_request_count", compute_sudo=True)

    @api.depends("mes_request_ids.state")
    def _compute_mes_request_count(self):
        domain = [("production_id", "in", self.ids), ("state", "=", ChangeRequestState.PROPOSED.value)]
        counts = dict(self.env["mes.change.request"]._read_group(domain, ["production_id"], ["__count"]))
        for order in self:
            order.mes_request_count = counts.get(order, 0)

    @api.model_create_multi
    def create(self, vals_list):
        for vals in filled_in(self, vals_list, LIFE_CYCLE):
            self._mes_refuse_life_cycle([name for name in LIFE_CYCLE.intersection(vals) if vals[name]])
        return super().create(vals_list)

    def write(self, vals):
        self._mes_refuse_life_cycle(LIFE_CYCLE.intersection(vals))
        return super().write(vals)

    def _mes_refuse_life_cycle(self, names):
        if names and not self.env.su:
            raise AccessError(self.env._("Phase and revisions of an order are written by its life cycle alone."))

    def _mes_owned_order(self):
        return self

    def _mes_place_of_new(self, vals):
        # No plant has seen it.
        return None

    def _mes_ask(self, event, note=""):
        return self.env["mes.ownership"]._ask(self, event, note)

    def _mes_require_taker(self, event):
        """Whoever may not take a step does not ask its owner for it either.

        :raises AccessError: the user may not take it
        """
        if event in TAKERS:
            self._mes_require_role(TAKERS[event])
        else:
            self.check_access("write")

    def _mes_asked(self, orders):
        """Tell the person that the owners of ``orders`` were asked, where nothing else happened."""
        message = self.env._("The owner of this step was asked: %s", ", ".join(orders.mapped("name")))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"message": message, "type": "warning", "next": {"type": "ir.actions.act_window_close"}},
        }

    def action_mes_open_requests(self):
        """Show the changes of the order that were proposed to owners."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("mes_connector.mes_change_request_action")
        return dict(action, domain=[("production_id", "=", self.id)], context={})

    def action_mes_release(self):
        allowed = self._mes_ask(OrderEvent.RELEASE)
        return super(MrpProduction, allowed).action_mes_release() if allowed else self._mes_asked(self)

    def action_mes_post(self):
        allowed = self._mes_ask(OrderEvent.POST)
        return super(MrpProduction, allowed).action_mes_post() if allowed else self._mes_asked(self)

    def action_mes_hold(self, reason=""):
        allowed = self._mes_ask(OrderEvent.HOLD, reason)
        return super(MrpProduction, allowed).action_mes_hold(reason) if allowed else self._mes_asked(self)

    def action_mes_resume(self):
        allowed = self._mes_ask(OrderEvent.RESUME)
        return super(MrpProduction, allowed).action_mes_resume() if allowed else self._mes_asked(self)

    def action_mes_close(self, reason=""):
        allowed = self._mes_ask(OrderEvent.CLOSE, reason)
        return super(MrpProduction, allowed).action_mes_close(reason) if allowed else self._mes_asked(self)

    def action_mes_reopen(self, reason=""):
        allowed = self._mes_ask(OrderEvent.REOPEN, reason)
        return super(MrpProduction, allowed).action_mes_reopen(reason) if allowed else self._mes_asked(self)

    def action_cancel(self):
        allowed = self._mes_ask(OrderEvent.CANCEL)
        return super(MrpProduction, allowed).action_cancel() if allowed else self._mes_asked(self)
