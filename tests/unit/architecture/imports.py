"""Who may import whom: the river of docs/architecture, in which imports only ever point to the core."""

import re
import sys
from collections.abc import Iterator

from .source import Source, Violation

CONNECTOR = "mes_connector"
# What each room of an addon may import of the same addon; tests and migrations may import all.
ROOMS = {
    "core": {"core"},
    "transports": {"core", "transports"},
    "handlers": {"core", "handlers"},
    "models": {"core", "transports", "handlers", "models", "vault"},
    "report": {"core", "models", "report"},
    "wizards": {"core", "models", "wizards"},
    "controllers": {"core", "models", "controllers"},
    "gateway": {"core", "models", "transports", "gateway", "process"},
    "worker": {"core", "models", "worker", "process"},
    "cli": {"core", "models", "gateway", "worker", "cli", "process"},
}
FREE_ROOMS = {"tests", "migrations"}
# Rooms that run without Odoo, and the one file of them that knows it.
ODOO_FREE_ROOMS = {"core", "transports", "gateway"}
ODOO_SINK = f"addons/{CONNECTOR}/gateway/odoo_sink.py"
CORE_LIBRARIES = {"jsonschema_rs"}
# Modules of the standard library that bring in a clock, chance, the network or the process.
IMPURE = {"http", "multiprocessing", "os", "secrets", "socket", "ssl", "subprocess", "threading", "time", "uuid"}
IMPURE_CALLS = re.compile(r"\b(?:datetime|date)\.(?:now|utcnow|today)\(|\brandom\.\w+\(")
BRIDGE = re.compile(r"\b[a-z]+_bridge(?:_[a-z]+)?\b|\bshopfloor_terminal\b")


def room_violations(source: Source) -> Iterator[Violation]:
    """Imports inside an addon point towards the core."""
    if not source.room or source.room in FREE_ROOMS:
        return
    if source.room not in ROOMS:
        yield Violation(source.path, 1, f"the room {source.room!r} has no place in the river: add it to ROOMS")
        return
    for line, name in source.imports():
        room = _room_of(name, source.addon)
        if room and room not in ROOMS[source.room]:
            yield Violation(source.path, line, f"{source.room} must not import {room}")


def _room_of(name, addon):
    if name[:2] == ("addons", addon) or name[:2] == ("odoo", "addons"):
        own = name[1:] if name[0] == "addons" else name[2:]
        return own[1] if len(own) > 1 and own[0] == addon else ""
    return ""


def odoo_violations(source: Source) -> Iterator[Violation]:
    """The core, the wires and the gateway run without Odoo; the simulator knows nothing of ours."""
    if source.room not in ODOO_FREE_ROOMS and source.parts[0] != "simulator":
        return
    for line, name in source.imports():
        if name[0] == "odoo" and source.room and source.path != ODOO_SINK:
            yield Violation(source.path, line, f"{source.room} must not import odoo")
        if source.parts[0] == "simulator" and (name[0] in ("odoo", "addons") or name[0].endswith("_core")):
            yield Violation(source.path, line, f"the simulator must not import {name[0]}")


def core_violations(source: Source) -> Iterator[Violation]:
    """A core is the standard library, jsonschema_rs and itself, without clock, chance or network."""
    if source.room != "core":
        return
    for line, name in source.imports():
        is_own = name[:3] == ("addons", source.addon, "core")
        is_known = name[0] in CORE_LIBRARIES or name[0] in sys.stdlib_module_names - IMPURE
        if not is_own and not is_known:
            yield Violation(source.path, line, f"core must not import {'.'.join(name)}")
    for number, text in enumerate(source.text.splitlines(), 1):
        if IMPURE_CALLS.search(text):
            yield Violation(source.path, number, "core takes time and chance as arguments")


def bridge_violations(path: str, text: str) -> Iterator[Violation]:
    """The connector never names a bridge, in code, views or data."""
    if not path.startswith(f"addons/{CONNECTOR}/"):
        return
    for number, line in enumerate(text.splitlines(), 1):
        if found := BRIDGE.search(line):
            yield Violation(path, number, f"the connector must not name {found.group()}")
