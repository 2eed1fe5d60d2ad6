"""The shape of a handler: a named abstract model with one method, from a frozen command to a frozen result.

Also how the rest of the addon tells what the plant reported from what a person does: by the context of the records.
"""

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from odoo import models
from odoo.exceptions import LockError

from ..core.messages import Envelope, HandlerResult
from ..core.order_machine import OrderEvent, Verdict, require

#: Value of the context key ``mes_reported``; an object, so that no caller from outside can claim it.
REPORTED = object()


def is_reported(env):
    """Tell whether what happens in ``env`` books a report of the plant, and is not a person's doing."""
    return env.context.get("mes_reported") is REPORTED


@dataclass(frozen=True)
class HandlerCommand:
    """What a handler gets: the inbox row it works for, the system that sent it, and the event itself."""

    message: Any
    system: Any
    envelope: Envelope

    @property
    def data(self) -> dict:
        """The event's payload, already checked against its schema."""
        return self.envelope.data

    @property
    def at(self) -> datetime:
        """When it happened, as Odoo keeps times: naive UTC, whole seconds."""
        return self.envelope.time.astimezone(timezone.utc).replace(tzinfo=None, microsecond=0)


class MesHandler(models.AbstractModel):
    _name = "mes.handler"
    _description = "Message Handler"

    def _handle(self, command):
        """Apply ``command`` to Odoo's objects in the current savepoint.

        :param HandlerCommand command: what to apply
        :return: :class:`~..core.messages.HandlerResult`
        :raises IntegrationError: with the code of what is in the way
        """
        raise NotImplementedError(f"{self._name} must say what it does")

    def _load_order(self, command):
        """The order the event is about, locked for this transaction.

        :raises Parked: ``unknown_order``
        :raises Retryable: ``order_locked`` while a person or another lane works on it
        """
        order = command.message.production_id
        if order.mes_reference != command.data["order"]:
            order = self.env["mes.resolver"]._find_order(command.system, command.data["order"])
        # Rows that point at the order (messages, moves) may be written meanwhile; the order itself may not.
        if not order.try_lock_for_update(allow_referencing=True):
            raise LockError(self.env._("%s is being worked on.", order.display_name))
        return order.with_env(self.env)

    def _advance(self, order, event, command, note=""):
        """Move the order's phase by the table; the verdict tells whether there is anything left to do.

        :raises IntegrationError: ``too_early``, ``order_on_hold`` or ``transition_refused``
        """
        return self.env["mes.order.lifecycle"]._apply(order, OrderEvent(event), message=command.message, note=note)

    def _require_phase(self, order, event):
        """Ask the table first, where the books could only say that something is still to come.

        :raises IntegrationError: ``too_early``, ``order_on_hold`` or ``transition_refused``
        """
        require(order.mes_phase, event)

    def _already(self):
        return HandlerResult("already")

    def _is_already(self, verdict):
        return verdict is Verdict.ALREADY
