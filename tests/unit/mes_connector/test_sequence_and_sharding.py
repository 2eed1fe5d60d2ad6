"""Order within a key: whose turn it is, and the shard that keeps a key in one lane."""

import pytest
from mes_connector_core.sequence import turn_comes
from mes_connector_core.sharding import SHARDS, shard_of
from mes_connector_core.states import InboxState


@pytest.mark.parametrize(
    ("sequence", "state", "code", "expected"),
    [
        (None, None, "", True),
        (1, None, "", True),
        (2, None, "", False),
        (2, InboxState.PENDING, "", False),
        (2, "waiting", "", False),
        (2, InboxState.PARKED, "sequence_gap", False),
        (2, InboxState.PARKED, "unknown_lot", True),
        (2, InboxState.DONE, "accepted", True),
        (2, "rejected", "over_delivery", True),
        (2, InboxState.DEAD, "technical", True),
    ],
)
def test_turn(sequence, state, code, expected):
    assert turn_comes(sequence, state, code) is expected


def test_a_shard_is_the_same_everywhere_and_for_ever():
    assert shard_of("mes-north", "WH/MO/00042") == 12


def test_system_and_key_do_not_run_together():
    assert shard_of("mes-1", "2") != shard_of("mes-", "12")


def test_shards_are_used_evenly():
    counts = [0] * SHARDS
    for number in range(6400):
        counts[shard_of("mes-north", f"WH/MO/{number:05}")] += 1
    assert min(counts) > 50
    assert max(counts) < 200
