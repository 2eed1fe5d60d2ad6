"""Writes docs/reference/ from the tables and schemas of the connector's core; nothing there is written by hand.

Needs nothing but Python: ``python tools/make_reference.py`` writes the pages, with ``--check`` it
only compares and exits 1 when a page is not what the tables say.
"""

import argparse
import importlib
import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ADDON = ROOT / "addons" / "mes_connector"
SCHEMAS = ADDON / "schemas"
PAGES = ROOT / "docs" / "reference"
NOTE = "<!-- Written by tools/make_reference.py from the tables in addons/mes_connector. Do not edit. -->"
CORE = "mes_connector_core"

STATE_MEANINGS = {
    "InboxState": {
        "pending": "Stored; a lane applies it next.",
        "waiting": "Tried, failed for a technical reason; tried again at its time.",
        "parked": "Waits for something that can be named, or for a person.",
        "done": "Applied, with its effects; answered `accepted`.",
        "rejected": "Breaks the contract or a conservation law; answered `rejected`.",
        "dead": "Out of attempts; a person decides. It blocks its key.",
        "superseded": "Replaced by an edited copy, which carries the answer.",
        "discarded": "A person decided not to apply it; answered `rejected`.",
        "expired": "The sender's deadline passed; answered `expired`.",
    },
    "OutboxState": {
        "pending": "Stored with the business change; a lane sends it next.",
        "waiting": "Sending failed; tried again at its time.",
        "sent": "The system took it.",
        "confirmed": "The system answered that it acts on it.",
        "refused": "The system refused it, by status or by event.",
        "dead": "Out of attempts; a person decides.",
        "expired": "No longer worth sending, or not answered in time.",
        "discarded": "A person decided not to send it.",
        "superseded": "A newer message says it all.",
    },
    "BreakerState": {
        "closed": "The system is called; failures in a row are counted.",
        "open": "Nothing is sent until the time of the next probe.",
        "half_open": "One message is out as the probe; nothing else is sent.",
    },
}

KIND_NAMES = {
    "array": "list",
    "boolean": "boolean",
    "integer": "integer",
    "number": "number",
    "object": "object",
    "string": "text",
}
# (attribute, required, meaning), as core/envelope.py reads them.
ENVELOPE = (
    ("specversion", True, 'Always `"1.0"`.'),
    ("id", True, "Identity of the event within its source, 1 to 255 characters. The same again is a duplicate."),
    ("source", True, "Who says it: a URI reference, 1 to 255 characters."),
    ("type", True, "What happened: one of the types below."),
    ("time", True, "When it happened: RFC 3339 with an offset."),
    ("data", True, "What is to be said: an object, described below for each type."),
    ("datacontenttype", False, "`application/json`, which is also the default."),
    ("subject", False, "What it is about; the order reference in what Odoo sends."),
    ("plant", False, "Plant it happened in: the warehouse code."),
    ("orderkey", False, "Ordering key, for an event whose data has none."),
    ("sequence", False, "Place among the events of the same source and ordering key: 1, 2, 3 … without gaps."),
    ("correlationid", False, "Ties events of one business case together."),
    ("causationid", False, "Id of the event this one answers."),
    ("traceparent", False, "W3C trace context."),
    ("expirytime", False, "Not to be applied after this time: RFC 3339 with an offset."),
)


def mount_core() -> None:
    """Make the core importable as a package of its own, without the addon, which needs Odoo."""
    if CORE in sys.modules:
        return
    folder = ADDON / "core"
    spec = importlib.util.spec_from_file_location(
        CORE, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    sys.modules[CORE] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[CORE])


def core(name: str):
    """Return one module of the core."""
    mount_core()
    return importlib.import_module(f"{CORE}.{name}")


def table(heads: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table; bars in cells are escaped."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _page(title: str, *blocks: str) -> str:
    return "\n\n".join((NOTE, f"# {title}", *blocks)) + "\n"


# Events


def events_page() -> str:
    """Every event type with its data and an example."""
    types = core("event_types").EVENT_TYPES
    rows = [
        [f"[`{name}`](#{_anchor(name)})", _directions(entry), entry.flow_class.value.replace("_", " "), entry.summary]
        for name, entry in types.items()
    ]
    return _page(
        "Events",
        "Each message is one CloudEvent (1.0, JSON). *In* is from the plant to Odoo, *out* from Odoo to the plant. "
        "`data` holds what is listed here and nothing else; a quantity is "
        '`{"value": 12.5, "uom": "KGM"}` with a UN/ECE Recommendation 20 code.',
        "Events with the same ordering key are applied in their order; one without a key stands alone.",
        "## Envelope",
        table(
            ["Attribute", "Required", "Meaning"],
            [[f"`{name}`", "yes" if required else "", meaning] for name, required, meaning in ENVELOPE],
        ),
        "## Types",
        table(["Type", "Direction", "Flow class", "What it says"], rows),
        *(_event_section(name, entry) for name, entry in types.items()),
        "## A whole order as one batch",
        _fence(SCHEMAS / "examples" / "whole_order.batch.json"),
    )


def _anchor(wire_type: str) -> str:
    return wire_type.replace(".", "")


def _directions(entry) -> str:
    return " and ".join(direction.value for direction in entry.directions)


def _event_section(wire_type: str, entry) -> str:
    folder = SCHEMAS / entry.name
    schema = json.loads((folder / f"v{entry.major}.json").read_text(encoding="utf-8"))
    first, *others = sorted((folder / "examples").glob(f"*.v{entry.major}.json"))
    states = core("states")
    kinds = ", ".join(label for value, label in states.selection(states.SystemKind) if value in entry.kinds)
    schema_link = f"[`{entry.name}/v{entry.major}.json`]({_link(folder / f'v{entry.major}.json')})"
    blocks = [
        f"## {wire_type}",
        schema["description"],
        f"Direction: {_directions(entry)}. Key: `{entry.key}`. Default route for: {kinds}. Schema: {schema_link}.",
        table(["Field of `data`", "Type", "Required", "Meaning"], list(_fields(schema, schema, ""))),
        f"Example `{first.name}`:",
        _fence(first),
    ]
    if others:
        blocks.append("More examples: " + ", ".join(f"[`{path.name}`]({_link(path)})" for path in others) + ".")
    return "\n\n".join(blocks)


def _link(path: Path) -> str:
    return f"../../{path.relative_to(ROOT).as_posix()}"


def _fence(path: Path) -> str:
    return f"```json\n{path.read_text(encoding='utf-8').strip()}\n```"


def _fields(schema: dict, root: dict, prefix: str) -> Iterator[list[str]]:
    """One row for each property, nested ones by their path."""
    for name, declared in schema.get("properties", {}).items():
        shape = _resolve(declared, root)
        required = "yes" if name in schema.get("required", ()) else ""
        yield [f"`{prefix}{name}`", type_text(declared, root), required, declared["description"]]
        if "$ref" in declared and _is_quantity(declared):
            continue
        inner = _resolve(shape.get("items", {}), root) if shape["type"] == "array" else shape
        yield from _fields(inner, root, f"{prefix}{name}[]." if shape["type"] == "array" else f"{prefix}{name}.")


def _resolve(schema: dict, root: dict) -> dict:
    return root["$defs"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def _is_quantity(schema: dict) -> bool:
    return schema["$ref"].endswith("quantity")


def type_text(declared: dict, root: dict) -> str:
    """The type of a property in words, with its limits."""
    if "$ref" in declared and _is_quantity(declared):
        return "quantity, more than 0" if declared["$ref"].endswith("fact_quantity") else "quantity"
    schema = _resolve(declared, root)
    if "enum" in schema:
        return " or ".join(f"`{option}`" for option in schema["enum"])
    if schema.get("format") == "date-time":
        return "RFC 3339 time"
    return f"{KIND_NAMES[schema['type']]}{_limits(schema)}"


def _limits(schema: dict) -> str:
    if schema["type"] == "array":
        return f", {schema.get('minItems', 0)} to {schema['maxItems']}"
    if schema["type"] == "string":
        return f", {schema.get('minLength', 0)} to {schema['maxLength']} characters"
    return f", from {schema['minimum']}" if schema.get("minimum", -1) >= 0 else ""


# States


def states_page() -> str:
    """Both message tables and that of the circuit breaker, as lists, matrices and diagrams."""
    machine, gate, states = core("message_machine"), core("gate"), core("states")
    inbox = _machine_blocks(machine.INBOX_TRANSITIONS, states.InboxState, machine.InboxEvent)
    outbox = _machine_blocks(machine.OUTBOX_TRANSITIONS, states.OutboxState, machine.OutboxEvent)
    breaker = _machine_blocks(gate.BREAKER_TRANSITIONS, states.BreakerState, gate.BreakerEvent)
    return _page(
        "States of messages",
        "A message from the plant is in the inbox, one to the plant in the outbox.",
        "## Inbox",
        *inbox,
        "## Outbox",
        "An answer of the plant may overtake the outcome of the delivery itself: `confirmed` and `refused` then "
        "take that outcome without moving.",
        *outbox,
        "## Circuit breaker of a system",
        f"`trip` is failure number {gate.FAILURE_LIMIT} in a row, a failed probe, or a wait the system asked for "
        f"(`Retry-After`). The breaker stays open for {gate.FIRST_OPEN_SECONDS:g} seconds, twice as long after each "
        f"failed probe, {gate.LONGEST_OPEN_SECONDS:g} at most. `probe` is drawn by the first message whose lane asks "
        f"then, and again {gate.PROBE_SECONDS:g} seconds later when nothing was heard of it; outcomes of other "
        "messages that come in meanwhile do not count. `hasten` and `close` are a person's.",
        *breaker,
    )


def _machine_blocks(transitions: dict, states, events) -> list[str]:
    meanings = STATE_MEANINGS[states.__name__]
    initial = next(iter(states))
    cells = [
        [
            f"`{state.value}`",
            *(transitions[state, event].value if (state, event) in transitions else "" for event in events),
        ]
        for state in states
        if any((state, event) in transitions for event in events)
    ]
    arrows = [(source.value, event.value, target.value) for (source, event), target in transitions.items()]
    return [
        table(["State", "Meaning"], [[f"`{state.value}`", meanings[state.value]] for state in states]),
        "What each event makes of each state; an empty cell is refused, a state without a row never moves again.",
        table(["State", *(f"`{event.value}`" for event in events)], cells),
        _diagram(initial.value, arrows),
    ]


def _diagram(initial: str, arrows: list[tuple[str, str, str]]) -> str:
    """A Mermaid state diagram; arrows between the same two states share one line."""
    labels: dict[tuple[str, str], list[str]] = {}
    for source, event, target in arrows:
        labels.setdefault((source, target), []).append(event)
    lines = [f"    {source} --> {target}: {', '.join(names)}" for (source, target), names in labels.items()]
    return "\n".join(("```mermaid", "stateDiagram-v2", f"    [*] --> {initial}", *lines, "```"))


# Life cycle of an order


def lifecycle_page() -> str:
    """The phase table, its diagram and what every event means in every phase."""
    machine, phases = core("order_machine"), core("states").OrderPhase
    return _page(
        "Life cycle of an order",
        "A manufacturing order with an active release route has a phase; Odoo moves its own state by itself.",
        _diagram(next(iter(phases)).value, list(_order_arrows(machine))),
        "## Arrows",
        table(["From", "Event", "To", "Owner", "Guard", "Effect"], [_arrow_row(row) for row in machine.TRANSITIONS]),
        "## What every event means in every phase",
        "A phase: the order moves there. *already*: accepted, nothing changes. *too early*: parked until what comes "
        "before it arrives. *on hold*: parked until the hold ends. *refused*: rejected with `transition_refused`.",
        table(["Phase", *(f"`{event.value}`" for event in machine.OrderEvent)], _verdict_rows(machine, phases)),
    )


def _order_arrows(machine) -> Iterator[tuple[str, str, str]]:
    for row in machine.TRANSITIONS:
        left_by = machine.LEFT_BY.get(row.event, ())
        came_from = [other.source for other in machine.TRANSITIONS if other.event in left_by]
        for target in [row.target] if row.target else dict.fromkeys(came_from):
            yield row.source.value, row.event.value, target.value


def _arrow_row(row) -> list[str]:
    target = f"`{row.target.value}`" if row.target else "where it came from"
    return [f"`{row.source.value}`", f"`{row.event.value}`", target, row.owner, row.guard, row.effect]


def _verdict_rows(machine, phases) -> list[list[str]]:
    came_from = phases.IN_PROGRESS  # any phase an order can go back to: the cell does not name it
    return [
        [f"`{phase.value}`", *(_verdict_cell(machine, phase, event, came_from) for event in machine.OrderEvent)]
        for phase in phases
    ]


def _verdict_cell(machine, phase, event, came_from) -> str:
    decision = machine.decide(phase, event, came_from)
    if decision.verdict is not machine.Verdict.MOVE:
        return f"*{decision.verdict.value.replace('_', ' ')}*"
    return "(where it came from)" if event in machine.LEFT_BY else f"`{decision.target.value}`"


# Answer codes


def errors_page() -> str:
    """Every answer code, by what becomes of the message."""
    errors = core("errors")
    blocks = []
    for disposition in errors.Disposition:
        rows = [_code_row(spec) for spec in errors.CODES.values() if spec.disposition is disposition]
        heads = ["Code", "HTTP", "Blocks its key", "Kind", "Owner", "What the sender reads", "What to do next"]
        blocks += [f"## {disposition.value.capitalize()}", table(heads, rows)]
    return _page(
        "Answer codes",
        "Codes are stable. `done`, `reject`, `expire` and `discard` end a message with one answer; a message that is "
        "parked or waits has none yet, and an owner. The HTTP status stands beside codes a response may carry.",
        *blocks,
        "## When it is tried again",
        "After a wait drawn from the upper half of a limit, which grows with each attempt up to its cap; until the "
        "last attempt or the end of the time, whichever comes first. Then the message is dead.",
        table(
            ["Code", "First limit", "Times", "Cap", "Attempts", "For"],
            [_policy_row(code, policy) for code, policy in core("backoff").POLICIES.items()],
        ),
    )


def _policy_row(code, policy) -> list[str]:
    attempts = str(policy.max_attempts or "any")
    age = "any time" if policy.max_age_seconds is None else f"{policy.max_age_seconds / 3600:g} h"
    waits = [f"{policy.base_seconds:g} s", f"{policy.factor:g}", f"{policy.cap_seconds:g} s"]
    return [f"`{code}`", *waits, attempts, age]


def _code_row(spec) -> list[str]:
    status = str(spec.http_status or "")
    owner = spec.owner.value if spec.owner else ""
    return [f"`{spec.code}`", status, "yes" if spec.blocks_key else "", spec.kind.value, owner, spec.text, spec.hint]


WRITERS = {
    "events.md": events_page,
    "states.md": states_page,
    "lifecycle.md": lifecycle_page,
    "errors.md": errors_page,
}


def main(arguments: list[str] | None = None) -> int:
    """Write or check the pages; the exit code is 1 when a check finds a difference."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare only")
    check = parser.parse_args(arguments).check
    stale = []
    for name, writer in WRITERS.items():
        path, text = PAGES / name, writer()
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    print(f"docs/reference: {', '.join(stale) or 'nothing'} {'out of date' if check else 'written'}")
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
