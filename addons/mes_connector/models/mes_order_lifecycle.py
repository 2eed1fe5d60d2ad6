"""The one function that moves an order's phase, and what each arrow asks for; the arrows are core's table."""

import logging

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..core.errors import IntegrationError
from ..core.order_machine import OrderEvent, Verdict, decide, require
from ..core.states import INBOX_LIVE, OrderPhase

_logger = logging.getLogger(__name__)

#: Codes of parked messages that an event of the order lets through.
RESUMED_BY = {
    OrderEvent.RELEASE: ["unknown_order", "too_early"],
    OrderEvent.RESUME: ["order_on_hold"],
}
#: Codes of the order's own cases that an event of the order settles.
SETTLED_BY = {
    OrderEvent.RELEASE: ["release_blocked", "release_refused"],
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
        held_from = OrderPhase(order.mes_held_from) if order.mes_held_from else None
        require(phase, event, held_from)
        decision = decide(phase, event, held_from)
        if decision.verdict is Verdict.MOVE:
            self._enter(order, event, decision.target, message, note)
        return decision.verdict

    def _enter(self, order, event, target, message, note):
        phase = order.mes_phase
        values = {"mes_phase": target.value}
        if event is OrderEvent.HOLD:
            values.update(mes_held_from=phase, mes_hold_reason=note)
        elif event is OrderEvent.RESUME:
            values.update(mes_held_from=False, mes_hold_reason=False)
        order.write(values)
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
        self._announce(order, event, message)
        if event in SETTLED_BY:
            # sudo: whoever releases or posts need not work cases.
            self.env["mes.case"].sudo()._of_order(order, SETTLED_BY[event]).action_close()
        if event in RESUMED_BY:
            # sudo: parked messages come back by the order's own progress, whoever causes it.
            self.env["mes.inbox.message"].sudo()._resume_parked(order.mes_reference, RESUMED_BY[event])

    def _announce(self, order, event, message):
        """Tell the plant what the arrow means for it, in the same transaction."""
        document, outbox = self.env["mes.order.document"], self.env["mes.outbox.message"]
        announcement = document._for_event(order, event)
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

    # -- what people and rules ask for -------------------------------------------------------------------------------

    @api.model
    def _release(self, order):
        """Release a confirmed order to its plant's systems.

        :raises UserError: naming everything that is missing
        """
        missing = self.env["mes.order.document"]._missing_for_release(order)
        if missing:
            raise UserError(
                self.env._("%(order)s cannot be released yet:", order=order.name) + "\n- " + "\n- ".join(missing)
            )
        order._mes_begin()
        if self._person(order, OrderEvent.RELEASE) is Verdict.MOVE:
            order.move_raw_ids._action_assign()

    @api.model
    def _person(self, order, event, note=""):
        """Apply ``event`` for the current user; the table's refusal becomes a sentence on the screen.

        :raises UserError: the table does not allow it now
        """
        try:
            return self._apply(order, event, note=note)
        except IntegrationError as error:
            raise UserError(
                self.env._(
                    "%(order)s is in phase %(phase)s, which does not allow this (%(event)s).",
                    order=order.name,
                    phase=order.mes_phase,
                    event=event.value,
                )
            ) from error

    @api.model
    def _complete(self, order, command):
        """Finish an order the plant is done with; None when it was finished before.

        :return: effects of what completion itself booked
        """
        if self._apply(order, OrderEvent.COMPLETE, message=command.message) is Verdict.ALREADY:
            return None
        effects = self.env["mes.posting"]._finish(order, at=command.at)
        for workorder in order.workorder_ids:
            workorder._mes_finish(command.at)
        return effects

    @api.model
    def _post(self, order):
        """Close a completed order in Odoo and tell the plant its yield.

        :raises UserError: something of the order still waits
        """
        waiting = self._waiting_messages(order)
        if waiting:
            raise UserError(
                self.env._(
                    "%(count)s messages of %(order)s still wait. Resolve or discard them first.",
                    count=len(waiting),
                    order=order.name,
                )
            )
        if self._person(order, OrderEvent.POST) is Verdict.MOVE:
            self.env["mes.posting"]._close(order)

    @api.model
    def _post_if_ready(self, order):
        """Post a completed order by the plant's rule; a failure opens a case and hurts no message."""
        if order.mes_phase != OrderPhase.COMPLETED.value or not order._mes_plant().mes_auto_post:
            return
        if self._waiting_messages(order):
            return
        try:
            with self.env.cr.savepoint():
                # sudo: the plant's rule posts, whoever settled the last message.
                self._post(order.sudo())
        except UserError as error:
            _logger.info("mes: order %s not posted: %s", order.name, error)
            self.env["mes.case"]._raise_for_order(order, "post_blocked", str(error))

    def _waiting_messages(self, order):
        # sudo: also messages of plants and systems the user may not see keep an order open.
        return (
            self.env["mes.inbox.message"]
            .sudo()
            .search(
                [
                    ("ordering_key", "=", order.mes_reference),
                    ("company_id", "=", order.company_id.id),
                    ("state", "in", [state.value for state in INBOX_LIVE]),
                ]
            )
        )
