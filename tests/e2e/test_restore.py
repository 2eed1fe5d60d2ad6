"""A database that is lost is restored from its dump; the plants send again what they sent since, Odoo what it sent, and
in the end the books are those of the plants: nothing is lost, nothing is booked twice.

The commands and their order are those of docs/runbooks/restore-from-backup.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest

from simulator.scenarios import ScenarioName as Play
from tools.compare import compare_orders
from tools.demo_factory import NORTH, Factory, build, register_system
from tools.stack import Stack
from tools.stack.process import wait_until
from tools.stack.rpc import Rpc
from tools.stack.simulator import Simulator

from .backup import dump, lose, restore
from .orders import Orders

#: Between two deliveries of the plant, so that the dump is taken in the middle of an order.
PACE_SECONDS = 0.4


@pytest.fixture(scope="module")
def site() -> Iterator[tuple[Stack, Factory, Simulator]]:
    """A stack of its own with the demo factory and the north plant."""
    with Stack("restore") as stack:
        stack.create_database()
        stack.start_odoo()
        factory = build(stack.rpc())
        plant = stack.add_simulator(NORTH.system)
        secret = register_system(factory, NORTH, plant.events_url)
        plant.start(stack.odoo, stack.database, secret, seed=7, pace=PACE_SECONDS)
        yield stack, factory, plant


def orders_of(stack: Stack, factory: Factory) -> Orders:
    """Clients of the database as it is now: keys made after the dump are lost with it."""
    return Orders(stack.rpc(), stack.rpc("planner", "planner"), factory)


def now() -> str:
    """This moment as Odoo takes times; a second early, since it keeps whole ones."""
    return (datetime.now(timezone.utc) - timedelta(seconds=1)).strftime("%Y-%m-%d %H:%M:%S")


def replay_to_the_end(admin: Rpc, replay: int) -> dict:
    """Waits for a replay and returns how it ended."""

    def ended() -> dict | None:
        fields = ["state", "total", "done_count", "failed_count"]
        (row,) = admin.read("mes.replay", [["id", "=", replay]], fields)
        return row if row["state"] != "running" else None

    return wait_until(ended, "the replay to end", timeout=90)


def begin(orders: Orders, plant: Simulator) -> dict[str, list]:
    """Orders in every stage at the moment of the dump."""
    stages = {
        "finished": [Play.PARTIAL_WITH_SCRAP],
        "in play": [Play.PERMUTED, Play.HAPPY],
        "released later": [Play.HAPPY],
    }
    made = {}
    for stage, plays in stages.items():
        made[stage] = [orders.create(12) for _play in plays]
        for order, play in zip(made[stage], plays, strict=True):
            plant.plan(order.name, play.value)
    for order in made["finished"]:
        orders.release(order)
        orders.wait_for_phase(order, "posted", timeout=90)
    for order in made["in play"]:
        orders.release(order)
    wait_until(lambda: all(applied(orders, order) >= 2 for order in made["in play"]), "orders in play", timeout=60)
    return made


def applied(orders: Orders, order) -> int:
    """How many events about the order have had their effect."""
    domain = [["ordering_key", "=", order.name], ["state", "=", "done"]]
    return len(orders.admin.search("mes.inbox.message", domain))


def finish(orders: Orders, plant: Simulator, every: list) -> None:
    """Waits until all orders are posted and the plant has nothing left to do."""
    for order in every:
        orders.wait_for_phase(order, "posted", timeout=120)
    wait_until(lambda: plant.summary()["idle"], "the plant to be idle", timeout=60)


def test_a_restored_database_comes_to_the_same_end(site, tmp_path):
    stack, factory, plant = site
    orders = orders_of(stack, factory)
    made = begin(orders, plant)
    every = [order for stage in made.values() for order in stage]

    dumped_at = now()
    dump(stack, tmp_path / "plant.dump")
    assert any(orders.phase(order) != "posted" for order in made["in play"]), "dumped in the middle of the work"
    for order in made["released later"]:
        orders.release(order)
    finish(orders, plant, every)

    stack.odoo_process.stop()
    lose(stack)
    restore(stack, tmp_path / "plant.dump")
    stack.start_odoo()
    orders = orders_of(stack, factory)
    assert [orders.phase(order) for order in made["released later"]] == ["planned"], "the release is lost"
    assert all(orders.phase(order) != "posted" for order in made["in play"]), "so are bookings"

    sent_again = plant.replay()["deliveries"]
    assert sent_again, "the plant sends again what it has kept"
    wait_until(lambda: not live(orders, ["pending", "waiting"]), "what came again to be worked", timeout=90)
    assert live(orders, ["parked"]), "it waits for the release"
    for order in made["released later"]:
        orders.release(order)
    outcome = replay_to_the_end(orders.admin, orders.admin.call("mes.replay", "resend_since", since=dumped_at))
    finish(orders, plant, every)
    assert (outcome["state"], outcome["failed_count"]) == ("done", 0)
    check_books(orders, plant, every)


def live(orders: Orders, states: list[str]) -> list[int]:
    """Inbound messages in these states."""
    return orders.admin.search("mes.inbox.message", [["state", "in", states]])


def check_books(orders: Orders, plant: Simulator, every: list) -> None:
    """Books equal the plant's ledger; each event is in the inbox once, ended, with one answer; all answers arrived."""
    admin = orders.admin
    assert compare_orders(admin, plant.ledger(), [order.name for order in every]) == []
    wait_until(lambda: not plant.summary()["messages"]["unanswered"], "all answers at the plant", timeout=60)
    rows = admin.read("mes.inbox.message", [], ["event_id", "source", "state"])
    assert {row["state"] for row in rows} == {"done"}
    assert set(Counter((row["source"], row["event_id"]) for row in rows).values()) == {1}
    answers = admin.read(
        "mes.outbox.message", [["answers_id", "!=", False], ["replay_of_id", "=", False]], ["answers_id"]
    )
    assert Counter(answer["answers_id"][0] for answer in answers) == Counter(row["id"] for row in rows)
