"""Invariant 5: the events of an order, in order, repeated or permuted, end in the same stock, genealogy, times and
phase.
"""

from __future__ import annotations

import random
from dataclasses import asdict

import pytest

from simulator.dispatch import deliveries
from simulator.ledger import keep_books
from simulator.scenarios import Dispatch, ScenarioName
from tools.compare import MINUTES_TOLERANCE, compare_orders, compare_stock, odoo_booking, read_stock

from .workshop import BENCH, release_on_bench

QUANTITY = 9


def play(orders, mes, dispatch: Dispatch, seed: int):
    """Sends the facts of one bench order in the given manner until it is posted; returns the order and the books of its
    plant.
    """
    order = release_on_bench(orders, QUANTITY)
    events = order.events(ScenarioName.PARTIAL_WITH_SCRAP, seed)
    for delivery in deliveries(events, dispatch, random.Random(f"{dispatch.value}/{seed}")):
        mes.take(delivery if len(delivery) > 1 else delivery[0])
    orders.wait_for_phase(order, "posted")
    return order, {order.name: keep_books(events, order.release)}


def plain(value: object, order: str):
    """A booking without the order's own name in its lots and without the noise of sums of fractions."""
    if isinstance(value, dict):
        return {plain(key, order): plain(item, order) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(plain(item, order) for item in value)
    if isinstance(value, str):
        return value.replace(order.replace("/", "-"), "ORDER")
    return round(value, 6) if isinstance(value, float) else value


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_any_order_and_any_repetition_end_the_same(admin, orders, mes, factory, seed):
    location, ends = factory.stock_locations[BENCH.warehouse], {}
    for dispatch in (Dispatch.ONE_BY_ONE, Dispatch.REPEATED, Dispatch.SHUFFLED):
        before = read_stock(admin, location)
        order, books = play(orders, mes, dispatch, seed)
        assert compare_orders(admin, books, [order.name]) == []
        assert compare_stock(BENCH.warehouse, before, read_stock(admin, location), books.values()) == []
        ends[dispatch] = plain(asdict(odoo_booking(admin, order.name)), order.name)
    in_order = ends.pop(Dispatch.ONE_BY_ONE)
    assert in_order["closed"]
    assert in_order["scrap"] == 2
    assert len(in_order["genealogy"]) == 2, "two increments make two lots, each with its own components"
    times = {name: pytest.approx(in_order.pop(name), abs=2 * MINUTES_TOLERANCE) for name in ("minutes", "people")}
    for dispatch, end in ends.items():
        assert {name: end.pop(name) for name in times} == times, dispatch
        assert end == in_order, dispatch
