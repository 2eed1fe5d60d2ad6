"""Schemas: every golden is good, every required field is missed by its pointer, faults read well."""

import json
from pathlib import Path

import pytest
from mes_connector_core import envelope
from mes_connector_core.errors import Permanent
from mes_connector_core.event_types import EVENT_TYPES, ordering_key
from mes_connector_core.schema import SchemaSet

SCHEMAS = Path(__file__).resolve().parents[3] / "addons" / "mes_connector" / "schemas"
GOLDENS = sorted(SCHEMAS.glob("*/examples/*.v1.json"))
BATCHES = sorted(SCHEMAS.glob("examples/*.batch.json"))
QUANTITY = {"value": 1, "uom": "C62"}
CONFIRMATION = {"order": "MO", "operation": "10", "work_center": "W", "good": QUANTITY, "minutes": {}, "final": True}


def objects(value, pointer="/data"):
    """Each object inside a value, with its pointer."""
    if isinstance(value, dict):
        yield pointer, value
        for name, item in value.items():
            yield from objects(item, f"{pointer}/{name}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from objects(item, f"{pointer}/{index}")


def resolve(schema, root):
    return root["$defs"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def required_fields(schema, root, value, pointer="/data"):
    """The pointer of each required field of a value that has it, with the object that holds it."""
    schema = resolve(schema, root)
    for name in schema.get("required", ()):
        yield f"{pointer}/{name}", value, name
    for name, inner in schema.get("properties", {}).items():
        if name in value and isinstance(value[name], dict):
            yield from required_fields(inner, root, value[name], f"{pointer}/{name}")
        elif name in value and isinstance(value[name], list) and value[name] and isinstance(value[name][0], dict):
            yield from required_fields(resolve(inner, root)["items"], root, value[name][0], f"{pointer}/{name}/0")


def read(path):
    return [envelope.read_event(event) for event in envelope.split_events(envelope.parse_json(path.read_bytes()))]


def test_each_type_has_a_golden():
    assert {f"{path.parents[1].name}.v1" for path in GOLDENS} == set(EVENT_TYPES)


@pytest.mark.parametrize("path", [*GOLDENS, *BATCHES], ids=lambda path: f"{path.parents[1].name}-{path.stem}")
def test_goldens_follow_their_contract(path, schema_set):
    for event in read(path):
        assert schema_set.validate(event.type, event.data) == ()


def test_goldens_lie_with_their_type():
    assert [path for path in GOLDENS if read(path)[0].type != f"{path.parents[1].name}.v1"] == []


@pytest.mark.parametrize("path", GOLDENS, ids=lambda path: f"{path.parents[1].name}-{path.stem}")
def test_each_missing_field_is_named(path, schema_set):
    [event] = read(path)
    schema = schema_set.schemas[event.type]
    for pointer, holder, name in list(required_fields(schema, schema, event.data)):
        kept = holder.pop(name)
        assert [fault.pointer for fault in schema_set.validate(event.type, event.data)] == [pointer]
        holder[name] = kept


@pytest.mark.parametrize("path", GOLDENS, ids=lambda path: f"{path.parents[1].name}-{path.stem}")
def test_no_object_takes_unknown_properties(path, schema_set):
    [event] = read(path)
    for pointer, holder in list(objects(event.data)):
        holder["a/b"] = 1
        [fault] = schema_set.validate(event.type, event.data)
        assert (fault.pointer, fault.detail) == (f"{pointer}/a~1b", "This property is not known.")
        del holder["a/b"]


@pytest.mark.parametrize("wire_type", EVENT_TYPES)
def test_schemas_describe_themselves(wire_type, schema_set):
    schema = schema_set.schemas[wire_type]
    assert schema["$id"] == f"urn:mes:{wire_type}"
    assert schema["title"]
    described = [schema, *schema.get("$defs", {}).values()]
    while described:
        part = described.pop()
        assert part["description"].endswith("."), part
        described.extend(part.get("properties", {}).values())


@pytest.mark.parametrize(
    ("changes", "pointer", "detail"),
    [
        ({"order": ""}, "/data/order", "Must be at least 1 character(s) long."),
        ({"order": 5}, "/data/order", "Must be a text."),
        ({"order": "x" * 256}, "/data/order", "Must be at most 255 characters long."),
        ({"good": {"value": -1, "uom": "C62"}}, "/data/good/value", "Must be at least 0."),
        ({"good": {"value": 1e13, "uom": "C62"}}, "/data/good/value", "Must be at most 1000000000000."),
        ({"minutes": {"setup": "5"}}, "/data/minutes/setup", "Must be a number."),
        ({"minutes": []}, "/data/minutes", "Must be an object."),
        ({"final": 1}, "/data/final", "Must be true or false."),
        ({"serials": ["a", "a"]}, "/data/serials", "Must not repeat an item."),
        ({"serials": []}, "/data/serials", "Must hold at least 1 item(s)."),
        ({"operators": ["a"] * 101}, "/data/operators", "Must hold at most 100 items."),
        ({"cumulative": {}}, "/data/cumulative", "Must hold at least 1 of its properties."),
    ],
)
def test_faults_read_well(changes, pointer, detail, schema_set):
    [fault] = schema_set.validate("mes.operation.confirmed.v1", {**CONFIRMATION, **changes})
    assert (fault.pointer, fault.detail) == (pointer, detail)


@pytest.mark.parametrize(
    ("wire_type", "data", "detail"),
    [
        ("mes.hold.placed.v1", {"order": "MO", "reason": "R", "severity": "bad"},
         'Must be one of "minor", "major", "critical".'),
        ("mes.order.acknowledged.v1", {"order": "MO", "revision": 1.5, "accepted": True}, "Must be a whole number."),
        ("mes.material.consumed.v1", {"order": "MO", "items": [{"product": "P", "quantity": {**QUANTITY, "value": 0}}]},
         "Must be more than 0."),
        ("mes.production.reported.v1", {"order": "MO", "items": [{"product": "P", "quantity": QUANTITY}] * 501},
         "Must hold at most 500 items."),
    ],
)  # fmt: skip
def test_faults_of_other_types_read_well(wire_type, data, detail, schema_set):
    [fault] = schema_set.validate(wire_type, data)
    assert fault.detail == detail


@pytest.mark.parametrize(
    ("rule", "value", "detail"),
    [
        ({"const": "x"}, 1, 'Must be "x".'),
        ({"exclusiveMaximum": 1}, 1, "Must be less than 1."),
        ({"maxProperties": 0}, {"a": 1}, "Must hold at most 0 properties."),
        ({"pattern": "^[A-Z]+$"}, "a", "Must match the pattern ^[A-Z]+$."),
        ({"type": ["string", "null"]}, 1, "Must be null or a text."),
        ({"format": "uuid"}, "a", "Must be a UUID."),
        ({"format": "ipv4"}, "a", "Must be of the format ipv4."),
        ({"multipleOf": 2}, 1, "Does not follow its schema (multipleOf)."),
    ],
)
def test_rules_only_bridges_use_read_well(rule, value, detail, tmp_path):
    (tmp_path / "x.y").mkdir()
    (tmp_path / "x.y" / "v1.json").write_text(json.dumps(rule))
    [fault] = SchemaSet.load(tmp_path).validate("x.y.v1", value)
    assert (fault.pointer, fault.detail) == ("/data", detail)


def test_formats_are_checked(schema_set):
    golden = json.loads((SCHEMAS / "mes.order.posted/examples/short_with_scrap.v1.json").read_text())["data"]
    [fault] = schema_set.validate("mes.order.posted.v1", {**golden, "posted_at": "yesterday"})
    assert (fault.pointer, fault.detail) == ("/data/posted_at", "Must be an RFC 3339 time with an offset.")


def test_faults_come_sorted_and_complete(schema_set):
    data = {"order": "", "items": [{"quantity": {"value": "1"}}]}
    assert [fault.pointer for fault in schema_set.validate("mes.material.consumed.v1", data)] == [
        "/data/items/0/product",
        "/data/items/0/quantity/uom",
        "/data/items/0/quantity/value",
        "/data/order",
    ]


def test_faults_never_quote_the_payload(schema_set):
    faults = schema_set.validate(
        "mes.hold.placed.v1", {"order": ["s3cret"], "reason": "s3cret" * 999, "severity": "s3cret"}
    )
    assert len(faults) == 3
    assert "s3cret" not in repr(faults)


def test_a_type_without_schema(schema_set):
    with pytest.raises(Permanent) as raised:
        schema_set.validate("mes.unheard.of.v1", {})
    assert raised.value.code == "type_unknown"


@pytest.mark.parametrize("content", ["{", '{"type": "no such type"}'])
def test_a_broken_schema_file_is_named(content, tmp_path):
    (tmp_path / "x.y").mkdir()
    (tmp_path / "x.y" / "v1.json").write_text(content)
    with pytest.raises(ValueError, match=r"x\.y.v1\.json"):
        SchemaSet.load(tmp_path)


def test_the_batch_is_one_order_without_gaps():
    for path in BATCHES:
        events = read(path)
        assert len({ordering_key(event) for event in events}) == 1
        assert [event.sequence for event in events] == list(range(1, len(events) + 1))
