"""`make demo`: a plant that works in front of you; `--once` plays the demo orders, checks them against the plant's
books and stops.

With `--once` the last line is one JSON object: orders with phase and phase times, messages, stock before and after,
seconds per step.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field

from tools.compare import Amounts, compare_orders, compare_stock, read_stock
from tools.demo_factory import (
    ORDERS,
    PLANTS,
    Factory,
    OrderSpec,
    Scenario,
    build,
    create_order,
    register_system,
    release_order,
)
from tools.stack import Stack, StackError
from tools.stack.process import wait_until
from tools.stack.rpc import Rpc
from tools.stack.stack import leftovers
from tools.steps import Steps

PLAY_TIMEOUT = 240.0
SHOW_PACE = 2.0  # seconds between two events of the plant, slow enough to watch
NEW_ORDER_EVERY = 20.0
MOST_ORDERS = 500
POSTED = "posted"
WAITING = ("pending", "waiting", "parked")


@dataclass
class Demo:
    """What is needed to play and to check: the running stack, the factory in it, the planner's and the administrator's
    clients.
    """

    stack: Stack
    steps: Steps
    admin: Rpc = None
    planner: Rpc = None
    factory: Factory = None
    orders: dict[str, int] = field(default_factory=dict)  # name: id
    before: dict[str, Amounts] = field(default_factory=dict)

    def set_up(self, pace: float) -> None:
        """Starts everything and registers both plants."""
        stack, step = self.stack, self.steps.step
        with step("database with the suite"):
            stack.create_database()
        with step("Mosquitto"):
            stack.start_broker()
        with step("Odoo server"):
            stack.start_odoo()
            self.admin = stack.rpc()
        with step("demo factory: plants, products, stock, people"):
            self.factory = build(self.admin)
            self.planner = stack.rpc("planner", "planner")
        with step("gateway between broker and Odoo"):
            stack.start_gateway()
        with step("virtual plants, registered and started"):
            for seed, plant in enumerate(PLANTS, start=1):
                simulator = stack.add_simulator(plant.system)
                secret = register_system(self.factory, plant, simulator.events_url)
                broker = stack.broker if plant.transport == "mqtt" else None
                simulator.start(stack.odoo, stack.database, secret, broker=broker, seed=seed, pace=pace)

    def release(self, spec: OrderSpec) -> str:
        """Creates an order, tells the plant its scenario, releases it; returns its name."""
        order, name = create_order(self.factory, self.planner, spec.plant, spec.quantity)
        self.simulator(spec.plant).plan(name, spec.scenario.value)
        release_order(self.planner, order)
        self.orders[name] = order
        return name

    def simulator(self, warehouse: str):
        """The virtual plant of a warehouse."""
        return self.stack.simulators[next(plant.system for plant in PLANTS if plant.warehouse == warehouse)]

    def stock(self) -> dict[str, Amounts]:
        """Stock of each plant."""
        return {code: read_stock(self.admin, location) for code, location in self.factory.stock_locations.items()}

    def play(self) -> None:
        """Releases the demo orders and waits until all are posted and no message is under way."""
        with self.steps.step("demo orders created and released"):
            self.before = self.stock()
            for spec in ORDERS:
                self.release(spec)
        with self.steps.step("demo orders played and posted"):
            wait_until(
                self._all_quiet, "the demo orders to be posted", timeout=PLAY_TIMEOUT, process=self.stack.odoo_process
            )

    def _all_quiet(self) -> bool:
        self.stack.check()
        open_orders = self.admin.search(
            "mrp.production", [["id", "in", list(self.orders.values())], ["mes_phase", "!=", POSTED]]
        )
        return (
            not open_orders
            and self._count("mes.inbox.message", WAITING) == 0 == self._count("mes.outbox.message", WAITING[:1])
            and all(simulator.summary()["idle"] for simulator in self.stack.simulators.values())
        )

    def _count(self, model: str, states: tuple[str, ...] | None = None) -> int:
        return self.admin.call(model, "search_count", domain=[["state", "in", list(states)]] if states else [])

    def faults(self) -> list[str]:
        """What differs between the plants' books and Odoo's."""
        with self.steps.step("plants' books compared with Odoo's"):
            after, found = self.stock(), []
            for plant in PLANTS:
                ledger = self.stack.simulators[plant.system].ledger()
                mine = [name for name, spec in zip(self.orders, ORDERS, strict=True) if spec.plant == plant.warehouse]
                found += compare_orders(self.admin, ledger, mine)
                found += compare_stock(
                    plant.warehouse, self.before[plant.warehouse], after[plant.warehouse], ledger.values()
                )
        return found

    def report(self) -> dict:
        """The figures of the last line, but for the seconds."""
        ids = list(self.orders.values())
        phases = {
            row["id"]: row["mes_phase"] for row in self.admin.read("mrp.production", [["id", "in", ids]], ["mes_phase"])
        }
        times: dict[int, dict[str, str]] = defaultdict(dict)
        for row in self.admin.read(
            "mes.order.transition", [["production_id", "in", ids]], ["production_id", "to_phase", "at"], order="id"
        ):
            times[row["production_id"][0]].setdefault(row["to_phase"], row["at"])
        duplicates = self.admin.read("mes.counter", [["name", "=", "duplicate"]], ["value"])
        return {
            "orders": [
                {"name": name, "phase": phases[order], "times": times[order]} for name, order in self.orders.items()
            ],
            "messages": {
                "in": self._count("mes.inbox.message"),
                "out": self._count("mes.outbox.message"),
                "duplicates": sum(row["value"] for row in duplicates),
                "rejected": self._count("mes.inbox.message", ("rejected",)),
            },
            "stock": {"before": _by_product(self.before), "after": _by_product(self.stock())},
        }

    def troubles(self) -> list[str]:
        """Why orders do not go on: their phases, the messages that wait or failed."""
        orders = self.admin.read("mrp.production", [["id", "in", list(self.orders.values())]], ["name", "mes_phase"])
        lines = [f"{row['name']}: {row['mes_phase']}" for row in orders]
        for model in ("mes.inbox.message", "mes.outbox.message"):
            rows = self.admin.read(
                model,
                [["state", "not in", ["done", "confirmed", "sent"]]],
                ["event_type", "state", "code", "text"],
                limit=20,
            )
            lines += [f"{model} {row['event_type']} {row['state']}: {row['code']} {row['text'] or ''}" for row in rows]
        return [*lines, *(f"{name}: {simulator.summary()}" for name, simulator in self.stack.simulators.items())]


def _by_product(stock: dict[str, Amounts]) -> dict[str, dict[str, dict[str, float]]]:
    result: dict = {}
    for plant, amounts in stock.items():
        for (product, lot), quantity in amounts.items():
            result.setdefault(plant, {}).setdefault(product, {})[lot] = quantity
    return result


def once(name: str) -> int:
    """Plays the demo orders without pause; returns the exit status."""
    steps = Steps()
    figures: dict = {}
    with Stack(name) as stack:
        demo = Demo(stack, steps)
        demo.set_up(pace=0)
        try:
            demo.play()
        except StackError as error:
            raise StackError("\n".join([str(error), *demo.troubles()])) from None
        faults = demo.faults()
        figures = demo.report()
        stopping = time.monotonic()
    steps.seconds["everything stopped"] = round(time.monotonic() - stopping, 1)
    faults += [f"still running: {process}" for process in leftovers(name)]
    for fault in faults:
        print(f"demo: {fault}", file=sys.stderr)
    print(f"slowest step: {steps.slowest} ({steps.seconds[steps.slowest]:g} s)")
    print(
        json.dumps({**figures, "seconds": steps.seconds, "slowest": steps.slowest, "differences": faults}), flush=True
    )
    return 1 if faults else 0


def show(name: str) -> None:
    """Plays the demo orders at a pace one can watch, then a new one every 20 s, until Ctrl-C."""
    with Stack(name) as stack:
        demo = Demo(stack, Steps())
        demo.set_up(pace=SHOW_PACE)
        print(
            f"\n  Odoo    {stack.url}/odoo    login admin, password admin\n"
            f"  also    planner, supervisor, quality, integrator (password = login)\n"
            f"  data    database {stack.database}\n"
            f"  logs    {stack.folder}\n\n  Ctrl-C stops everything.\n",
            flush=True,
        )
        wishes = itertools.chain(
            ORDERS,
            itertools.cycle(OrderSpec(plant.warehouse, 12, scenario) for scenario in Scenario for plant in PLANTS),
        )
        for spec in itertools.islice(wishes, MOST_ORDERS):
            name = demo.release(spec)
            print(f"released {name}: {spec.quantity:g} pieces, {spec.scenario.value}", flush=True)
            stack.watch(NEW_ORDER_EVERY if len(demo.orders) >= len(ORDERS) else 1.0)
        stack.watch()


def main() -> int:
    """Runs the demo; returns the exit status."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="play the demo orders, check them, stop")
    parser.add_argument("--name", default="demo", help="of the stack, so that several may run; default demo")
    arguments = parser.parse_args()
    try:
        if arguments.once:
            return once(arguments.name)
        show(arguments.name)
    except KeyboardInterrupt:
        print("stopped")
    except StackError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
