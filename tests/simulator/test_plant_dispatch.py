"""How events leave: envelopes, batches, repetitions and permutations; nothing is sent."""

import itertools
import random
from collections import Counter
from datetime import datetime, timedelta, timezone

import pytest
from plant_world import gearbox_release

from simulator.dispatch import LARGEST_BATCH, deliveries
from simulator.messages import EnvelopeFault, Stamp, check_envelope, seal
from simulator.production import facts_of
from simulator.release import read_release
from simulator.scenarios import SCENARIOS, Dispatch, ScenarioName


def sealed(seed=5, first=1):
    release = read_release(gearbox_release())
    stamp = Stamp(
        source="/mes/mes-north",
        plant="WH",
        order=release.order,
        correlation=release.event_id,
        first_sequence=first,
        start=datetime(2026, 11, 22, 6, tzinfo=timezone.utc),
        step=timedelta(seconds=2),
    )
    return seal(facts_of(release, SCENARIOS[ScenarioName.HAPPY], random.Random(seed)), stamp, random.Random(seed))


def arranged(dispatch, seed=5):
    return deliveries(sealed(), dispatch, random.Random(seed))


def test_envelopes_are_numbered_dated_and_told_apart():
    events = sealed(first=4)

    assert [event["sequence"] for event in events] == list(range(4, 4 + len(events)))
    assert len({event["id"] for event in events}) == len(events)
    moments = [datetime.fromisoformat(event["time"]) for event in events]
    assert moments == sorted(set(moments)) and moments[0].utcoffset() is not None
    assert {event["correlationid"] for event in events} == {gearbox_release()["id"]}
    assert all(check_envelope(event) is event for event in events)


def test_same_seed_gives_the_same_identities():
    assert sealed(seed=5) == sealed(seed=5)
    assert sealed(seed=5)[0]["id"] != sealed(seed=6)[0]["id"]


@pytest.mark.parametrize("dispatch", list(Dispatch))
def test_every_event_leaves_and_the_seed_decides_how(dispatch):
    sent = [event["id"] for delivery in arranged(dispatch) for event in delivery]

    assert set(sent) == {event["id"] for event in sealed()}
    assert arranged(dispatch) == arranged(dispatch)
    assert all(1 <= len(delivery) <= LARGEST_BATCH for delivery in arranged(dispatch))


def test_buffered_keeps_the_order_in_batches():
    sent = arranged(Dispatch.BUFFERED)

    assert [event for delivery in sent for event in delivery] == sealed()
    assert max(map(len, sent)) > 1


def test_repeated_sends_two_or_three_times_at_once_in_a_batch_and_late():
    sent = arranged(Dispatch.REPEATED)
    counts = Counter(event["id"] for delivery in sent for event in delivery)
    last = next(index for index, delivery in enumerate(sent) if delivery[0] == sealed()[-1])

    assert set(counts.values()) == {2, 3}
    assert any(len(delivery) == 2 and delivery[0] == delivery[1] for delivery in sent)
    assert any(one == other for one, other in itertools.pairwise(sent))
    assert any(delivery[0] != sealed()[-1] for delivery in sent[last + 1 :])


def test_shuffled_sends_once_but_not_in_order():
    sent = [event for delivery in arranged(Dispatch.SHUFFLED) for event in delivery]

    assert sent != sealed()
    assert sorted(sent, key=lambda event: event["sequence"]) == sealed()
    assert arranged(Dispatch.SHUFFLED, seed=6) != arranged(Dispatch.SHUFFLED, seed=5)


@pytest.mark.parametrize(
    "fault",
    [None, [], "text", {}, {**gearbox_release(), "id": 7}, {**gearbox_release(), "data": []}],
)
def test_what_is_no_event_is_refused(fault):
    with pytest.raises(EnvelopeFault):
        check_envelope(fault)


@pytest.mark.parametrize(
    "change",
    [
        {"quantity": {"value": 0, "uom": "C62"}},
        {"quantity": {"value": "many", "uom": "C62"}},
        {"quantity": {"value": float("nan"), "uom": "C62"}},
        {"product": "GBX-100"},
        {"order": ""},
        {"revision": None},
        {"operations": [{}]},
        {"components": 3},
    ],
)
def test_a_release_that_cannot_be_produced_is_refused(change):
    event = gearbox_release()
    event["data"].update(change)

    with pytest.raises(EnvelopeFault):
        read_release(event)
