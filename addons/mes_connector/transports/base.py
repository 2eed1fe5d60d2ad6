"""What a transport gets and must return; no wire is spoken here, and no transport knows Odoo."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..core.messages import SendResult
from ..core.states import TransportKind


@dataclass(frozen=True)
class Delivery:
    """One message ready to leave, or ``count`` events that leave together.

    ``target`` is the address the system was registered with; ``secrets`` are its valid signing secrets, newest first.
    """

    message_id: str
    system: str
    target: str
    body: bytes
    secrets: tuple[str, ...] = ()
    is_plant_network: bool = False
    count: int = 1


def bundle(deliveries: Sequence[Delivery]) -> Delivery:
    """Return one delivery of all, in their order; a single one stays as it is.

    The batch's id is made of those of its events: the same batch again has the same id.
    """
    if len(deliveries) == 1:
        return deliveries[0]
    ids = "\n".join(one.message_id for one in deliveries)
    return replace(
        deliveries[0],
        message_id=f"batch_{hashlib.sha256(ids.encode()).hexdigest()[:32]}",
        body=b"[" + b",".join(one.body for one in deliveries) + b"]",
        count=len(deliveries),
    )


class Transport(ABC):
    """One wire. ``send`` never raises for what the network or the far end does: it returns what came of it."""

    kind: TransportKind
    #: Whether several events can leave in one request.
    takes_batches = False

    @abstractmethod
    def send(self, delivery: Delivery) -> SendResult:
        """Send one delivery and return the outcome, whose code's disposition decides what happens next."""
