"""Two servers on one database, one of them killed: the other goes on where it was, and nobody had to name a leader."""

from __future__ import annotations

import pytest

from .site import Site
from .takeover import take_over, traffic

#: The promise is 2 s; this only fails what is not in its order of magnitude. `make benchmark NAME=takeover` measures.
LIMIT_SECONDS = 6.0
#: What two hosts' configuration files may differ in.
OWN = {"http_port", "gevent_port", "admin_passwd"}


@pytest.fixture
def pair(site: Site) -> Site:
    """Both hosts run."""
    site.second.start()
    return site


def test_a_worker_takes_over_from_a_killed_host(pair):
    pair.first.start_worker()
    pair.second.start_worker()
    (order,) = pair.release()
    takeover = take_over(pair, order)
    assert takeover.commit < LIMIT_SECONDS
    check_applied_once(pair, order)


def test_scheduled_actions_take_over_while_traffic_flows(pair):
    order, *others = pair.release(5)
    with traffic(pair, others):
        takeover = take_over(pair, order)
    assert takeover.commit < LIMIT_SECONDS
    check_applied_once(pair, order)


def test_the_hosts_differ_in_their_ports_only(pair):
    first, second = (
        set(host.installation.configuration.read_text().splitlines()) for host in (pair.first, pair.second)
    )
    assert {line.partition(" ")[0] for line in first ^ second} == OWN


def check_applied_once(site: Site, order) -> None:
    """The killed try left its mark and nothing else."""
    attempts = site.query(
        """SELECT a.code FROM mes_attempt a JOIN mes_inbox_message m ON m.id = a.inbox_id
            WHERE m.ordering_key = %s ORDER BY a.id""",
        (order.name,),
    )
    assert attempts == [("process_killed",), ("accepted",)]
    effects = site.query(
        "SELECT count(*) FROM mes_effect e JOIN mes_inbox_message m ON m.id = e.inbox_id WHERE m.ordering_key = %s",
        (order.name,),
    )
    assert effects == [(1,)]
