"""The one function that moves an order's phase and tells the plant; what each arrow does to the order is elsewhere."""

from odoo import api, fields, models

from ..core.order_machine import LEFT_BY, OrderEvent, Verdict, decide, require
from ..core.states import OrderPhase

#: Codes of parked messages that an event of the order lets through.
RESUMED_BY = {
    OrderEvent.RELEASE: ["unknown_order", "too_early"],
    OrderEvent.RESUME: ["order_on_hold"],
}
#: Codes of the order's own cases that an event of the order settles.
SETTLED_BY = {
    OrderEvent.RELEASE: ["release_blocked", "release_refused"],
    OrderEvent.ACKNOWLEDGE: ["change_refused"],
    OrderEvent.CHANGE: ["change_refused"],
    OrderEvent.POST: ["post_blocked"],
}


class MesOrderLifecycle(models.AbstractModel):
    _name = "mes.order.lifecycle"
    _description = "Order Life Cycle"

    @api.model
    def _apply(self, order, event, message=None, note=""):
        """Apply ``event`` to the order's phase; the only writer of ``mes_phase`` on an order that has one.

        :param message: the inbox row that asks for it; without one the current user does
        :return: ``Verdict.MOVE``, or ``Verdict.ALREADY`` when there is nothing left to do
        :raises IntegrationError: ``too_early``, ``order_on_hold`` or ``transition_refused``
        """
        phase = OrderPhase(order.mes_phase)
        came_from = self._came_from(order, event)
        require(phase, event, came_from)
        decision = decide(phase, event, came_from)
        if decision.verdict is Verdict.MOVE:
            self._enter(order, event, decision.target, message, note)
        return decision.verdict

    def _came_from(self, order, event):
        """The phase an event leads back to, as the log tells it; None for all others."""
        if event not in LEFT_BY:
            return None
        # sudo: whoever moves the order need not read the log.
        left = order.sudo().mes_transition_ids.filtered(lambda row: row.event in LEFT_BY[event])[-1:]
        return OrderPhase(left.from_phase) if left else None

    def _enter(self, order, event, target, message, note):
        phase = order.mes_phase
        values = {"mes_phase": target.value}
        if event is OrderEvent.HOLD:
            values.update(mes_held_from=phase, mes_hold_reason=note)
        elif event is OrderEvent.RESUME:
            values.update(mes_held_from=False, mes_hold_reason=False)
        # sudo: the life cycle alone moves an order, for whoever may take the step.
        order.sudo().write(values)
        # sudo: the log is written for whoever moves the order; nobody may write it by hand.
        transition = (
            self.env["mes.order.transition"]
            .sudo()
            .create(
                {
                    "production_id": order.id,
                    "company_id": order.company_id.id,
                    "plant_id": order._mes_plant().id,
                    "event": event.value,
                    "from_phase": phase,
                    "to_phase": target.value,
                    "at": fields.Datetime.now(),
                    "user_id": False if message else self.env.uid,
                    "inbox_id": message and message.id,
                    "note": note,
                }
            )
        )
        order._bus_send("mes_connector.phase", {"id": order.id, "phase": target.value, "transition": transition.id})
        self._announce(order, event, message, note)
        if event in SETTLED_BY:
            # sudo: whoever releases or posts need not work cases.
            self.env["mes.case"].sudo()._of_order(order, SETTLED_BY[event]).action_close()
        if event in RESUMED_BY:
            # sudo: parked messages come back by the order's own progress, whoever causes it.
            self.env["mes.inbox.message"].sudo()._resume_parked(order.mes_reference, RESUMED_BY[event])

    def _announce(self, order, event, message, note):
        """Tell the plant what the arrow means for it, in the same transaction."""
        document, outbox = self.env["mes.order.document"], self.env["mes.outbox.message"]
        announcement = document._for_event(order, event, note)
        if announcement:
            event_type, data = announcement
            targets = self.env["mes.route"]._targets(event_type, order._mes_plant())
            if message:
                # The system that said it knows it.
                targets -= message.system_id
            outbox._emit(
                event_type,
                data,
                order,
                systems=targets,
                revision=order.mes_revision,
                causation_id=message.event_id if message else None,
            )
