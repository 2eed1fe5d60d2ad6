"""The plant took or refused a revision of an order."""

from odoo import models

from ..core import errors
from ..core.messages import Effect, HandlerResult
from ..core.order_machine import OrderEvent


class MesHandlerOrderAcknowledged(models.AbstractModel):
    _name = "mes.handler.order.acknowledged"
    _description = "Handler: Order Acknowledged"
    _inherit = "mes.handler"

    def _handle(self, command):
        order, data = self._load_order(command), command.data
        revision, accepted = data["revision"], data["accepted"]
        # An acknowledgement may cross a later revision on its way; a refusal of what is replaced means nothing.
        if revision > order.mes_revision or (revision < order.mes_revision and not accepted):
            raise errors.error("stale_revision", f"The current revision is {order.mes_revision}.")
        reason = " ".join(filter(None, (data.get("reason"), data.get("text"))))
        if accepted and order.mes_plant_revision >= revision:
            if order.mes_plant_revision == revision and order.mes_acknowledged_at:
                # Said twice: the time is that of the first time it happened, whichever came first.
                order.mes_acknowledged_at = min(order.mes_acknowledged_at, command.at)
            return self._already()
        refuse = OrderEvent.REFUSE_CHANGE if order._mes_runs_in_plant() else OrderEvent.REFUSE
        verdict = self._advance(order, OrderEvent.ACKNOWLEDGE if accepted else refuse, command, reason)
        self.env["mes.outbox.message"]._acknowledge(order, command.system, accepted, revision)
        if self._is_already(verdict):
            # The order has ended: whether the plant takes it or not changes nothing for anybody.
            return self._already()
        if accepted:
            order.write({"mes_plant_revision": revision, "mes_acknowledged_at": command.at})
        else:
            order.mes_refused_revision = revision
            case = "change_refused" if refuse is OrderEvent.REFUSE_CHANGE else "release_refused"
            self.env["mes.case"]._raise_for_order(order, case, reason)
        kind = "acknowledged" if accepted else "refused"
        effect = Effect(kind, record=order.name, res_model=order._name, res_id=order.id)
        return HandlerResult(effects=(effect,))
