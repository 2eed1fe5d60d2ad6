"""What goes out, with lanes in several processes: the breaker and its one probe, waits asked for, routes that are gone,
the rate limit, batches, and outcomes that meet another transaction.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tools.demo_factory import NORTH, PlantSpec, fill_stock, make_plant, register_system
from tools.stack.host import Host
from tools.stack.process import wait_until

from .far_end import FarEnd
from .sessions import session
from .workshop import hear_of_orders_only

YARD = PlantSpec("YD", "Yard plant", "mes-yard", "http", (), NORTH.product)
LANES = 3
FAILURE_LIMIT = 5
CANCELLED = "mes.order.cancelled.v1"


class Yard:
    """The yard's system and its messages, as seen from Odoo."""

    def __init__(self, orders, far_end: FarEnd, system: int):
        self.orders, self.far_end, self.system = orders, far_end, system
        self.admin = orders.admin
        self.seen = 0

    def release(self, count: int) -> list:
        """Released orders, each with a key of its own."""
        made = [self.orders.create(1, YARD.warehouse, YARD.product) for _one in range(count)]
        for order in made:
            self.orders.release(order)
        return made

    def cancel(self, orders: list) -> None:
        """Cancels orders: a second message for each key."""
        for order in orders:
            self.admin.call("mrp.production", "action_cancel", [order.id])

    def do(self, action: str) -> None:
        """Presses a button of the system."""
        self.admin.call("mes.system", action, [self.system])

    def read(self, field: str):
        """A field of the system."""
        return self.admin.read("mes.system", [["id", "=", self.system]], [field])[0][field]

    def messages(self, *domain: list) -> list[dict]:
        """Rows of the outbox of this test."""
        mine = [["system_id", "=", self.system], ["id", ">", self.seen], *domain]
        return self.admin.read("mes.outbox.message", mine, ["state", "event_id", "attempt_count"], order="id")

    def attempts(self) -> int:
        """How often a message of this test was tried."""
        mine = [row["id"] for row in self.messages()]
        return len(self.admin.search("mes.attempt", [["outbox_id", "in", mine]]))

    def wait_for_state(self, state: str, timeout: float = 30) -> None:
        """Waits until the circuit breaker is in that state."""
        wait_until(lambda: self.read("breaker_state") == state, f"the breaker to be {state}", timeout=timeout)

    def wait_until_sent(self, count: int, timeout: float = 60) -> None:
        """Waits until that many messages of this test were sent."""
        wait_until(
            lambda: [row["state"] for row in self.messages()] == ["sent"] * count, f"{count} sent", timeout=timeout
        )

    def cases(self, code: str) -> list[str]:
        """States of the system's cases of a code."""
        return [
            row["state"]
            for row in self.admin.read("mes.case", [["system_id", "=", self.system], ["code", "=", code]], ["state"])
        ]


@pytest.fixture(scope="module")
def lanes(stack) -> Iterator[Host]:
    """A worker with several lanes, beside the scheduled actions."""
    host = stack.add_host("outbound", max_cron_threads=0)
    host.start_worker(LANES)
    yield host
    host.stop()


@pytest.fixture(scope="module")
def open_yard(stack, factory, orders) -> Iterator[Yard]:
    """The plant with its endpoint."""
    make_plant(factory, YARD)
    fill_stock(factory, YARD)
    far_end = FarEnd()
    register_system(factory, YARD, far_end.url)
    (system,) = orders.admin.search("mes.system", [["code", "=", YARD.system]])
    hear_of_orders_only(orders.admin, system)
    yield Yard(orders, far_end, system)
    far_end.stop()


@pytest.fixture
def yard(open_yard, lanes) -> Iterator[Yard]:
    """Nothing waits, nothing was seen, all is well."""
    far_end = open_yard.far_end
    last = open_yard.admin.search("mes.outbox.message", [], order="id desc", limit=1)
    open_yard.seen = last[0] if last else 0
    far_end.requests.clear()
    far_end.status, far_end.headers = 200, {}
    far_end.start()
    yield open_yard
    far_end.stop()
    left = open_yard.messages(["state", "in", ["pending", "waiting"]])
    open_yard.admin.call("mes.outbox.message", "action_discard", [row["id"] for row in left])
    open_yard.admin.write("mes.system", [open_yard.system], {"rate_limit": 0})
    open_yard.do("action_close_breaker")
    open_yard.do("action_resume")


def settled(yard: Yard) -> int:
    """How many attempts there are once the outcomes of all lanes are written."""
    yard.wait_for_state("open")
    counts = [yard.attempts()]

    def is_still() -> bool:
        counts.append(yard.attempts())
        return counts[-1] == counts[-2]

    wait_until(is_still, "the lanes to be still", timeout=10)
    return counts[-1]


def test_a_system_that_is_down_is_left_alone_until_one_probe_succeeds(yard):
    yard.far_end.stop()
    made = yard.release(10)
    tried = settled(yard)
    opened = time.monotonic()
    assert FAILURE_LIMIT <= tried < FAILURE_LIMIT + LANES + 1
    yard.cancel(made)
    assert (yard.attempts(), len(yard.messages())) == (tried, 20)
    assert yard.cases("breaker_open").count("open") == 1
    yard.far_end.start()
    yard.wait_until_sent(20, timeout=60)
    assert yard.attempts() == tried + 20
    assert yard.far_end.requests[0].at - opened > 20, "nothing before the probe"
    keys = {order.name: [] for order in made}
    for event in yard.far_end.events:
        keys[event["subject"]].append(event["type"])
    assert [types[1:] for types in keys.values()] == [[CANCELLED]] * 10
    assert (yard.read("breaker_state"), yard.read("breaker_failures")) == ("closed", 0)
    assert "open" not in yard.cases("breaker_open")


def test_one_probe_for_all_lanes(yard):
    yard.far_end.status = 500
    yard.release(LANES + FAILURE_LIMIT + 2)
    settled(yard)
    failures = yard.read("breaker_failures")
    yard.far_end.requests.clear()
    yard.far_end.hold()
    yard.do("action_probe_now")
    yard.far_end.wait_for(1)
    assert yard.read("breaker_state") == "half_open"
    yard.release(3)  # each wakes all lanes, which look again
    assert len(yard.far_end.requests) == 1
    yard.far_end.let_go()
    yard.wait_for_state("open")
    assert yard.read("breaker_failures") == failures + 1
    yard.release(2)
    assert len(yard.far_end.requests) == 1
    yard.far_end.status = 200
    yard.do("action_probe_now")
    yard.wait_until_sent(LANES + FAILURE_LIMIT + 2 + 5)
    assert len({event["id"] for event in yard.far_end.events}) == LANES + FAILURE_LIMIT + 7


def test_a_wait_asked_for_is_kept(yard):
    yard.far_end.status, yard.far_end.headers = 503, {"Retry-After": "3"}
    yard.release(1)
    yard.far_end.wait_for(1)
    yard.wait_for_state("open")
    yard.far_end.status, yard.far_end.headers = 200, {}
    yard.release(4)
    yard.wait_until_sent(5)
    first, second, *_others = yard.far_end.requests
    assert 3 <= second.at - first.at < 6
    assert len(yard.far_end.requests) == 6


def test_a_route_that_is_gone_is_paused_until_it_is_resumed(yard):
    yard.far_end.status = 410
    yard.release(1)
    pauses = [["system_id", "=", yard.system], ["code", "=", "endpoint_gone"], ["ended_at", "=", False]]
    (pause,) = wait_until(lambda: yard.admin.search("mes.pause", pauses), "the route to be paused", timeout=20)
    yard.release(2)
    assert yard.cases("endpoint_gone") == ["open"]
    assert {row["state"] for row in yard.messages()} == {"waiting", "pending"}
    assert len(yard.far_end.requests) == 1
    yard.far_end.status = 200
    yard.admin.call("mes.pause", "action_resume", [pause])
    yard.wait_until_sent(3)
    assert (yard.cases("endpoint_gone"), len(yard.far_end.requests)) == (["closed"], 4)


def test_the_rate_limit_holds_across_lanes(yard):
    yard.do("action_pause")
    yard.admin.write("mes.system", [yard.system], {"rate_limit": 120})
    yard.release(12)
    yard.do("action_resume")
    yard.wait_until_sent(12)
    times = [request.at for request in yard.far_end.requests]
    # Two a second, of which an idle second's worth may go at once.
    assert 4 <= times[-1] - times[0] < 12
    assert all(later - earlier > 0.9 for earlier, later in zip(times, times[4:], strict=False))


def test_what_waits_of_a_key_leaves_together_and_in_order(yard):
    (real_time,) = yard.admin.search("mes.flow.class", [["kind", "=", "real_time"], ["is_default", "=", True]])
    yard.do("action_pause")
    yard.cancel(yard.release(1))
    yard.admin.write("mes.flow.class", [real_time], {"batch_size": 10})
    try:
        yard.do("action_resume")
        yard.wait_until_sent(2)
    finally:
        yard.admin.write("mes.flow.class", [real_time], {"batch_size": 1})
    assert len(yard.far_end.requests) == 1
    assert [event["id"] for event in yard.far_end.events] == [row["event_id"] for row in yard.messages()]


def test_an_outcome_that_meets_another_transaction_is_written_again_and_nothing_is_sent_again(yard, stack, lanes):
    yard.far_end.hold()
    yard.release(1)
    yard.far_end.wait_for(1)
    (message,) = yard.messages()
    with session(stack) as answer:
        answer.execute("UPDATE mes_outbox_message SET revision = revision WHERE id = %s", [message["id"]])
        yard.far_end.let_go()
        waiting = """SELECT 1 FROM pg_stat_activity
                      WHERE wait_event_type = 'Lock' AND strpos(query, 'mes_outbox_message') > 0"""
        wait_until(lambda: stack.server.query(waiting), "the outcome to wait", timeout=20)
        answer.connection.commit()
    yard.wait_until_sent(1)
    assert (yard.attempts(), len(yard.far_end.requests)) == (1, 1)
    log = lanes.worker.log.read_text()
    assert "mes: conflict on the outcome of a delivery, attempt 1" in log
    assert "bad query" not in log, "a conflict is no error"
