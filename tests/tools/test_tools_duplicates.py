"""The labelled set of duplicates: large enough, of every kind, repeatable, and its labels are true."""

import json
from collections import Counter

from tests.duplicates.generator import RESENDS, UNITS, Kind, generate


def core_of(value):
    """A payload with its quantities in the first unit of their kind."""
    if isinstance(value, list):
        return [core_of(one) for one in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"value", "uom"}:
        base, factor = UNITS[value["uom"]]
        return (round(value["value"] * factor, 6), base)
    return {name: core_of(one) for name, one in value.items()}


def test_it_is_large_and_of_every_kind():
    stream = generate(1)
    kinds = Counter(one.kind for one in stream)
    assert len(stream) >= 2000
    assert set(kinds) == set(Kind)
    assert min(kinds[kind] for kind in RESENDS) >= 100


def test_the_same_seed_gives_the_same_stream():
    assert generate(7, orders=3) == generate(7, orders=3)
    assert generate(7, orders=3) != generate(8, orders=3)


def test_every_resend_says_what_its_original_said():
    stream = generate(2)
    by_id = {one.event["id"]: one for one in stream}
    assert len(by_id) == len(stream)
    for one in stream:
        assert one.is_duplicate == bool(one.original_id)
        if one.is_duplicate:
            first = by_id[one.original_id]
            assert not first.is_duplicate
            assert first.received_at < one.received_at
            assert core_of(first.event["data"]) == core_of(one.event["data"])


def test_legitimate_repeats_are_alike_but_for_their_time():
    boxes = [one for one in generate(3) if one.kind is Kind.BOX]
    said = Counter(json.dumps(one.event["data"], sort_keys=True) for one in boxes)
    assert max(said.values()) >= 8
    assert len({(one.event["data"]["order"], one.event["time"]) for one in boxes}) == len(boxes)
