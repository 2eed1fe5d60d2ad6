"""The whole vocabulary on one page: each event type, its directions, key, flow class and users.

What an event's data looks like is in ``schemas/``; what it does is in the handlers. A bridge
passes a mapping of its own to these functions; nothing here is changed at run time.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from .errors import error
from .messages import Envelope
from .states import Direction, FlowClass, SystemKind


@dataclass(frozen=True)
class EventType:
    """One version of one event type.

    ``key`` names the property of ``data`` that holds the ordering key; ``kinds`` are the kinds
    of system that get a route for it by default. A ``is_snapshot`` tells all of its object: an
    older one of the same key that has not been sent is worth nothing.
    """

    name: str
    major: int
    directions: tuple[Direction, ...]
    key: str
    flow_class: FlowClass
    kinds: tuple[SystemKind, ...]
    summary: str
    is_snapshot: bool = False

    @property
    def wire_type(self) -> str:
        """The CloudEvents ``type``, such as ``mes.order.released.v1``."""
        return f"{self.name}.v{self.major}"


_IN = (Direction.IN,)
_OUT = (Direction.OUT,)
_BOTH = (Direction.IN, Direction.OUT)
_MES = (SystemKind.MES,)
_MASTER_DATA = (SystemKind.MES, SystemKind.SCADA, SystemKind.LIMS, SystemKind.WMS)
_EVERY = tuple(SystemKind)
_NOW = FlowClass.REAL_TIME
_SOON = FlowClass.WINDOW
_NIGHT = FlowClass.BATCH

# fmt: off
_ALL = (
    # From the plant
    EventType("mes.order.acknowledged", 1, _IN, "order", _NOW, _MES,
              "The plant took or refused a revision of an order."),
    EventType("mes.operation.started", 1, _IN, "order", _NOW, (SystemKind.MES, SystemKind.SCADA),
              "Work on an operation began at the time of the event."),
    EventType("mes.operation.paused", 1, _IN, "order", _NOW, (SystemKind.MES, SystemKind.SCADA),
              "Work on an operation stopped for a while."),
    EventType("mes.operation.resumed", 1, _IN, "order", _NOW, (SystemKind.MES, SystemKind.SCADA),
              "Work on a paused operation goes on."),
    EventType("mes.operation.confirmed", 1, _IN, "order", _NOW, _MES,
              "An operation made progress: pieces and minutes since the confirmation before."),
    EventType("mes.material.consumed", 1, _IN, "order", _SOON, _MES,
              "Components were used up, with their lots."),
    EventType("mes.material.returned", 1, _IN, "order", _SOON, _MES,
              "Components that were reported as used up came back, with their lots."),
    EventType("mes.production.reported", 1, _IN, "order", _NOW, _MES,
              "Good pieces or by-products came out, with their lots or serial numbers."),
    EventType("mes.scrap.reported", 1, _IN, "order", _NOW, _MES,
              "A finished piece or a component was scrapped."),
    EventType("mes.posting.reversed", 1, _IN, "order", _NOW, _MES,
              "An earlier event was wrong: exactly what it posted is undone."),
    EventType("mes.labor.reported", 1, _IN, "order", _SOON, _MES,
              "An operator worked on an operation from a time to a time."),
    EventType("mes.downtime.started", 1, _IN, "work_center", _NOW, (SystemKind.MES, SystemKind.SCADA),
              "A work center went down; why."),
    EventType("mes.downtime.ended", 1, _IN, "work_center", _NOW, (SystemKind.MES, SystemKind.SCADA),
              "A work center is up again."),
    EventType("mes.order.completed", 1, _IN, "order", _NOW, _MES,
              "The plant is finished with the order; its totals are given."),
    EventType("mes.shift.summarized", 1, _IN, "shift", _NOW, _MES,
              "What a system says it reported in a shift, added up; compared, never booked."),
    # Both ways
    EventType("mes.hold.placed", 1, _BOTH, "order", _NOW, (SystemKind.MES, SystemKind.LIMS),
              "An order was put on hold."),
    EventType("mes.hold.released", 1, _BOTH, "order", _NOW, (SystemKind.MES, SystemKind.LIMS),
              "The hold on an order ended."),
    # To the plant
    EventType("mes.order.released", 1, _OUT, "order", _NOW, _MES,
              "An order may be executed: operations, components, quantities, revision."),
    EventType("mes.order.changed", 1, _OUT, "order", _NOW, _MES,
              "A released order is to be executed otherwise: the whole order in its next revision."),
    EventType("mes.order.closed", 1, _OUT, "order", _NOW, _MES,
              "A released order was ended in the ERP: nothing more of it is to be produced."),
    EventType("mes.order.cancelled", 1, _OUT, "order", _NOW, _MES,
              "A released order will not be executed."),
    EventType("mes.order.posted", 1, _OUT, "order", _NOW, (SystemKind.MES, SystemKind.ERP),
              "The order is closed in the ERP; yield and consumption against plan."),
    EventType("mes.product.published", 1, _OUT, "product", _NIGHT, _MASTER_DATA,
              "A product as the ERP knows it now.", is_snapshot=True),
    EventType("mes.bom.published", 1, _OUT, "bom", _NIGHT, _MES,
              "A bill of materials as it is now, whole.", is_snapshot=True),
    EventType("mes.routing.published", 1, _OUT, "routing", _NIGHT, _MES,
              "The operations of a bill of materials as they are now, whole.", is_snapshot=True),
    EventType("mes.work_center.published", 1, _OUT, "work_center", _NIGHT, _MASTER_DATA,
              "A work center as the ERP knows it now.", is_snapshot=True),
    EventType("mes.reason_code.published", 1, _OUT, "reason", _NIGHT, _MASTER_DATA,
              "A reason of downtime or scrap as the ERP knows it now.", is_snapshot=True),
    EventType("mes.lot.published", 1, _OUT, "lot_key", _NIGHT, _MASTER_DATA,
              "A lot or serial number as the ERP knows it now.", is_snapshot=True),
    EventType("mes.inventory.availability.changed", 1, _OUT, "availability_key", _NOW, (SystemKind.MES, SystemKind.WMS),
              "What a plant has of a component of its released orders, and how much is reserved.", is_snapshot=True),
    EventType("mes.material.shortage.detected", 1, _OUT, "order", _NOW, (SystemKind.MES, SystemKind.WMS),
              "A released order lacks components."),
    EventType("mes.shift.summary.requested", 1, _OUT, "request", _NOW, _MES,
              "The ERP asks what a system reported in a time."),
    EventType("mes.resend.requested", 1, _OUT, "request", _NOW, _MES,
              "The ERP misses events and asks for them once more."),
    EventType("mes.message.accepted", 1, _OUT, "order", _NOW, _EVERY,
              "A message was applied; what it did."),
    EventType("mes.message.rejected", 1, _OUT, "order", _NOW, _EVERY,
              "A message was not applied and will not be; why, and what to do."),
    EventType("mes.message.expired", 1, _OUT, "order", _NOW, _EVERY,
              "A message was not applied before the deadline its sender gave."),
)
# fmt: on

EVENT_TYPES: dict[str, EventType] = {entry.wire_type: entry for entry in _ALL}

# Answers to messages are themselves never answered.
ANSWER_TYPES = frozenset(name for name in EVENT_TYPES if name.startswith("mes.message."))


def event_type(wire_type: str, types: Mapping[str, EventType] = EVENT_TYPES) -> EventType:
    """Return the entry of a CloudEvents ``type``.

    Raises ``Permanent`` with ``version_unsupported`` when only other versions of the type are
    known, ``type_unknown`` when none is.
    """
    if wire_type in types:
        return types[wire_type]
    name = wire_type.rpartition(".v")[0]
    versions = sorted(known for known, entry in types.items() if entry.name == name)
    if versions:
        raise error("version_unsupported", f"Known: {', '.join(versions)}.")
    raise error("type_unknown")


def default_routes(kind: SystemKind, types: Mapping[str, EventType] = EVENT_TYPES) -> list[tuple[str, Direction]]:
    """Return the (wire type, direction) pairs a new system of this kind may send and receive."""
    return [
        (wire_type, direction)
        for wire_type, entry in types.items()
        if kind in entry.kinds
        for direction in entry.directions
    ]


def ordering_key(envelope: Envelope, types: Mapping[str, EventType] = EVENT_TYPES) -> str:
    """Return the key within which this event keeps its order; never empty.

    The payload's own reference wins over the sender's ``orderkey``, so that two systems that
    report on one order cannot be applied side by side. An event that names neither is alone.
    """
    entry = types.get(envelope.type)
    reference = envelope.data.get(entry.key) if entry else None
    if not isinstance(reference, str):
        reference = ""
    return reference or envelope.order_key or envelope.id
