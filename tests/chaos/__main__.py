"""`make chaos`, and with `--ci` the size of continuous integration: the storm, the operator's step, the verdict.

python -m tests.chaos [--ci] [--seed N] [--mutation NAME]: exit status 0 when every kind was killed often enough and
nothing was lost, doubled or different. The last line tells all figures.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from simulator.messages import EventType
from tools.compare import Amounts
from tools.stack import Stack, StackError
from tools.stack.paths import ADDONS
from tools.stack.process import can_connect
from tools.steps import Steps

from .campaign import Campaign
from .clearing import Clearing
from .load import Play, arrange
from .ownership import Ownership
from .store import Delivery
from .verdict import Findings, Identity, counted, identity, judge_books, judge_deliveries, judge_messages
from .watch import Watch
from .world import World, play_all, strays_of

MUTATIONS = Path(__file__).parent / "mutation"
#: Odoo's processes that serve HTTP.
WORKERS = 2
#: One in so many orders has a namesake that does not exist.
ORDERS_PER_STRAY = 5


@dataclass(frozen=True)
class Size:
    """How many orders of some forty events each, and how often each kind is killed with a transaction open."""

    orders: int
    times: int


CI, LONG = Size(orders=10, times=5), Size(orders=50, times=12)


@dataclass
class Run:
    """One crash test from the empty database to the verdict."""

    stack: Stack
    size: Size
    seed: str
    steps: Steps
    plays: list[Play] = field(default_factory=list)
    expected: dict[Identity, EventType] = field(default_factory=dict)
    deliveries: list[Delivery] = field(default_factory=list)
    before: dict[str, Amounts] = field(default_factory=dict)
    findings: Findings = field(default_factory=Findings)
    world: World = None
    campaign: Campaign = None
    clearing: Clearing = None

    def set_up(self, mutation: str | None) -> None:
        """Starts everything, releases the orders and hands the MES what it will send."""
        stack, step = self.stack, self.steps.step
        with step("database with the suite on a server of its own"):
            stack.create_database()
            if mutation:
                stack.odoo.install(stack.database, [mutation], log="mutation.log")
        with step("broker, Odoo with workers, gateway"):
            stack.start_broker()
            host = stack.add_host("site", workers=WORKERS).start()
            stack.start_gateway()
        with step("factory, MES"):
            self.world = World.build(stack, host)
        with step(f"{self.size.orders} orders released"):
            releases = self.world.release_orders(self.size.orders)
            self.world.restock()
            self.before = self.world.stock()
            self.plays = play_all(releases, self.seed)
            strays = list(strays_of(releases, -(-self.size.orders // ORDERS_PER_STRAY), self.seed))
            self.expected = {identity(one): EventType.MESSAGE_ACCEPTED for play in self.plays for one in play.events}
            self.expected |= {identity(one): EventType.MESSAGE_REJECTED for _wire, one in strays}
            self.deliveries = arrange(self.plays, strays, self.seed)
            self.world.store.fill(self.deliveries)
            self.world.wait_for_releases(self.plays)

    def storm(self) -> None:
        """Kills while events flow, then lets the supervisor clear up."""
        watch = Watch(self.stack, Ownership(self.stack, self.world.host))
        self._check_durability(watch)
        watch.forget()
        self.campaign = Campaign(self.world, times=self.size.times, events=len(self.expected), seed=self.seed)
        with self.steps.step("storm"):
            self.campaign.run()
        self.clearing = Clearing(self.world, lambda: self._is_settled(watch))
        with self.steps.step("queues at rest, operator's step"):
            self.clearing.run()
        self.findings.differences += self.clearing.stuck
        self._check_durability(watch)

    def _check_durability(self, watch: Watch) -> None:
        self.findings.differences += [f"{name} is not on" for name in watch.volatile_settings()]

    def _is_settled(self, watch: Watch) -> bool:
        self.campaign.revive()
        is_open = can_connect(self.world.host.installation.port)
        return is_open and not self.world.store.left() and watch.is_quiet()

    def judge(self) -> None:
        """Compares what was sent with what Odoo and the MES have."""
        with self.steps.step("verdict"):
            judge_deliveries(self.world.store, self.plays, self.findings)
            judge_messages(self.stack, self.world.store, self.expected, self.findings)
            judge_books(self.world.admin, self.world.factory, self.plays, self.before, self.findings)

    def summary(self, seconds: float) -> str:
        """The last line."""
        found, store = self.findings, self.world.store
        return "; ".join(
            (
                f"chaos: {'FAILED' if found else 'good'}",
                f"{len(self.expected)} events of {self.size.orders} orders",
                f"{len(self.deliveries)} deliveries, {store.tries()} tries, {len(store.answers())} answers",
                f"operator: {self.clearing.retried} retried, {self.clearing.discarded} discarded",
                found.figures,
                f"killed with a transaction open: {counted(self.campaign.kills)}",
                f"killed in COMMIT: {self.campaign.in_commit}",
                f"seed {self.seed}",
                f"{seconds:.0f} s",
            )
        )


def main(arguments: list[str]) -> int:
    """Runs one crash test; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--ci", action="store_true", help="the size of continuous integration")
    parser.add_argument("--seed", default="1", help="what is sent and killed when (default: 1)")
    parser.add_argument("--mutation", help="a folder of tests/chaos/mutation: the addon that breaks a promise")
    options = parser.parse_args(arguments)
    began = time.monotonic()
    addons = (ADDONS, MUTATIONS) if options.mutation else (ADDONS,)
    with Stack("chaos", addons=addons, is_crashable=True) as stack:
        run = Run(stack, CI if options.ci else LONG, options.seed, Steps())
        try:
            run.set_up(options.mutation)
            run.storm()
            run.judge()
        except StackError as error:
            print(f"chaos: FAILED: {error}; seed {options.seed}")
            return 1
        print(run.findings)
        print(f"restarted: {counted(run.campaign.restarts)}")
        print(run.summary(time.monotonic() - began))
    return 1 if run.findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
