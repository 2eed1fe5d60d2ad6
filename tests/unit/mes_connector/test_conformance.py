"""Our codecs against data that others wrote; each test is skipped by name where the data is absent."""

import csv
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import jsonschema_rs
import pytest
from mes_connector_core import envelope, signature
from mes_connector_core.errors import Permanent

SCHEMAS = Path(__file__).resolve().parents[3] / "addons" / "mes_connector" / "schemas"
GOLDENS = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(SCHEMAS.glob("*/examples/*.v1.json"))]
HTTP_FEATURE = "cloudevents-conformance/features/http-protocol-binding.feature"


def test_standard_webhooks_vectors(conformance):
    vectors = json.loads(conformance("standard-webhooks/vectors.json").read_text())
    assert {vector["valid"] for vector in vectors} == {True, False}
    for vector in vectors:
        headers = {name: vector[name] for name in ("webhook-id", "webhook-timestamp", "webhook-signature")}
        arguments = ([vector["secret"]], headers, vector["body"].encode(), float(vector["webhook-timestamp"]))
        if vector["valid"]:
            assert signature.verify(*arguments) == 0
        else:
            with pytest.raises(Permanent):
                signature.verify(*arguments)


def test_we_sign_as_the_vectors_do(conformance):
    vector = json.loads(conformance("standard-webhooks/vectors.json").read_text())[0]
    signed = signature.sign(
        vector["secret"], vector["webhook-id"], int(vector["webhook-timestamp"]), vector["body"].encode()
    )
    assert signed == vector["webhook-signature"]


@pytest.fixture
def cloudevents_schema(conformance):
    schema = json.loads(conformance("cloudevents/formats/cloudevents.json").read_text())
    return jsonschema_rs.Draft7Validator(schema, validate_formats=True)


def test_goldens_are_cloudevents(cloudevents_schema):
    assert [error.message for event in GOLDENS for error in cloudevents_schema.iter_errors(event)] == []


@pytest.mark.parametrize(
    "changes",
    [
        {"id": ""}, {"id": None}, {"source": ""}, {"source": "a b"}, {"specversion": ""}, {"type": ""},
        {"time": "2026"}, {"subject": ""}, {"datacontenttype": ""}, {"time": 5},
    ],
)  # fmt: skip
def test_what_cloudevents_refuses_we_refuse(changes, cloudevents_schema):
    event = {**GOLDENS[0], **changes}
    assert not cloudevents_schema.is_valid(event)
    with pytest.raises(Permanent):
        envelope.read_event(event)


def test_sources_of_the_specification_are_read(conformance):
    schema = json.loads(conformance("cloudevents/formats/cloudevents.json").read_text())
    sources = schema["properties"]["source"]["examples"]
    assert [envelope.read_event({**GOLDENS[0], "source": source}).source for source in sources] == sources


def test_structured_mode_of_the_conformance_feature(conformance):
    scenario = conformance(HTTP_FEATURE).read_text().partition("Scenario Outline: Structured")[2]
    body = re.search(r'Content-Length: \d+\s+(\{.*?\n        \})\s+"""', scenario, re.DOTALL).group(1)
    content_types = re.findall(r"\| (application/cloudevents\+json[^|]*?)\s*\|", scenario)
    assert len(content_types) == 2
    for content_type in content_types:
        [event] = envelope.split_events(envelope.parse_json(body.encode()), envelope.media_type(content_type))
        read = envelope.read_event(event)
        assert (read.id, read.type, read.source) == ("1234-1234-1234", "com.example.someevent", "/mycontext/subcontext")
        assert envelope.format_time(read.time) == "2018-04-05T03:56:24Z"
        assert read.data == {"message": "Hello World!"}


def test_binary_mode_is_refused_not_misread(conformance):
    assert "Content-Type: <contentType>" in conformance(HTTP_FEATURE).read_text()
    with pytest.raises(Permanent) as raised:
        envelope.media_type("application/json; charset=utf-8")
    assert raised.value.code == "media_type_unsupported"


def units(value):
    if isinstance(value, dict):
        if "uom" in value:
            yield value["uom"]
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from units(item)


def test_units_of_the_goldens_are_rec_20_codes(conformance):
    with conformance("unece-rec20/data/units-of-measure.csv").open(encoding="utf-8") as file:
        codes = {row["CommonCode"] for row in csv.DictReader(file)}
    used = {unit for event in GOLDENS for unit in units(event)}
    assert {"C62", "KGM", "LTR", "MTR"} <= used <= codes


def test_the_codes_of_odoos_units_are_in_use_in_rec_20(conformance):
    with conformance("unece-rec20/data/units-of-measure.csv").open(encoding="utf-8") as file:
        in_use = {row["CommonCode"] for row in csv.DictReader(file) if not row["Status"]}
    records = ElementTree.parse(SCHEMAS.parent / "data" / "uom_data.xml").iter("record")
    codes = [record.findtext("field") for record in records]
    assert len(codes) == len(set(codes)) == 29
    assert set(codes) <= in_use
