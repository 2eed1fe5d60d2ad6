"""The vocabulary: every type has a schema, routes follow the kind, keys cannot split an order."""

from dataclasses import replace
from datetime import datetime, timezone

import pytest
from mes_connector_core.errors import Permanent
from mes_connector_core.event_types import (
    ANSWER_TYPES,
    EVENT_TYPES,
    EventType,
    FlowClass,
    default_routes,
    event_type,
    ordering_key,
)
from mes_connector_core.messages import Envelope
from mes_connector_core.states import Direction, SystemKind

ENVELOPE = Envelope(
    id="e-1", source="/mes", type="mes.order.completed.v1", time=datetime(2026, 1, 1, tzinfo=timezone.utc), data={}
)


def test_every_type_has_a_schema_and_every_schema_a_type(schema_set):
    assert set(EVENT_TYPES) == set(schema_set.schemas)


def test_the_key_of_every_type_is_a_property_of_its_data(schema_set):
    for wire_type, entry in EVENT_TYPES.items():
        assert entry.key in schema_set.schemas[wire_type]["properties"]


@pytest.mark.parametrize(
    ("wire_type", "code"),
    [
        ("mes.order.released.v2", "version_unsupported"),
        ("mes.order.released", "type_unknown"),
        ("com.example.thing.v1", "type_unknown"),
        ("", "type_unknown"),
    ],
)
def test_unknown_types(wire_type, code):
    with pytest.raises(Permanent) as raised:
        event_type(wire_type)
    assert raised.value.code == code


def test_the_known_versions_are_named():
    with pytest.raises(Permanent, match=r"Known: mes\.order\.released\.v1\."):
        event_type("mes.order.released.v9")


def test_a_bridge_passes_its_own_types():
    extra = EventType("x.y", 1, (Direction.IN,), "lot", FlowClass.BATCH, (SystemKind.LIMS,), "A sample.")
    types = {**EVENT_TYPES, extra.wire_type: extra}
    assert event_type("x.y.v1", types) is extra
    assert ("x.y.v1", Direction.IN) in default_routes(SystemKind.LIMS, types)
    assert "x.y.v1" not in EVENT_TYPES


def test_a_mes_gets_every_route():
    assert {wire_type for wire_type, _ in default_routes(SystemKind.MES)} == set(EVENT_TYPES)
    assert ("mes.hold.placed.v1", Direction.IN) in default_routes(SystemKind.MES)
    assert ("mes.hold.placed.v1", Direction.OUT) in default_routes(SystemKind.MES)


def test_other_systems_get_answers_and_may_send_nothing():
    assert default_routes(SystemKind.OTHER) == [(name, Direction.OUT) for name in EVENT_TYPES if name in ANSWER_TYPES]


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"data": {"order": "MO1"}}, "MO1"),
        ({"data": {"order": "MO1"}, "order_key": "other"}, "MO1"),
        ({"data": {}, "order_key": "MO2"}, "MO2"),
        ({"data": {"order": 7}}, "e-1"),
        ({"type": "com.example.thing.v1", "data": {"order": "MO1"}}, "e-1"),
    ],
)
def test_ordering_key(changes, key):
    assert ordering_key(replace(ENVELOPE, **changes)) == key
