"""Everything the plant says fits the published payload schemas: read as files, the way any vendor would."""

import itertools
import json
import random
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from plant_world import component, gearbox_release

from simulator.load import load_events
from simulator.messages import Stamp, seal
from simulator.production import facts_of
from simulator.release import read_release
from simulator.scenarios import SCENARIOS, ScenarioName

jsonschema_rs = pytest.importorskip("jsonschema_rs")

SCHEMAS = Path(__file__).resolve().parents[2] / "addons" / "mes_connector" / "schemas"


def faults(type_, data):
    name, _dot, version = type_.rpartition(".")
    schema = json.loads((SCHEMAS / name / f"{version}.json").read_text())
    return [f"{type_}: {fault.message}" for fault in jsonschema_rs.validator_for(schema).iter_errors(data)]


@pytest.mark.parametrize("tracking", ["none", "lot", "serial"])
@pytest.mark.parametrize("name", list(ScenarioName))
def test_every_fact_fits_its_schema(name, tracking):
    event = gearbox_release(72, tracking=tracking, by_products=[component("SWARF", 5, "10", uom="KGM")])

    facts = facts_of(read_release(event), SCENARIOS[name], random.Random(1))

    stamp = Stamp("/mes", "WH", "A", "A", 1, datetime(2026, 11, 22, tzinfo=timezone.utc), timedelta(seconds=1))
    events = seal(facts, stamp, random.Random(1))
    assert [fault for event in events for fault in faults(event["type"], event["data"])] == []


def test_the_releases_of_these_tests_fit_their_schema():
    assert faults("mes.order.released.v1", gearbox_release()["data"]) == []


def test_the_published_release_can_be_read():
    examples = sorted((SCHEMAS / "mes.order.released" / "examples").glob("*.v1.json"))

    for example in examples:
        event = json.loads(example.read_text())
        assert read_release(event).order == event["data"]["order"]
    assert examples


def test_what_load_sends_fits_its_schema():
    stream = load_events("mes-north", 1, 1, datetime(2026, 11, 22, tzinfo=timezone.utc))

    events = list(itertools.islice(stream, 20))

    assert [fault for event in events for fault in faults(event["type"], event["data"])] == []
