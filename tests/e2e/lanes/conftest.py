"""The site that the tests of this folder share; no test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .site import Site, open_site


@pytest.fixture(scope="session")
def opened() -> Iterator[Site]:
    """The site for the whole run."""
    with open_site("e2e-lanes") as site:
        yield site
        site.first.check()


@pytest.fixture
def site(opened: Site) -> Iterator[Site]:
    """The site as each test begins: the first host runs with scheduled actions alone, nothing is under way."""
    opened.wait_until_idle()
    yield opened
    opened.second.stop()
    opened.first.stop_worker()
    if not opened.first.alive:
        opened.first.start()
