"""Doorway on the manufacturing order: its first phase, and what its release freezes."""

from odoo import models
from odoo.exceptions import UserError

from ..core.states import OrderPhase

#: Operations are numbered 10, 20, …, as plants are used to.
OPERATION_STEP = 10


class MrpProduction(models.Model):
    _inherit = "mrp.production"

    def _mes_runs_in_plant(self):
        """Whether the plant has taken a revision or works on one, so that it can only refuse a change of it."""
        return bool(self.mes_plant_revision) or self.mes_phase != OrderPhase.RELEASED.value

    def _mes_plan(self):
        """Give confirmed orders of plants that take orders their first phase; release them where the rule says so."""
        for order in self:
            plant = order._mes_plant()
            if order.mes_phase or not self.env["mes.route"]._targets("mes.order.released.v1", plant):
                continue
            # sudo: the life cycle alone writes the phase.
            order.sudo().mes_phase = OrderPhase.PLANNED.value
            if plant.mes_auto_release and not self.env.context.get("mes_release_later"):
                order._mes_release_by_rule()

    def _post_run_manufacture(self, post_production_values):
        # Only now does an order that a need made know which order needs it.
        result = super()._post_run_manufacture(post_production_values)
        for order in self.filtered(lambda one: one.mes_phase == OrderPhase.PLANNED.value):
            if order._mes_plant().mes_auto_release:
                order.with_context(mes_release_later=False)._mes_release_by_rule()
        return result

    def _mes_begin(self):
        """Freeze what the plant will call the order and its operations, and count the revision."""
        self.ensure_one()
        # sudo: as above.
        self.sudo().write(
            {
                "mes_phase": self.mes_phase or OrderPhase.PLANNED.value,
                "mes_reference": self.mes_reference or self.name,
                "mes_revision": self.mes_revision + 1,
                "mes_plant_revision": 0,
                "mes_acknowledged_at": False,
            }
        )
        self._mes_number_operations()

    def _mes_number_operations(self):
        """Number what has no number yet, after all that have one: a number stays with its operation."""
        last = max((int(one.mes_operation) for one in self.workorder_ids if one.mes_operation), default=0)
        new = self.workorder_ids.filtered(lambda one: not one.mes_operation)
        for position, workorder in enumerate(new.sorted(lambda one: (one.sequence, one.id)), start=1):
            # sudo: as above.
            workorder.sudo().mes_operation = str(last + position * OPERATION_STEP)

    def _mes_release_by_rule(self):
        """Release by the plant's rule; what is missing becomes a case, so that confirming never fails for it."""
        try:
            self.env["mes.order.lifecycle"]._release(self)
        except UserError as error:
            self.env["mes.case"]._raise_for_order(self, "release_blocked", str(error))
