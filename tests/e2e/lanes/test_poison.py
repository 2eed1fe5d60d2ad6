"""A message that cannot be applied, or that kills whoever tries, harms its own order only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest

from tools.stack.host import Host
from tools.stack.process import wait_until

from ..workshop import BenchOrder
from .site import POISON_PARAMETER, Site, mixed

#: Part of what tools/testing/allowed_warnings.txt lets pass.
POISON = "poison of the end-to-end tests"
OTHERS = 10


@contextmanager
def refused_by_the_database(site: Site, order: BenchOrder) -> Iterator[None]:
    """While the block runs, the database refuses each change of the order's operations, as a constraint would."""
    site.query(
        f"""CREATE FUNCTION test_poison() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION '{POISON}'; END $$;
            CREATE TRIGGER test_poison BEFORE UPDATE ON mrp_workorder FOR EACH ROW
            WHEN (NEW.production_id = {order.id}) EXECUTE FUNCTION test_poison()"""
    )
    try:
        yield
    finally:
        site.query("DROP FUNCTION test_poison CASCADE")


def attempts(site: Site, message: str) -> list[tuple]:
    """(start, code) of each attempt at a message."""
    return site.query(
        """SELECT a.started_at, a.code FROM mes_attempt a JOIN mes_inbox_message m ON m.id = a.inbox_id
            WHERE m.uuid = %s ORDER BY a.id""",
        (message,),
    )


def last_settled(site: Site, orders: list[BenchOrder]) -> datetime:
    """When the last message of the orders was settled."""
    statement = "SELECT max(write_date) FROM mes_inbox_message WHERE ordering_key = ANY(%s)"
    return site.query(statement, ([order.name for order in orders],))[0][0]


def state(site: Site, message: str) -> tuple:
    """(state, code) of a message."""
    return site.query("SELECT state, code FROM mes_inbox_message WHERE uuid = %s", (message,))[0]


def send(site: Site, host: Host, poisoned: BenchOrder, others: list[BenchOrder]) -> str:
    """Sends all events of all orders at once; returns the message that starts the poisoned order's first operation."""
    events = mixed([poisoned, *others])
    results = site.mes(host).take(events)
    place = next(
        place
        for place, event in enumerate(events)
        if event["type"] == "mes.operation.started.v1" and event["data"]["order"] == poisoned.name
    )
    return results[place]["message"]


def test_other_orders_finish_before_the_second_retry_of_a_poison_message(site):
    poisoned, *others = site.release(1 + OTHERS)
    site.first.start_worker(lanes=2)
    with refused_by_the_database(site, poisoned):
        message = send(site, site.first, poisoned, others)
        site.wait_until_posted(others)
        ended = last_settled(site, others)
        tries = attempts(site, message)
        assert {code for _started, code in tries} == {"technical"}
        assert len([started for started, _code in tries if started < ended]) <= 2, "the first try and one retry"
        assert state(site, message) == ("waiting", "technical")
    site.wait_until_posted([poisoned])


@pytest.fixture
def host(site: Site, request: pytest.FixtureRequest) -> Iterator[Host]:
    """The only host that runs: one whose worker does the work, or whose server's processes for scheduled actions do."""
    site.first.stop()
    if request.param == "worker":
        only = site.stack.add_host("no-cron", max_cron_threads=0).start()
        only.start_worker(lanes=2)
    else:
        only = site.stack.add_host("prefork", workers=1, max_cron_threads=2).start()
    yield only
    only.stop()


@pytest.fixture
def released(site: Site) -> Iterator[list[BenchOrder]]:
    """Orders of which the first is deadly, and when the test is over, harmless."""
    orders = site.release(4)
    site.rpc.call("ir.config_parameter", "set_param", key=POISON_PARAMETER, value=orders[0].name)
    yield orders
    site.first.start()
    site.rpc.call("ir.config_parameter", "set_param", key=POISON_PARAMETER, value=False)
    dead = site.rpc.search("mes.inbox.message", [["ordering_key", "=", orders[0].name], ["state", "=", "dead"]])
    site.rpc.call("mes.inbox.message", "action_retry", dead)
    site.wait_until_posted(orders)


@pytest.mark.parametrize("host", ["worker", "prefork"], indirect=True)
def test_a_message_that_kills_its_process_is_dead_after_three(site, released, host):
    deadly, *others = released
    message = send(site, host, deadly, others)
    # Odoo's process for scheduled actions that takes a killed one's place looks for work after a minute.
    wait_until(lambda: state(site, message)[0] == "dead", f"{message} to be given up", timeout=300)
    assert state(site, message) == ("dead", "process_killed")
    assert [code for _started, code in attempts(site, message)] == ["process_killed"] * 3
    site.wait_until_posted(others)
    host.check()
