"""An earlier event was wrong: exactly what it posted is undone, and nothing else."""

from odoo import models

from ..core import errors
from ..core.messages import HandlerResult
from ..core.order_machine import OrderEvent
from ..core.states import EffectKind, InboxState


class MesHandlerPostingReversed(models.AbstractModel):
    _name = "mes.handler.posting.reversed"
    _description = "Handler: Posting Reversed"
    _inherit = "mes.handler"

    def _handle(self, command):
        order = self._load_order(command)
        self._require_phase(order, OrderEvent.REVERSE)
        message = self._find_posting(order, command)
        self._advance(order, OrderEvent.REVERSE, command, command.data["reason"])
        if message.effect_ids.reversed_by_ids:
            return self._already()
        return HandlerResult(effects=self.env["mes.posting"]._reverse(order, message, at=command.at))

    def _find_posting(self, order, command):
        """The message that is to be undone.

        :raises Parked: ``unknown_posting`` while it has not been applied
        :raises Permanent: ``not_reversible`` when it never will be, is another order's, or is a reversal itself
        """
        event_id = command.data["reverses"]
        source = command.data.get("source", command.envelope.source)
        messages = self.env["mes.inbox.message"].search(
            [
                ("system_id", "=", command.system.id),
                ("source", "=", source),
                ("event_id", "=", event_id),
                ("is_quarantined", "!=", True),
            ],
            order="id desc",
        )
        applied = messages.filtered(lambda message: message.state == InboxState.DONE.value)[:1]
        if not applied:
            if messages and not any(message.state in self._may_apply() for message in messages):
                raise errors.error("not_reversible", f"{event_id} was not applied: {messages[0].code}.")
            raise errors.error("unknown_posting", f"{event_id} of {source}.", waiting_for=f"event:{event_id}")
        if applied.production_id != order or EffectKind.REVERSED.value in applied.effect_ids.mapped("kind"):
            raise errors.error("not_reversible", f"{event_id} is another order's event, or a reversal itself.")
        return applied

    def _may_apply(self):
        return [state.value for state in (InboxState.PENDING, InboxState.WAITING, InboxState.PARKED, InboxState.DEAD)]
