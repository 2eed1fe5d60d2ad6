"""How well duplicates are told from repeats, on the labelled stream that was written apart from the detector."""

from collections import Counter

import pytest
from fact_memory import FactMemory

from tests.duplicates.generator import RESENDS, generate

LEAST_RECALL = 0.99
MOST_FALSE_HOLDS = 0.005


@pytest.mark.parametrize("seed", [1001, 1002, 1003])
def test_resends_are_held_and_repeats_are_not(seed):
    memory, labelled = FactMemory(), generate(seed)
    held = Counter(one.kind for one in labelled if memory.hold(one.event))
    sent = Counter(one.kind for one in labelled)
    assert len(labelled) >= 2000
    resent = sum(sent[kind] for kind in RESENDS)
    found = sum(held[kind] for kind in RESENDS)
    assert resent >= 500
    assert found / resent >= LEAST_RECALL, held
    assert (held.total() - found) / (sent.total() - resent) <= MOST_FALSE_HOLDS, held
