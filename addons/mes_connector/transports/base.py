"""What a transport gets and must return; no wire is spoken here, and no transport knows Odoo."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from ..core.messages import SendResult
from ..core.states import TransportKind


@dataclass(frozen=True)
class Delivery:
    """One message ready to leave.

    ``target`` is the address the system was registered with; ``secrets`` are its valid signing secrets, newest first.
    """

    message_id: str
    system: str
    target: str
    body: bytes
    secrets: tuple[str, ...] = ()
    is_plant_network: bool = False


class Transport(ABC):
    """One wire. ``send`` never raises for what the network or the far end does: it returns what came of it."""

    kind: TransportKind

    @abstractmethod
    def send(self, delivery: Delivery) -> SendResult:
        """Send one message and return the outcome, whose code's disposition decides what happens next."""
