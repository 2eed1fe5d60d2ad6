"""Every answer code and the exceptions that carry one; who catches them is not decided here.

A code says what becomes of the message (disposition), whether it stops its ordering key, who
owns it, what the far end is told and what to do next. The shell only maps codes, it adds none.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class Disposition(str, Enum):
    """What becomes of a message that ends with a code."""

    DONE = "done"
    REJECT = "reject"
    PARK = "park"
    WAIT = "wait"
    EXPIRE = "expire"
    DISCARD = "discard"


class FailureKind(str, Enum):
    """Whether people in the business or people who run the systems can put it right."""

    BUSINESS = "business"
    TECHNICAL = "technical"


class Role(str, Enum):
    """The role that owns a code; the shell finds the user."""

    PLANNER = "planner"
    SUPERVISOR = "supervisor"
    QUALITY = "quality"
    STEWARD = "steward"
    FINANCE = "finance"
    INTEGRATOR = "integrator"


@dataclass(frozen=True)
class Code:
    """One row of the answer table; ``http_status`` only for codes an HTTP response may carry."""

    code: str
    disposition: Disposition
    blocks_key: bool
    kind: FailureKind
    owner: Role | None
    text: str
    hint: str
    http_status: int | None = None


def _row(code, outcome, owner, text, hint):
    """Read one table row; ``outcome`` is (disposition, failure kind, *options)."""
    disposition, kind, *options = outcome
    return Code(
        code=code,
        disposition=disposition,
        blocks_key=_BLOCKS in options,
        kind=kind,
        owner=owner,
        text=text,
        hint=hint,
        http_status=next((option for option in options if isinstance(option, int)), None),
    )


_BLOCKS = "blocks"
_DONE = (Disposition.DONE, FailureKind.BUSINESS)
_REJECT = (Disposition.REJECT, FailureKind.BUSINESS)
_PARK = (Disposition.PARK, FailureKind.BUSINESS)
# The far end sent something no rule of the business can judge.
_INVALID = (Disposition.REJECT, FailureKind.TECHNICAL)
_WAIT = (Disposition.WAIT, FailureKind.TECHNICAL, _BLOCKS)

# fmt: off
_TABLE = (
    # What went well
    ("accepted", (*_DONE, 202), None,
     "The message was applied.",
     "Nothing to do."),
    ("already", _DONE, None,
     "What the message says already holds; nothing was changed.",
     "Nothing to do."),
    ("duplicate", (*_DONE, 202), None,
     "This event was received before; the first answer holds.",
     "Nothing to do."),
    # The request
    ("not_authenticated", (*_INVALID, 401), Role.INTEGRATOR,
     "The request could not be authenticated.",
     "Check the system code in the address, the secret or key, and the clock of the sender."),
    ("json_invalid", (*_INVALID, 400), Role.INTEGRATOR,
     "The body is not JSON that can be read safely.",
     "Send UTF-8 JSON without repeated keys, NaN, NUL characters or deep nesting."),
    ("too_large", (*_INVALID, 413), Role.INTEGRATOR,
     "The request holds more than one request may carry.",
     "Send smaller batches."),
    ("media_type_unsupported", (*_INVALID, 415), Role.INTEGRATOR,
     "The content type is not one of CloudEvents.",
     "Use application/cloudevents+json or application/cloudevents-batch+json."),
    # The event
    ("schema_invalid", (*_INVALID, 422), Role.INTEGRATOR,
     "The event does not follow its contract.",
     "Correct every fault listed in errors, then send it as a new event."),
    ("type_unknown", (*_INVALID, 422), Role.INTEGRATOR,
     "The event type is not known.",
     "Compare the type with the list of events."),
    ("version_unsupported", (*_INVALID, 422), Role.INTEGRATOR,
     "The event type is known, this version of it is not.",
     "Send one of the versions in the list of events."),
    ("not_authorized_for_type", (*_INVALID, 422), Role.INTEGRATOR,
     "The system may not send this event type.",
     "Add a route for the event type to the system, or stop sending it."),
    ("identity_conflict", (*_INVALID, 409), Role.INTEGRATOR,
     "An event with this source and id but another content was received before.",
     "Give every new fact an id of its own."),
    ("too_old", (*_INVALID, 422), Role.SUPERVISOR,
     "The event happened before the time for which repetitions can still be told.",
     "Compare what was booked then with what happened, and book by hand what is missing."),
    # Facts the ERP could still learn how to book
    ("unmapped_code", _PARK, Role.STEWARD,
     "A code of the sender is not known here.",
     "Create or map the code, then resume the message."),
    ("unknown_order", _PARK, Role.PLANNER,
     "The order is not known here.",
     "Release the order, or discard the message with a reason."),
    ("unknown_lot", _PARK, Role.STEWARD,
     "The lot is not known here.",
     "Create the lot, then resume the message."),
    ("component_shortage", _PARK, Role.SUPERVISOR,
     "The stock does not hold what was consumed.",
     "Receive or transfer the component, or correct its stock, then resume the message."),
    ("period_closed", _PARK, Role.FINANCE,
     "The accounting period of the event is closed.",
     "Open the period or allow the next open day, then resume the message."),
    ("too_early", _PARK, Role.SUPERVISOR,
     "The order has not come far enough for this event.",
     "Wait for the events before it, or ask the sender to send them."),
    ("sequence_gap", _PARK, Role.INTEGRATOR,
     "An earlier event of the same sequence has not arrived.",
     "Ask the sender to send the missing event."),
    ("order_on_hold", _PARK, Role.QUALITY,
     "The order is on hold.",
     "Decide the hold; the message resumes when it ends."),
    ("lot_on_hold", _PARK, Role.QUALITY,
     "The lot is on hold.",
     "Decide the hold; the message resumes when it ends."),
    ("suspected_duplicate", _PARK, Role.STEWARD,
     "The event looks like one that was booked under another id.",
     "Compare both, then say whether it is the same or both happened."),
    ("suspected_unit_shift", _PARK, Role.STEWARD,
     "The quantity is ten, a hundred or a thousand times off what the sender usually reports.",
     "Compare it with what was reported before; let it through, or discard the message with a reason."),
    ("unknown_posting", _PARK, Role.SUPERVISOR,
     "The event that is to be undone has not been applied here.",
     "Wait for it, ask the sender to send it, or discard the message with a reason."),
    ("handler_missing", (Disposition.PARK, FailureKind.TECHNICAL), Role.INTEGRATOR,
     "No installed addon handles this type of event any more.",
     "Install the addon again, and the message resumes by itself; or discard it with a reason."),
    # What breaks the contract or a conservation law
    ("uom_mismatch", _REJECT, Role.STEWARD,
     "The unit cannot be converted to the unit of the product.",
     "Send a UN/ECE code of the same kind of unit as the product has."),
    ("over_delivery", _REJECT, Role.SUPERVISOR,
     "More was produced than the order allows.",
     "Check the quantity; what was really made beyond it needs an order of its own."),
    ("over_consumption", _REJECT, Role.SUPERVISOR,
     "More was consumed than the bill of materials allows.",
     "Check the unit and the quantity."),
    ("serial_duplicate", _REJECT, Role.QUALITY,
     "A serial number was produced or used before.",
     "Check the serial numbers, then send it as a new event."),
    ("lot_required", _REJECT, Role.INTEGRATOR,
     "The product is tracked, and the lots do not cover its quantity.",
     "Name a lot, or one serial number for each piece."),
    ("transition_refused", _REJECT, Role.SUPERVISOR,
     "The present phase or state does not allow this.",
     "Compare the phase of the order with what really happened."),
    ("stale_revision", _REJECT, Role.PLANNER,
     "The event speaks of a revision of the order that is not the current one.",
     "Answer the latest revision."),
    ("not_reversible", _REJECT, Role.SUPERVISOR,
     "What the event posted cannot be undone any more.",
     "Correct it in Odoo by hand: the pieces were used, or the event posted nothing."),
    ("not_owner", _REJECT, Role.STEWARD,
     "Another system owns this value.",
     "Change it in the system that owns it."),
    ("owner_asked", _PARK, Role.STEWARD,
     "Another system owns this step; it was asked whether it agrees.",
     "Accept or refuse the change request."),
    # Master data: cases that no message carries
    ("master_data_incomplete", _PARK, Role.STEWARD,
     "Master data cannot be published: codes are missing.",
     "Add what is named; it is published by itself then. Publications lists all that is incomplete."),
    # Orders: cases that no message carries
    ("release_blocked", _PARK, Role.PLANNER,
     "The rule of the plant could not release the order.",
     "Put right what is named, then release the order."),
    ("release_refused", _REJECT, Role.PLANNER,
     "The plant refused the release.",
     "Settle the reason with the plant, then release the order again."),
    ("change_refused", _REJECT, Role.PLANNER,
     "The plant refused a change of the order and goes on with the revision it runs.",
     "Settle the reason with the plant, then change the order again or change it back."),
    ("post_blocked", _PARK, Role.FINANCE,
     "The completed order could not be posted.",
     "Put right what is named, then post the order."),
    # Reconciliation: a case that no message carries
    ("books_differ", _PARK, Role.FINANCE,
     "What was reported, what is proven and what is booked are not the same.",
     "Open the reconciliation: each difference names its message and what can be done about it."),
    # Downtime: a case that no message carries
    ("downtime_open", _PARK, Role.SUPERVISOR,
     "The plant has not said that a stop of a work center is over.",
     "Ask the plant to send the end; or end the stop by hand."),
    # Time, people and technology
    ("event_expired", (Disposition.EXPIRE, FailureKind.BUSINESS), Role.SUPERVISOR,
     "The deadline the sender gave has passed.",
     "Send it again with a later deadline if it still matters."),
    ("discarded", (Disposition.DISCARD, FailureKind.BUSINESS), Role.SUPERVISOR,
     "A person decided not to apply the message.",
     "Read the reason; send a corrected event if the fact is real."),
    ("order_locked", _WAIT, Role.INTEGRATOR,
     "Somebody else is working on the order; the message is tried again soon.",
     "Nothing to do unless it lasts."),
    ("conflict", _WAIT, Role.INTEGRATOR,
     "Another transaction touched the same records; the message is tried again at once.",
     "Nothing to do unless it lasts."),
    ("technical", _WAIT, Role.INTEGRATOR,
     "A technical error stopped the message; it is tried again later.",
     "Read the attempts of the message; repair the cause and resume it if it died."),
    ("process_killed", _WAIT, Role.INTEGRATOR,
     "The process that worked the message was killed; the message is tried again.",
     "Read the server's log of that time; when memory or time ran out, raise the limit, then resume the message."),
    # Delivery to the far end
    ("unreachable", _WAIT, Role.INTEGRATOR,
     "The system could not be reached.",
     "Check the address, the network and the certificate of the system."),
    ("system_busy", _WAIT, Role.INTEGRATOR,
     "The system asked to be tried again later.",
     "Nothing to do unless it lasts."),
    ("no_signing_secret", _WAIT, Role.INTEGRATOR,
     "There is no secret to sign the message with.",
     "Issue a signing credential for the system, or give this server the key its secrets were encrypted with."),
    ("refused_by_system", _REJECT, Role.INTEGRATOR,
     "The system refused the message.",
     "Read its answer, put the cause right and send the message again."),
    ("endpoint_gone", _WAIT, Role.INTEGRATOR,
     "The system answered that it no longer takes this kind of event (HTTP 410); the route is paused.",
     "Settle with whoever runs the system where the events shall go, then resume the route."),
    ("delivery_expired", (Disposition.EXPIRE, FailureKind.TECHNICAL), Role.INTEGRATOR,
     "The message could not be delivered while it still mattered.",
     "Send it again if it still matters."),
    ("superseded", (Disposition.DISCARD, FailureKind.BUSINESS), Role.INTEGRATOR,
     "A newer message says the same and more; this one was not sent.",
     "Nothing to do."),
    ("breaker_open", _PARK, Role.INTEGRATOR,
     "The system failed several times in a row; nothing is sent until a single probe succeeds.",
     "Check the system and the network; the next probe goes out by itself, or press Probe now."),
    ("endpoint_not_allowed", _INVALID, Role.INTEGRATOR,
     "The address of the system may not be called.",
     "Correct the address, or mark the system as inside the plant network."),
)
# fmt: on

CODES: dict[str, Code] = {row[0]: _row(*row) for row in _TABLE}


class IntegrationError(Exception):
    """A message cannot be applied or sent now; ``code`` is a key of :data:`CODES`.

    ``detail`` names the values at fault, ``waiting_for`` the key a parked message resumes
    under, ``errors`` the single faults (:class:`~.messages.Fault`) of an invalid event.
    """

    def __init__(self, code: str, detail: str = "", waiting_for: str = "", errors: Iterable = ()) -> None:
        if code not in CODES:
            raise KeyError(code)
        self.code = code
        self.detail = detail
        self.waiting_for = waiting_for
        self.errors = tuple(errors)
        super().__init__(self.message)

    @property
    def spec(self) -> Code:
        """The row of the answer table this error stands for."""
        return CODES[self.code]

    @property
    def message(self) -> str:
        """The sentence of the code, followed by the detail."""
        return f"{self.spec.text} {self.detail}".strip()


class Permanent(IntegrationError):
    """Trying again cannot help: the message ends here."""


class TransitionRefused(Permanent):
    """A state table has no arrow for this state and event."""


class Parked(IntegrationError):
    """The message waits for something that can be named."""


class Retryable(IntegrationError):
    """Trying again may help; ``after`` is the wait in seconds the far end asked for, if any."""

    def __init__(
        self,
        code: str,
        detail: str = "",
        waiting_for: str = "",
        errors: Iterable = (),
        *,
        after: float | None = None,
    ) -> None:
        super().__init__(code, detail, waiting_for, errors)
        self.after = after


_CLASSES = {
    Disposition.REJECT: Permanent,
    Disposition.EXPIRE: Permanent,
    Disposition.DISCARD: Permanent,
    Disposition.PARK: Parked,
    Disposition.WAIT: Retryable,
}


def error(code: str, detail: str = "", **options) -> IntegrationError:
    """Return the exception whose class fits the disposition of ``code``, for the caller to raise.

    Raises ``KeyError`` for a code that is not in the table or that is no failure.
    """
    spec = CODES[code]
    if code == "transition_refused":
        return TransitionRefused(code, detail, **options)
    return _CLASSES[spec.disposition](code, detail, **options)
