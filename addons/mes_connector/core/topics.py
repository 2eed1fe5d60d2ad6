"""MQTT topics of the connector, both ways; the client that uses them is in the gateway."""

import re

# The same rule holds for the code of a registered system, which is also its broker user.
SYSTEM_CODE = re.compile(r"[a-z0-9][a-z0-9-]*")

_ROOT = "mes/v1"
INBOUND_FILTER = f"{_ROOT}/+/in"
_INBOUND = re.compile(rf"{_ROOT}/({SYSTEM_CODE.pattern})/in")


def inbound_topic(system: str) -> str:
    """Return the topic a system publishes to; ``ValueError`` for what is no system code."""
    return _topic(system, "in")


def outbound_topic(system: str) -> str:
    """Return the topic a system subscribes to; ``ValueError`` for what is no system code."""
    return _topic(system, "out")


def _topic(system, leaf):
    if not SYSTEM_CODE.fullmatch(system):
        raise ValueError(f"Not a system code: {system!r}.")
    return f"{_ROOT}/{system}/{leaf}"


def parse_inbound(topic: str) -> str | None:
    """Return the system code of an inbound topic, None for any other topic."""
    match = _INBOUND.fullmatch(topic)
    return match and match.group(1)
