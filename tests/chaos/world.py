"""The factory of the crash test, its orders, and the MES as a process; nothing is killed or judged here."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import cycle, islice

from simulator.messages import Event
from simulator.release import Release, read_release
from tools.compare import Amounts, read_stock
from tools.demo_factory import NORTH, SOUTH, Factory, PlantSpec, build, create_order, register_system, release_order
from tools.stack import Stack
from tools.stack.host import Host
from tools.stack.paths import PYTHON, ROOT, child_environment
from tools.stack.process import Process, can_connect, free_port, wait_until
from tools.stack.rpc import Rpc

from .load import QUANTITY, Play, play, stray
from .mes import STORE, Settings
from .store import Store, Wire

#: Two orders of five go to the plant that is reached over MQTT.
PLANTS = (NORTH, SOUTH, NORTH, SOUTH, NORTH)
WIRES = {NORTH.warehouse: Wire.HTTP, SOUTH.warehouse: Wire.MQTT}
#: Events that are collected may not hold up the test: it would wait, not work.
WINDOW_SECONDS = 1
RELEASED = "mes.order.released.v1"
RELEASE_SECONDS = 120
#: What comes of each small lot when the orders are released, so that what is used beyond them is nobody's share.
SPARE = 100
STOP_REASON = "jam"
COUNTING = {"inventory_mode": True}


@dataclass
class World:
    """A running stack with the demo factory, and the MES that both plants share."""

    stack: Stack
    host: Host
    admin: Rpc
    factory: Factory
    store: Store
    mes: Process

    @classmethod
    def build(cls, stack: Stack, host: Host) -> World:
        """Makes the factory, registers both systems, starts their MES with nothing to send."""
        admin = Rpc.login(host.url, stack.database, "admin", "admin")
        factory = build(admin)
        folder = stack.folder / "mes"
        folder.mkdir()
        port = free_port()
        secret = register_system(factory, NORTH, f"http://127.0.0.1:{port}/events")
        register_system(factory, SOUTH, "")
        window = admin.ref("mes_connector.flow_class_window")
        admin.write("mes.flow.class", [window], {"window_seconds": WINDOW_SECONDS})
        admin.write("mrp.workcenter.productivity.loss", [admin.ref("mrp.block_reason0")], {"mes_code": STOP_REASON})
        broker = stack.broker.url(SOUTH.system)
        Settings(host.url, stack.database, port, NORTH.system, secret, SOUTH.system, broker).write(folder)
        store = Store(folder / STORE)
        command = [PYTHON, "-m", "tests.chaos.mes", folder]
        mes = Process("The MES", command, log=folder / "mes.log", env=child_environment(stack.name), cwd=ROOT).start()
        wait_until(lambda: can_connect(port), "the MES to listen", timeout=20, process=mes)
        return cls(stack, host, admin, factory, store, mes)

    def person(self, login: str) -> Rpc:
        """A client with the rights of one of the factory's people."""
        return Rpc.login(self.host.url, self.stack.database, login, login)

    def stock(self) -> dict[str, Amounts]:
        """Stock of each plant, by warehouse."""
        return {plant: read_stock(self.admin, location) for plant, location in self.factory.stock_locations.items()}

    def release_orders(self, number: int) -> list[Release]:
        """Creates and releases orders of both plants; returns what the MES was told of each."""
        planner = self.person("planner")
        orders = [self._release(planner, plant) for plant in islice(cycle(PLANTS), number)]
        domain = [["production_id", "in", orders], ["event_type", "=", RELEASED]]
        rows = self.admin.read("mes.outbox.message", domain, ["payload"], order="id")
        return [read_release(json.loads(row["payload"])) for row in rows]

    def _release(self, planner: Rpc, plant: PlantSpec) -> int:
        order, _name = create_order(self.factory, planner, plant.warehouse, QUANTITY)
        release_order(planner, order)
        return order

    def restock(self) -> None:
        """Puts something more of each plant's first lots into its stock."""
        domain = [["location_id", "in", list(self.factory.stock_locations.values())], ["lot_id.name", "=like", "%-A"]]
        quants = self.admin.read("stock.quant", domain, ["quantity"])
        for quant in quants:
            counted = {"inventory_quantity": quant["quantity"] + SPARE}
            self.admin.call("stock.quant", "write", [quant["id"]], vals=counted, context=COUNTING)
        ids = [quant["id"] for quant in quants]
        self.admin.call("stock.quant", "action_apply_inventory", ids, context=COUNTING)

    def wait_for_releases(self, plays: list[Play]) -> None:
        """Waits until the MES has been told of every order."""
        orders = {one.order for one in plays}
        wait_until(lambda: self.store.released() >= orders, "the releases at the MES", timeout=RELEASE_SECONDS)


def source_of(release: Release) -> str:
    """The source of the events of an order's plant."""
    return f"/mes/{NORTH.system if release.plant == NORTH.warehouse else SOUTH.system}"


def play_all(releases: list[Release], seed: str) -> list[Play]:
    """What happens to each order."""
    now = datetime.now(timezone.utc)
    return [play(release, WIRES[release.plant], source_of(release), seed, now) for release in releases]


def strays_of(releases: list[Release], number: int, seed: str) -> Iterator[tuple[Wire, Event]]:
    """Events of orders that do not exist, of either plant."""
    now, rng = datetime.now(timezone.utc), random.Random(f"{seed}/strays")
    for position in range(number):
        release = rng.choice(releases)
        yield WIRES[release.plant], stray(release, source_of(release), position, seed, now)
