"""Fixtures: one stack with the demo factory for the whole run, clients of every kind, a browser; no test."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tools.demo_factory import NORTH, SOUTH, Factory, PlantSpec, build, register_system
from tools.stack import Stack
from tools.stack.rpc import Rpc
from tools.stack.simulator import Simulator

from .browsing import Visit, log_in
from .client import MesClient
from .orders import Orders
from .workshop import BENCH, equip, hear_of_orders_only

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """Odoo with the suite, broker and gateway on a database of their own."""
    with Stack("e2e") as running:
        running.create_database()
        _leave_master_data(running)
        running.start_broker()
        running.start_odoo()
        running.start_gateway()
        yield running
        running.check()


def _leave_master_data(stack: Stack) -> None:
    """Nothing is told by itself that a test might count; those about master data start the scheduled actions."""
    stack.server.query(
        "UPDATE ir_cron SET nextcall = now() AT TIME ZONE 'UTC' + interval '1 day' FROM ir_act_server a"
        " WHERE a.id = ir_actions_server_id AND a.code IN ('model._cron_publish()', 'model._cron_compare()')",
        (),
        stack.database,
    )


@pytest.fixture(scope="session")
def admin(stack: Stack) -> Rpc:
    """The administrator's client of Odoo's public API."""
    return stack.rpc()


@pytest.fixture(scope="session")
def factory(admin: Rpc) -> Factory:
    """The demo factory with its two plants, products, stock and people, and what the tests add."""
    made = build(admin)
    equip(made)
    return made


@pytest.fixture(scope="session")
def planner(stack: Stack, factory: Factory) -> Rpc:
    """The planner's client: creates and releases orders with no more rights than a planner has."""
    return stack.rpc("planner", "planner")


def _start_plant(stack: Stack, factory: Factory, plant: PlantSpec, seed: int) -> Simulator:
    simulator = stack.add_simulator(plant.system)
    secret = register_system(factory, plant, simulator.events_url)
    broker = stack.broker if plant.transport == "mqtt" else None
    return simulator.start(stack.odoo, stack.database, secret, broker=broker, seed=seed)


@pytest.fixture(scope="session")
def north(stack: Stack, factory: Factory) -> Simulator:
    """The virtual plant of warehouse WH, over HTTP."""
    return _start_plant(stack, factory, NORTH, seed=1)


@pytest.fixture(scope="session")
def south(stack: Stack, factory: Factory) -> Simulator:
    """The virtual plant of warehouse SP, over MQTT."""
    return _start_plant(stack, factory, SOUTH, seed=2)


@pytest.fixture(scope="session")
def plants(north: Simulator, south: Simulator) -> dict[str, Simulator]:
    """Both virtual plants by warehouse code."""
    return {NORTH.warehouse: north, SOUTH.warehouse: south}


@pytest.fixture(scope="session")
def orders(admin: Rpc, planner: Rpc, factory: Factory) -> Orders:
    """Creates, releases and watches orders."""
    return Orders(admin, planner, factory)


@pytest.fixture(scope="session")
def mes(stack: Stack, factory: Factory) -> MesClient:
    """The MES of the bench plant, which no simulator plays: it sends what a test wants."""
    secret = register_system(factory, BENCH, "")
    (system,) = factory.rpc.search("mes.system", [["code", "=", BENCH.system]])
    hear_of_orders_only(factory.rpc, system)
    return MesClient(stack.url, stack.database, BENCH.system, secret)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium of the machine."""
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    assert program, "no Chromium found; bootstrap/install.sh --test installs it"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=CHROMIUM_ARGUMENTS)
        yield running
        running.close()


@pytest.fixture(scope="session")
def people(stack: Stack, factory: Factory, browser: Browser) -> Callable[[str], BrowserContext]:
    """The logged-in browser of a person, by login; made once, so that it keeps its cache and its session."""
    contexts: dict[str, BrowserContext] = {}

    def of(login: str) -> BrowserContext:
        if login not in contexts:
            viewport = {"width": 1440, "height": 900}
            contexts[login] = browser.new_context(base_url=stack.url, viewport=viewport, locale="en-US")
            log_in(contexts[login], login)
        return contexts[login]

    return of


@pytest.fixture
def visit(people: Callable[[str], BrowserContext], request: pytest.FixtureRequest) -> Iterator[Callable[[str], Visit]]:
    """Begins a person's visit. Afterwards a screenshot is kept, and the console must hold no error."""
    begun: list[Visit] = []

    def begin(login: str) -> Visit:
        begun.append(Visit(people(login).new_page()))
        return begun[-1]

    yield begin
    for one in begun:
        one.keep_screenshot(f"end-of-{request.node.name}")
        one.page.close()
    assert [one.complaints for one in begun] == [[]] * len(begun), "errors in the browser's console"
