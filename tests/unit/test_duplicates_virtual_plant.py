"""Nothing that the virtual plant says in any of its scenarios is suspected, however fast it works; no resends here."""

import random
from collections import defaultdict
from datetime import datetime, timedelta, timezone
from itertools import pairwise

import pytest
from fact_memory import RECENT, FactMemory
from mes_connector_core.unit_shift import find_shift, quantities_of

from simulator.messages import Stamp, Tracking, seal
from simulator.plant import SHORTEST_STEP_SECONDS
from simulator.production import Run, acknowledgement
from simulator.scenarios import SCENARIOS, Labour, ScenarioName, Story
from tests.duplicates.plant import REPORTS, release_of

BEGIN = datetime(2026, 11, 23, 6, tzinfo=timezone.utc)
#: Twice what the demo, the chaos runs and the end-to-end tests order, one after another.
QUANTITIES = (20, 72, 30, 24, 16, 10, 100, 1, 40, 901, 12, 5)


def events_of(number, scenario, quantity, pace):
    """All that is said of one order, act by act; the changed orders keep their quantity."""
    release = release_of(number, Tracking.SERIAL if scenario.labour is Labour.MANUAL else Tracking.LOT, quantity)
    rng = random.Random(f"{scenario.story}/{number}")
    run, facts = Run(release, scenario, rng), [acknowledgement(release)]
    for _act in range(2 if scenario.story is Story.CHANGE else 1):
        facts += run.facts(release)
    begin = BEGIN + timedelta(hours=number)
    stamp = Stamp("/mes/north", "WH", release.order, "", 1, begin, timedelta(seconds=max(pace, SHORTEST_STEP_SECONDS)))
    return seal(facts, stamp, rng)


class Sentinel:
    """The quantities that were reported, and which of them would be held."""

    def __init__(self):
        self.history = defaultdict(list)

    def holds(self, event, ordered, made):
        held = []
        # Serial numbers have no history.
        for quantity in quantities_of(event, "GBX-100", ordered):
            shift = find_shift(quantity, self.history[quantity.context][-RECENT:])
            is_rest = shift and shift.power < 0 and quantity.product == "GBX-100" and quantity.value >= ordered - made
            held += [quantity] if shift and not is_rest else []
            self.history[quantity.context].append(quantity)
        return held


def received(event):
    """Pieces that a report brings into the stock."""
    items = event["data"]["items"] if event["type"] == "mes.production.reported.v1" else ()
    return sum(item["quantity"]["value"] for item in items if item["product"] == "GBX-100")


@pytest.mark.parametrize("pace", [0, 0.05, 1, 7])
def test_nothing_of_any_scenario_is_held(pace):
    memory, sentinel, suspected, number = FactMemory(), Sentinel(), [], 0
    for name in ScenarioName:
        if not SCENARIOS[name].accepts:
            continue
        for quantity in QUANTITIES:
            number, made = number + 1, 0
            for event in events_of(number, SCENARIOS[name], quantity, pace):
                if event["type"] in REPORTS or "reverses" in event["data"]:
                    suspected += [(name, event)] if memory.hold(event) else []
                if event["type"] in REPORTS:
                    suspected += [(name, one) for one in sentinel.holds(event, quantity, made)]
                made += received(event)
    assert not suspected


def test_the_plant_does_say_the_same_within_a_second():
    events = events_of(1, SCENARIOS[ScenarioName.TEN_INCREMENTS], 100, 0)
    consumed = [event for event in events if event["type"] == "mes.material.consumed.v1"]
    equal = [one["data"] == other["data"] for one, other in pairwise(consumed[::4])]
    assert any(equal)
