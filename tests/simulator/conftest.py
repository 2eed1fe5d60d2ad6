"""Makes the repository's root importable and starts what the tests talk to; the builders are in `plant_world.py`."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from plant_world import Receiver, World


@pytest.fixture
def receiver():
    with Receiver() as started:
        yield started


@pytest.fixture
def world(receiver, tmp_path):
    with World(receiver, tmp_path) as started:
        yield started
