"""Fixtures: one stack with the demo factory for the whole run, clients of every kind, a browser; no test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tools.demo_factory import NORTH, SOUTH, Factory, PlantSpec, build, register_system
from tools.stack import Stack
from tools.stack.paths import ROOT
from tools.stack.rpc import Rpc
from tools.stack.simulator import Simulator

from .client import MesClient
from .orders import Orders
from .workshop import BENCH, equip

SCREENSHOTS = ROOT / "build" / "screenshots"
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
        running.start_broker()
        running.start_odoo()
        running.start_gateway()
        yield running
        running.check()


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
    return MesClient(stack.url, stack.database, BENCH.system, register_system(factory, BENCH, ""))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium of the machine."""
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    assert program, "no Chromium found; bootstrap/install.sh --test installs it"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=CHROMIUM_ARGUMENTS)
        yield running
        running.close()


@pytest.fixture
def page(stack: Stack, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page of the stack's own address, not logged in; a screenshot is kept when the test is over."""
    context = browser.new_context(base_url=stack.url, viewport={"width": 1440, "height": 900}, locale="en-US")
    context.set_default_timeout(30_000)
    opened = context.new_page()
    yield opened
    keep_screenshot(opened, f"{request.node.name}-end")
    context.close()


def keep_screenshot(page: Page, name: str) -> Path:
    """Writes build/screenshots/NAME.png and returns its path."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    target = SCREENSHOTS / f"{name}.png"
    page.screenshot(path=target)
    return target


def log_in(page: Page, login: str, password: str | None = None) -> None:
    """Logs a person in and waits for the web client; the demo's people use their login as password."""
    page.goto("/web/login")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", password or login)
    page.click("button[type=submit]")
    page.wait_for_selector(".o_web_client .o_main_navbar")
