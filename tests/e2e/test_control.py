"""Pause, drain and resume over the public API and in the browser, while orders run: nothing is worked that is held,
nothing is lost, and everything is worked in its order afterwards.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from simulator.scenarios import ScenarioName as Play
from tools.stack.process import wait_until

from .workshop import BENCH, release_on_bench

CONFIRMED = "mes.operation.confirmed.v1"
RELEASED = "mes.order.released.v1"
ALERT = ".o_mes_pause_alert:has([name=action_resume])"


class Steering:
    """What is paused, drained and resumed of the registry, by the integrator; the administrator looks."""

    def __init__(self, admin, integrator):
        self.admin = admin
        self.integrator = integrator
        self._touched = []

    def find(self, model, **values):
        """The one record with these values, as (model, ids)."""
        ids = self.admin.search(model, [[name, "=", value] for name, value in values.items()])
        assert len(ids) == 1, (model, values, ids)
        return model, ids

    def do(self, what, record, **arguments):
        self._touched.append(record)
        self.integrator.call(record[0], f"action_{what}", record[1], **arguments)

    def state(self, record):
        return self.admin.call(record[0], "read", record[1], fields=["flow_state"])[0]["flow_state"]

    def messages(self, queue, order, *fields):
        domain = [["ordering_key", "=", order.name]]
        return self.admin.read(f"mes.{queue}.message", domain, ["event_type", "state", "is_held", *fields], order="id")

    def release_all(self):
        for model, ids in self._touched:
            self.integrator.call(model, "action_resume", ids)


@pytest.fixture
def steering(stack, admin, factory):
    """Resumes whatever a test paused."""
    made = Steering(admin, stack.rpc("integrator", "integrator"))
    yield made
    made.release_all()


def assert_worked_in_order(steering, order):
    """Everything of the order is done, and was done in the order in which it was stored."""
    rows = steering.messages("inbox", order, "attempt_ids")
    assert {row["state"] for row in rows} == {"done"}, rows
    last_attempts = [max(row["attempt_ids"]) for row in rows]
    assert last_attempts == sorted(last_attempts), rows


def test_a_paused_system_is_heard_and_nothing_of_it_is_worked(steering, orders, mes, north):
    order = release_on_bench(orders)
    bench = steering.find("mes.system", code=BENCH.system)
    steering.do("pause", bench, reason="the MES is updated")
    results = mes.take(order.events())
    assert {one["status"] for one in results} == {"stored"}
    orders.play(north, 6, Play.HAPPY.value)  # the lanes work, for everybody else
    rows = steering.messages("inbox", order)
    assert {(row["state"], row["is_held"]) for row in rows} == {("pending", True)}, rows
    assert orders.phase(order) == "released"
    assert steering.state(bench) == "paused"
    steering.do("resume", bench)
    orders.wait_for_phase(order, "posted")
    assert_worked_in_order(steering, order)
    assert steering.state(bench) == "running"


def test_a_drain_works_what_is_there_and_holds_what_comes(steering, orders, mes, north):
    first, second = release_on_bench(orders), release_on_bench(orders)
    bench = steering.find("mes.system", code=BENCH.system)
    steering.do("pause", bench)
    mes.take(first.events())
    steering.do("drain", bench, reason="before the update")
    mes.take(second.events())
    orders.wait_for_phase(first, "posted")
    wait_until(lambda: steering.state(bench) == "drained", "the bench to be drained", timeout=30)
    assert_worked_in_order(steering, first)
    orders.play(north, 6, Play.HAPPY.value)
    assert orders.phase(second) == "released"
    steering.do("resume", bench)
    orders.wait_for_phase(second, "posted")
    assert_worked_in_order(steering, second)


def test_a_paused_route_holds_its_event_type_and_no_other(steering, admin, orders, mes, north):
    posted = orders.play(north, 6, Play.HAPPY.value)
    system = steering.find("mes.system", code=north.name)
    route = steering.find("mes.route", system_id=system[1][0], event_type=RELEASED, direction="out")
    steering.do("pause", route, reason="the planner of the MES is down")
    order = orders.create(4)
    orders.release(order)
    # The MES speaks about another order: the answer goes out, past the release that is held.
    late = mes.event("mes.hold.placed.v1", {"order": posted.name, "reason": "surface"}, source=f"/mes/{north.name}")
    north.send(late)
    answers = [["causation_id", "=", late["id"]], ["answers_id", "!=", False]]
    wait_until(
        lambda: [row["state"] for row in admin.read("mes.outbox.message", answers, ["state"])] == ["sent"],
        "the answer to be sent",
        timeout=30,
    )
    (held,) = steering.messages("outbox", order, "attempt_ids")
    assert (held["event_type"], held["state"], held["is_held"], held["attempt_ids"]) == (RELEASED, "pending", True, [])
    assert steering.state(route) == "paused"
    steering.do("resume", route)
    orders.wait_for_phase(order, "posted", timeout=90)


def test_a_paused_event_type_holds_its_keys(steering, orders, mes, north):
    order = release_on_bench(orders)
    event_type = steering.find("mes.event.type", name=CONFIRMED)
    events = order.events()
    first = next(place for place, event in enumerate(events) if event["type"] == CONFIRMED)
    steering.do("pause", event_type, reason="minutes are wrong")
    mes.take(events)
    wait_until(
        lambda: [row["state"] for row in steering.messages("inbox", order)][:first] == ["done"] * first,
        "what comes before it to be done",
        timeout=90,
    )
    held = steering.messages("inbox", order)[first:]
    assert {row["state"] for row in held} == {"pending"}, "its followers wait behind it"
    assert [row["is_held"] for row in held] == [row["event_type"] == CONFIRMED for row in held]
    steering.do("resume", event_type)
    orders.wait_for_phase(order, "posted")
    assert_worked_in_order(steering, order)


def test_a_supervisor_pauses_and_resumes_in_the_browser(steering, visit, orders, mes):
    order = release_on_bench(orders)
    bench = steering.find("mes.system", code=BENCH.system)
    sam = visit("supervisor")
    page = sam.open_form("mes.system", bench[1][0])
    page.click(".o_statusbar_buttons button:has-text('Pause')")
    page.fill(".modal .o_field_widget[name=reason] input", "the MES is updated tonight")
    page.click(".modal footer button:has-text('Pause')")
    expect(page.locator(ALERT)).to_contain_text("the MES is updated tonight")
    mes.take(order.events())
    page.reload()
    expect(page.locator(ALERT)).to_contain_text("Sam Supervisor")
    sam.keep_screenshot("system-paused")
    page.click(f"{ALERT} [name=action_resume]")
    expect(page.locator(ALERT)).to_be_hidden()
    assert steering.state(bench) == "running"
    orders.wait_for_phase(order, "posted")
