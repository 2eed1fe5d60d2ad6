"""How bytes leave, one file per wire; the table below is the only line to edit for a new one."""

from ..core.states import TransportKind
from .http import HttpTransport

#: Wires a lane can open by itself. MQTT needs a connected client: the gateway makes that transport.
TRANSPORTS = {TransportKind.HTTP: HttpTransport}
