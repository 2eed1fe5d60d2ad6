"""What people see in a real browser on the stack's own address: release, the live phase bar, registration, screens.

The bench plant is played by the test, so each phase changes when the test says so and not before.
"""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Page, expect

from simulator.scenarios import ScenarioName as Play
from tools.stack.process import wait_until

from .client import MesClient
from .workshop import BENCH, bench_order, release_on_bench

CURRENT = ".o_field_widget[name=mes_phase] .o_arrow_button_current"
#: What the web client asks of the server. The API and the plants' door are the test's own doing, and the browser by
#: itself looks now and then whether there is a newer service worker.
FROM_THE_BROWSER = re.compile(r'"(?:GET|POST) (?!/json/2/|/mes/v1/|/websocket|/web/service-worker.js)\S+ HTTP')
REGISTRATION_SECONDS = 60
#: Collects each phase that the bar shows as the current one.
WATCH_PHASES = """current => {
    const seen = [document.querySelector(current).dataset.value];
    const note = () => seen.push(document.querySelector(current)?.dataset.value);
    const strip = document.querySelector('.o_mes_phase_strip');
    new MutationObserver(note).observe(strip, {subtree: true, childList: true, attributes: true});
    return seen;
}"""


def expect_phase(page: Page, phase: str) -> None:
    """The phase bar shows this phase as the current one."""
    expect(page.locator(CURRENT)).to_have_attribute("data-value", phase, timeout=30_000)


def test_a_released_order_moves_by_itself(stack, visit, orders, mes):
    order = orders.create(4, BENCH.warehouse, BENCH.product)
    paula = visit("planner")
    page = paula.open_form("mrp.production", order.id)
    expect_phase(page, "planned")
    page.click("button[name=action_mes_release]")
    expect_phase(page, "released")
    paula.settle()
    paula.urls.clear()
    log = stack.odoo_process.log.read_bytes()
    events = bench_order(orders.admin, order).events()
    texts = [page.inner_text(CURRENT)]
    for upto, phase in ((2, "in_progress"), (len(events) - 1, "partially_confirmed"), (len(events), "posted")):
        mes.take(events[:upto])
        expect_phase(page, phase)
        texts.append(page.inner_text(CURRENT))
    assert texts == ["Released", "In progress", "Partially confirmed", "Posted"]
    assert paula.urls == [], "the bus alone moves the bar"
    served = stack.odoo_process.log.read_bytes()[len(log) :].decode()
    assert not FROM_THE_BROWSER.findall(served), "nor did a worker of the page ask"
    assert not page.locator(".o_form_button_save:visible").count(), "the form stays clean"


def test_a_form_follows_its_own_order_only(visit, orders, mes):
    shown, other = (release_on_bench(orders) for _number in range(2))
    page = visit("planner").open_form("mrp.production", shown.id)
    expect_phase(page, "released")
    seen = page.evaluate_handle(WATCH_PHASES, CURRENT)
    mes.take(other.events()[:2])
    orders.wait_for_phase(other, "in_progress")
    # The bus keeps the order of what it tells: had the other's phase been shown, it would have been before this one.
    mes.take(mes.event("mes.hold.placed.v1", {"order": shown.name, "reason": "surface"}))
    expect_phase(page, "quality_hold")
    assert set(seen.json_value()) == {"released", "quality_hold"}


def test_an_administrator_registers_a_system_in_a_minute(stack, admin, visit):
    ada = visit("admin")
    began = time.monotonic()
    page = ada.open("mes-systems", ".o_list_button_add")
    page.click(".o_list_button_add")
    page.fill(".o_field_widget[name=name] input, .o_field_widget[name=name] textarea", "MES Lake")
    page.keyboard.press("Tab")
    expect(page.locator(".o_field_widget[name=code] input")).to_have_value("mes-lake")
    page.click("header button[name=action_issue_credential], .o_statusbar_buttons button[name=action_issue_credential]")
    page.click(".modal button[name=action_issue]")
    secret = page.locator(".modal .o_field_widget[name=secret]").inner_text().split()[0]
    page.click(".modal footer button:has-text('I have copied it')")
    page.click(".o_statusbar_buttons button[name=action_activate]")
    expect(page.locator(".o_field_widget[name=state] .o_arrow_button_current")).to_have_text("Active")
    seconds = time.monotonic() - began
    assert seconds < REGISTRATION_SECONDS
    speaker = MesClient(stack.url, stack.database, "mes-lake", secret)
    assert speaker.send({}).status_code == 422, "the secret opens the door"
    (system,) = admin.search("mes.system", [["code", "=", "mes-lake"]])
    ada.open_form("mes.system", system)
    page.click(".nav-link[name=credentials]")
    expect(page.locator(".o_field_widget[name=credential_ids] .o_data_row")).to_have_count(1)
    assert secret not in page.content(), "it is shown once"


@pytest.fixture(scope="module")
def scene(orders, mes, north):
    """Orders in every phase and messages of every kind, as on a working day; returns the richest order's id."""
    orders.create(8, BENCH.warehouse, BENCH.product)
    release_on_bench(orders, 8)
    for upto in (2, 6):
        order = release_on_bench(orders, 10)
        mes.take(order.events()[:upto])
    held = release_on_bench(orders, 16)
    events = held.events(Play.LATE_HOLD)
    mes.take([event for event in events if event["type"] != "mes.hold.released.v1"])
    played = orders.play(north, 72, Play.PARTIAL_WITH_SCRAP.value)
    mes.take(mes.event("mes.hold.placed.v1", {"order": "TB/MO/04711", "reason": "colour"}))
    too_much = {"product": BENCH.product, "quantity": {"value": 900, "uom": "C62"}, "lot": "X-1"}
    mes.take(mes.event("mes.production.reported.v1", {"order": order.name, "items": [too_much]}))
    waiting = [["state", "in", ["pending", "waiting"]]]
    wait_until(lambda: not orders.admin.search("mes.inbox.message", waiting), "a quiet inbox", timeout=60)
    return played


ROW = ".o_list_view .o_data_row, .o_kanban_view .o_kanban_record"
SCREENS = {
    "overview": ".o_mes_overview .o_mes_tile",
    "orders": ".o_kanban_view .o_kanban_record",
    "inbox": ROW,
    "outbox": ROW,
    "cases": ROW,
    "systems": ROW,
}


@pytest.mark.parametrize("name", SCREENS)
def test_screens_open(visit, scene, name):
    ada = visit("admin")
    ada.open(f"mes-{name}", SCREENS[name])
    ada.keep_screenshot(name)


def test_order_form_tells_the_whole_story(visit, scene):
    paula = visit("planner")
    page = paula.open_form("mrp.production", scene.id)
    expect_phase(page, "posted")
    paula.keep_screenshot("order")
    page.click(".nav-link[name=mes_plant]")
    for tab, field in (
        ("mes_timeline", "mes_transition_ids"),
        ("mes_inbox", "mes_inbox_ids"),
        ("mes_outbox", "mes_outbox_ids"),
        ("mes_effects", "mes_effect_ids"),
    ):
        page.click(f".nav-link[name={tab}]")
        expect(page.locator(f".o_field_widget[name={field}] .o_data_row").first).to_be_visible()
        page.locator(f".nav-link[name={tab}]").scroll_into_view_if_needed()
        paula.keep_screenshot(f"order-plant-{tab.removeprefix('mes_')}")


@pytest.mark.parametrize("model", ["mes.inbox.message", "mes.outbox.message", "mes.system"])
def test_forms_open(visit, admin, scene, model):
    domain = [["code", "=", "mes-north"]] if model == "mes.system" else [["production_id", "=", scene.id]]
    records = admin.search(model, domain, order="id desc")
    ada = visit("admin")
    ada.open_form(model, records[0])
    ada.keep_screenshot(model.replace("mes.", "").replace(".", "-"))
