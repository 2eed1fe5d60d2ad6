"""Whatever process dies in the middle of an order, the order ends posted with the plant's own numbers: nothing is lost,
nothing happens twice.
"""

from __future__ import annotations

from collections import Counter

import pytest

from simulator.ledger import keep_books
from simulator.scenarios import ScenarioName as Play
from tools.compare import compare_orders
from tools.stack.process import wait_until

from .sessions import brake, wait_until_halted
from .workshop import release_on_bench


@pytest.fixture(autouse=True)
def everything_runs_again(stack):
    """What a test ended and did not start again must not hurt the next one."""
    yield
    for process, start in (
        (stack.broker.process, stack.broker.start),
        (stack.odoo_process, stack.start_odoo),
        (stack.gateway, stack.start_gateway),
    ):
        if not process.alive:
            start()


def start_orders(orders, plant, warehouse: str, plays: list[Play], quantity: float = 20) -> list:
    """Released orders that the virtual plant has begun to report on."""
    begun = [orders.create(quantity, warehouse) for _play in plays]
    for order, play in zip(begun, plays, strict=True):
        plant.plan(order.name, play.value)
        orders.release(order)
    wait_until(lambda: applied(orders.admin, begun), "the first events to be applied", timeout=60)
    return begun


def applied(admin, begun: list) -> list[int]:
    """Messages about the orders that have had their effect."""
    return admin.search(
        "mes.inbox.message", [["production_id", "in", [one.id for one in begun]], ["state", "=", "done"]]
    )


def unfinished(stack, begun: list) -> int:
    """How many of the orders are not posted yet, asked while Odoo may be down."""
    statement = "SELECT count(*) FROM mrp_production WHERE id = ANY(%s) AND mes_phase <> 'posted'"
    return stack.server.query(statement, ([order.id for order in begun],), stack.database)[0][0]


def check_ends(orders, plant, begun: list) -> None:
    """All orders are posted with the plant's numbers, and each event was answered once."""
    for order in begun:
        orders.wait_for_phase(order, "posted", timeout=120)
    wait_until(lambda: not plant.summary()["messages"]["unanswered"], "all answers at the plant", timeout=120)
    wait_until(lambda: plant.summary()["idle"], "the plant to be idle", timeout=60)
    assert compare_orders(orders.admin, plant.ledger(), [order.name for order in begun]) == []
    check_answers(orders.admin, begun)


def check_answers(admin, begun: list) -> None:
    """Exactly one answer per event, and one attempt that had an effect."""
    rows = admin.read("mes.inbox.message", [["ordering_key", "in", [one.name for one in begun]]], ["state"])
    ids = [row["id"] for row in rows]
    assert {row["state"] for row in rows} == {"done"}
    answers = admin.read("mes.outbox.message", [["answers_id", "in", ids]], ["answers_id"])
    assert Counter(answer["answers_id"][0] for answer in answers) == Counter(ids)


def test_odoo_is_killed_again_and_again(stack, orders, mes):
    order = release_on_bench(orders, 12)
    events = order.events(Play.PARTIAL_WITH_SCRAP)
    third = len(events) // 3
    for number in (third, 2 * third):
        # Taken means stored: the kill comes as soon as the sender has its 202, while the lane is at work.
        mes.take(events[:number])
        stack.odoo_process.kill()
        stack.start_odoo()
    # A sender that cannot know what arrived sends it all again.
    results = mes.take(events)
    assert Counter(result["status"] for result in results) == {
        "duplicate": 2 * third,
        "stored": len(events) - 2 * third,
    }
    orders.wait_for_phase(order, "posted", timeout=120)
    books = {order.name: keep_books(events, order.release)}
    assert compare_orders(orders.admin, books, [order.name]) == []
    check_answers(orders.admin, [order])


def test_odoo_is_killed_in_the_middle_of_a_posting(stack, orders, north):
    begun = start_orders(orders, north, "WH", [Play.PARTIAL_WITH_SCRAP, Play.DUPLICATES, Play.PERMUTED])
    with brake(stack, "mes_effect"):
        wait_until_halted(stack, "mes_effect", stack.odoo_process.pid)
        stack.odoo_process.kill()
    assert unfinished(stack, begun), "it ended in the middle of the work"
    stack.start_odoo()
    check_ends(orders, north, begun)


def test_the_broker_restarts_while_a_plant_reports(stack, orders, south):
    begun = start_orders(orders, south, "SP", [Play.HAPPY, Play.DUPLICATES])
    stack.broker.stop()
    assert unfinished(stack, begun), "it ended in the middle of the work"
    stack.broker.start()
    check_ends(orders, south, begun)


def test_the_gateway_is_killed_before_it_has_stored(stack, orders, south):
    order = orders.create(20, "SP")
    south.plan(order.name, Play.HAPPY.value)  # each event once: what is lost stays lost
    with brake(stack, "mes_inbox_message"):
        orders.release(order)
        # It has delivered the release, and the plant's first event is in its hands: not stored, so not acknowledged.
        wait_until_halted(stack, "mes_inbox_message", stack.gateway.pid)
        stack.gateway.kill()
    stack.start_gateway()
    check_ends(orders, south, [order])
