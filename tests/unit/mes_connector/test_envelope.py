"""Envelopes: what is read, what is refused with which pointers, and what counts as the same event."""

import contextlib
import json
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mes_connector_core import envelope
from mes_connector_core.errors import Permanent

UTC = timezone.utc
EVENT = {
    "specversion": "1.0",
    "id": "e-1",
    "source": "/plant/north",
    "type": "mes.order.completed.v1",
    "time": "2026-11-22T10:00:00+01:00",
    "data": {"order": "WH/MO/1"},
}
TEXT = st.text('aZ0 /~"\\\n\u00e4\u20ac\U0001f30e', max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


def refused(function, *arguments):
    with pytest.raises(Permanent) as raised:
        function(*arguments)
    return raised.value


def pointers(event):
    return [fault.pointer for fault in refused(envelope.read_event, event).errors]


@pytest.mark.parametrize(
    ("content_type", "kind"),
    [
        ("application/cloudevents+json", "single"),
        ("Application/CloudEvents+JSON; charset=UTF-8", "single"),
        ("application/cloudevents-batch+json;charset=utf-8", "batch"),
    ],
)
def test_media_types(content_type, kind):
    assert envelope.media_type(content_type) == kind


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "application/json",
        "text/plain",
        "application/cloudevents+xml",
        "application/cloudevents+json; charset=latin-1",
    ],
)
def test_other_media_types_are_refused(content_type):
    assert refused(envelope.media_type, content_type).code == "media_type_unsupported"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff{}",
        b"\xef\xbb\xbf{}",
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b'{"a": 9007199254740992}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": 1, "a": 2}',
        b'{"a": "\\u0000"}',
        b'{"\\u0000": 1}',
        b'{"a": "\\ud800"}',
        b"[" * 33 + b"]" * 33,
        b"[" * 200_000,
        b'{"a": 1} {"b": 2}',
    ],
    ids=lambda body: repr(body[:24]),
)
def test_json_that_cannot_be_read_safely(body):
    assert refused(envelope.parse_json, body).code == "json_invalid"


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'"\\\\u0000"', "\\u0000"),
        (b'"\\ud83c\\udf0e"', "\N{EARTH GLOBE AMERICAS}"),
        (b"[" * 32 + b"]" * 32, json.loads("[" * 32 + "]" * 32)),
        (b'{"a": 9007199254740991, "b": -0.5e3}', {"a": 9007199254740991, "b": -500.0}),
    ],
)
def test_json_that_only_looks_unsafe(body, value):
    assert envelope.parse_json(body) == value


def test_a_body_may_not_be_larger_than_the_limit():
    body = b'"' + b"x" * (envelope.MAX_BODY_BYTES - 2) + b'"'
    assert len(envelope.parse_json(body)) == envelope.MAX_BODY_BYTES - 2
    assert refused(envelope.parse_json, body + b" ").code == "too_large"


@given(JSON)
@settings(max_examples=25)
def test_what_is_read_is_what_was_written(value):
    assert envelope.parse_json(json.dumps(value).encode()) == value


@given(st.binary(max_size=40))
@settings(max_examples=40)
def test_no_bytes_make_another_exception(body):
    with contextlib.suppress(Permanent):
        envelope.parse_json(body)


@pytest.mark.parametrize(
    ("value", "kind", "code"),
    [
        ([], "", "json_invalid"),
        ("text", "", "json_invalid"),
        ([EVENT], "single", "json_invalid"),
        (EVENT, "batch", "json_invalid"),
        ([EVENT] * 1001, "batch", "too_large"),
    ],
)
def test_wrong_shapes(value, kind, code):
    assert refused(envelope.split_events, value, kind).code == code


@pytest.mark.parametrize(
    ("value", "kind"), [(EVENT, "single"), (EVENT, ""), ([EVENT], "batch"), ([EVENT], ""), ([1] * 1000, "batch")]
)
def test_shapes(value, kind):
    assert envelope.split_events(value, kind) == (value if isinstance(value, list) else [value])


def test_every_attribute_is_read():
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    event = {
        **EVENT, "plant": "WH", "orderkey": "k", "sequence": "0012", "correlationid": "c", "causationid": "b",
        "traceparent": trace, "expirytime": "2026-11-22T11:00:00Z", "subject": "s", "vendorhint": 3, "dataschema": None,
    }  # fmt: skip
    read = envelope.read_event(event)
    assert (read.id, read.source, read.type, read.data) == ("e-1", "/plant/north", event["type"], event["data"])
    assert (read.plant, read.order_key, read.sequence, read.subject) == ("WH", "k", 12, "s")
    assert (read.correlation_id, read.causation_id, read.traceparent) == ("c", "b", trace)
    assert read.time == datetime(2026, 11, 22, 9, tzinfo=UTC)
    assert read.expires_at == datetime(2026, 11, 22, 11, tzinfo=UTC)
    assert list(json.loads(read.raw)) == list(event)


@pytest.mark.parametrize("name", EVENT)
def test_each_missing_attribute_is_named(name):
    event = {key: value for key, value in EVENT.items() if key != name}
    assert pointers(event) == [f"/{name}"]
    assert pointers({**EVENT, name: None}) == [f"/{name}"]


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({"specversion": "0.3"}, ["/specversion"]),
        ({"id": ""}, ["/id"]),
        ({"id": 7}, ["/id"]),
        ({"id": {}}, ["/id"]),
        ({"sequence": 1.5}, ["/sequence"]),
        ({"id": "x" * 256}, ["/id"]),
        ({"id": "a\nb"}, ["/id"]),
        ({"source": "not a uri"}, ["/source"]),
        ({"source": "/100%"}, ["/source"]),
        ({"data": []}, ["/data"]),
        ({"time": "2026-11-22"}, ["/time"]),
        ({"time": "2026-11-22T10:00:00"}, ["/time"]),
        ({"time": 1}, ["/time"]),
        ({"expirytime": "soon"}, ["/expirytime"]),
        ({"sequence": 0}, ["/sequence"]),
        ({"sequence": True}, ["/sequence"]),
        ({"sequence": "1.5"}, ["/sequence"]),
        ({"sequence": 2**31}, ["/sequence"]),
        ({"datacontenttype": "text/xml"}, ["/datacontenttype"]),
        ({"data_base64": "eA=="}, ["/data_base64"]),
        ({"Plant/x": "WH"}, ["/Plant~1x"]),
        ({"vendorhint": {"a": 1}}, ["/vendorhint"]),
        ({"id": "", "time": "x", "data": 1, "sequence": -1}, ["/data", "/id", "/sequence", "/time"]),
    ],
)
def test_every_fault_is_listed(changes, faults):
    assert pointers({**EVENT, **changes}) == faults


@pytest.mark.parametrize("event", [None, [], "text", 5])
def test_an_event_is_an_object(event):
    assert pointers(event) == [""]


@pytest.mark.parametrize(
    "trace",
    [
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "nonsense",
        5,
    ],
)
def test_a_malformed_trace_is_dropped_not_refused(trace):
    assert envelope.read_event({**EVENT, "traceparent": trace}).traceparent == ""


def test_a_later_version_of_the_trace_header_is_kept():
    trace = "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more"
    assert envelope.read_event({**EVENT, "traceparent": trace}).traceparent == trace


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-22T10:00:00Z", datetime(2026, 11, 22, 10, tzinfo=UTC)),
        ("2026-11-22t10:00:00.1234567z", datetime(2026, 11, 22, 10, 0, 0, 123456, UTC)),
        ("2026-11-22 10:00:00-05:30", datetime(2026, 11, 22, 15, 30, tzinfo=UTC)),
        ("2026-11-22T23:30:00+23:59", datetime(2026, 11, 21, 23, 31, tzinfo=UTC)),
        ("2026-02-30T10:00:00Z", None),
        ("2026-11-22T24:00:00Z", None),
        ("2026-11-22T10:00:60Z", None),
        ("2026-11-22T10:00:00+24:00", None),
        ("2026-11-22T10:00:00+01:60", None),
        ("2026-11-22T10:00:00+0100", None),
        ("0001-01-01T00:00:00+01:00", None),
        ("٢٠٢٦-11-22T10:00:00Z", None),
    ],
)
def test_times(text, expected):
    assert envelope.parse_time(text) == expected


@given(st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)), st.integers(-1439, 1439))
@settings(max_examples=25)
def test_written_times_read_back(moment, offset_minutes):
    local = moment.replace(tzinfo=timezone(timedelta(minutes=offset_minutes)))
    assert envelope.parse_time(envelope.format_time(local)) == local


def test_a_time_without_offset_is_not_written():
    with pytest.raises(ValueError, match="offset"):
        envelope.format_time(datetime(2026, 11, 22))


def test_what_is_built_reads_back():
    moment = datetime(2026, 11, 22, 9, tzinfo=UTC)
    event = envelope.build_event(
        "mes.order.released.v1",
        {"order": "MO"},
        id="1",
        source="/odoo",
        time=moment,
        subject="MO",
        plant="",
        sequence=None,
    )
    read = envelope.read_event(event)
    assert (read.type, read.time, read.subject, read.plant) == ("mes.order.released.v1", moment, "MO", "")
    assert not {"plant", "sequence"} & set(event)


def test_building_needs_identity_and_time():
    with pytest.raises(TypeError, match="source, time"):
        envelope.build_event("t", {}, id="1")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"b": 1, "a": [1.0, True]}, {"a": [1, True], "b": 1.0}),
        ({"a": -0.0}, {"a": 0}),
        ({"a": 1e21}, {"a": 1e21}),
    ],
)
def test_equal_values_have_one_canonical_text(one, other):
    assert envelope.canonical_json(one) == envelope.canonical_json(other)


@pytest.mark.parametrize(("one", "other"), [({"a": 1}, {"a": True}), ({"a": "1"}, {"a": 1}), ([1, 2], [2, 1])])
def test_different_values_differ(one, other):
    assert envelope.canonical_json(one) != envelope.canonical_json(other)


def test_canonical_text_is_readable_and_finite():
    assert envelope.canonical_json({"ü": 0.1}) == '{"ü":0.1}'
    with pytest.raises(ValueError, match="not JSON compliant"):
        envelope.canonical_json(float("nan"))


def test_a_redelivery_with_another_trace_says_the_same():
    assert envelope.content_hash({**EVENT, "traceparent": "x"}) == envelope.content_hash(EVENT)
    assert envelope.content_hash({**EVENT, "data": {}}) != envelope.content_hash(EVENT)
