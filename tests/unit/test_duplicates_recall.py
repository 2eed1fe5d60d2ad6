"""How well duplicates are told from repeats, on two labelled streams that know nothing of the detector."""

from collections import Counter
from functools import cache

import pytest
from fact_memory import FactMemory

from tests.duplicates import generator, plant

LEAST_RECALL = 0.99
#: Of the second stream alone: it also holds what nothing but a second of time tells.
LEAST_RECALL_OF_PRESSES = 0.98
MOST_FALSE_HOLDS = 0.005


STREAMS = [(generator, seed) for seed in (1001, 1002, 1003)] + [(plant, seed) for seed in (1, 2, 3)]


@cache
def judged(stream, seed):
    """How many resends there are and were held, and how many of the others; what was held, by kind."""
    memory, labelled = FactMemory(), stream.generate(seed)
    assert len(labelled) >= 2000
    held = Counter(one.kind for one in labelled if memory.hold(one.event))
    sent = Counter(one.kind for one in labelled)
    resent = sum(sent[kind] for kind in stream.RESENDS)
    found = sum(held[kind] for kind in stream.RESENDS)
    return resent, found, sent.total() - resent, held.total() - found, held


@pytest.mark.parametrize(("stream", "seed"), STREAMS)
def test_resends_are_held_and_repeats_are_not(stream, seed):
    resent, found, others, false_holds, held = judged(stream, seed)
    assert resent >= 500
    assert found / resent >= (LEAST_RECALL if stream is generator else LEAST_RECALL_OF_PRESSES), held
    assert false_holds / others <= MOST_FALSE_HOLDS, held


def test_over_all_streams_it_is_as_promised():
    totals = [judged(stream, seed)[:4] for stream, seed in STREAMS]
    resent, found, others, false_holds = (sum(column) for column in zip(*totals, strict=True))
    assert found / resent >= LEAST_RECALL
    assert false_holds / others <= MOST_FALSE_HOLDS
