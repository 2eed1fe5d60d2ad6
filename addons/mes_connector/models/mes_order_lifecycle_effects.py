"""What the arrows of the life cycle do to an order, and what people and rules ask for; the arrows are core's table."""

import logging

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..core.errors import IntegrationError
from ..core.order_machine import OrderEvent, Verdict, decide
from ..core.ownership import ODOO
from ..core.states import INBOX_LIVE, OrderPhase
from ..handlers.base import REPORTED

_logger = logging.getLogger(__name__)

#: Phases in which the plant works on an order.
WORKING = (OrderPhase.IN_PROGRESS, OrderPhase.PARTIALLY_CONFIRMED)


class MesOrderLifecycle(models.AbstractModel):
    _inherit = "mes.order.lifecycle"

    @api.model
    def _release(self, order):
        """Release a confirmed order to its plant's systems; one that was released before stays as it is.

        :raises UserError: naming everything that is missing
        """
        if order.mes_phase and decide(order.mes_phase, OrderEvent.RELEASE).verdict is Verdict.ALREADY:
            return
        if order._mes_plant().mes_release_reserved:
            # What came since it was confirmed counts, too.
            order.move_raw_ids._action_assign()
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

        :raises UserError: the table does not allow it now; says what to do instead
        """
        try:
            return self._apply(order, event, note=note)
        except IntegrationError as error:
            raise UserError(
                self.env._(
                    "%(order)s is in phase %(phase)s, which does not allow this (%(event)s). %(way_out)s",
                    order=order.name,
                    phase=order._mes_phase_label(),
                    event=event.value,
                    way_out=self._way_out(order),
                )
            ) from error

    @api.model
    def _way_out(self, order):
        """What a person can do about an order in its phase, as a sentence."""
        with_plant = self.env._("The plant works on it: wait for its report, close it short, or cancel it unposted.")
        return {
            OrderPhase.PLANNED: self.env._("Release it first."),
            OrderPhase.QUALITY_HOLD: self.env._("Have quality decide the hold first."),
            OrderPhase.COMPLETED: self.env._("Post it, or have a supervisor reopen it."),
            OrderPhase.POSTED: self.env._("It is closed: correct it by an unbuild, a scrap or a new order."),
            OrderPhase.CANCELLED: self.env._("It is cancelled: make a new order."),
        }.get(OrderPhase(order.mes_phase), with_plant)

    @api.model
    def _complete(self, order, command):
        """Finish an order the plant is done with; None when it was finished before.

        :return: effects of what completion itself booked
        """
        if self._apply(order, OrderEvent.COMPLETE, message=command.message) is Verdict.ALREADY:
            return None
        return self._finish(order, command.at)

    def _finish(self, order, at):
        """Book what completion books, cancel what will not be made, end the operations; ``at`` is naive UTC."""
        effects = order.env["mes.posting"]._finish(order, at=at)
        for workorder in order.workorder_ids:
            workorder._mes_finish(at)
        return effects

    @api.model
    def _close_short(self, order, reason):
        """End an order in the ERP with what is booked; the plant is told to stop.

        :raises UserError: nothing was made, or the table does not allow it now
        """
        if OrderPhase(order.mes_phase) in WORKING and not order._mes_may_close():
            raise UserError(
                self.env._(
                    "Nothing of %s was made. Have the plant return or reverse what it consumed, then cancel the order.",
                    order.name,
                )
            )
        if self._person(order, OrderEvent.CLOSE, reason) is Verdict.MOVE:
            self._finish(order.with_context(mes_reported=REPORTED), fields.Datetime.now())
            self._post_if_ready(order)

    @api.model
    def _reopen(self, order, reason):
        """Let the plant go on with an order that was completed too soon.

        :raises UserError: the table does not allow it now
        """
        if decide(order.mes_phase, OrderEvent.REOPEN, OrderPhase.IN_PROGRESS).verdict is Verdict.MOVE:
            self.env["mes.order.change"]._open_rest(order.with_context(mes_reported=REPORTED))
            # sudo: the life cycle alone counts revisions.
            order.sudo().mes_revision += 1
        self._person(order, OrderEvent.REOPEN, reason)

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
        self.env["mes.time"].with_context(mes_reported=REPORTED)._estimate_missing(order)
        if self._person(order, OrderEvent.POST) is Verdict.MOVE:
            self.env["mes.posting"]._close(order.with_context(mes_reported=REPORTED))

    @api.model
    def _post_if_ready(self, order):
        """Post a completed order by the plant's rule; a failure opens a case and hurts no message."""
        if order.mes_phase != OrderPhase.COMPLETED.value or not order._mes_plant().mes_auto_post:
            return
        if self._waiting_messages(order):
            return
        try:
            with self.env.cr.savepoint():
                # sudo: the plant's rule posts, whoever settled the last message; so it is Odoo's doing.
                self._post(order.sudo().with_context(mes_reported=False, mes_acting=ODOO))
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
