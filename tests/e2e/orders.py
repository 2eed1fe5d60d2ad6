"""Creates, releases and watches orders as the planner would; judges nothing."""

from __future__ import annotations

from dataclasses import dataclass

from tools.demo_factory import Factory, create_order, release_order
from tools.stack.process import wait_until
from tools.stack.rpc import Rpc
from tools.stack.simulator import Simulator

POSTED = "posted"


@dataclass(frozen=True)
class Order:
    """An order by id and name."""

    id: int
    name: str


@dataclass
class Orders:
    """What a test does with orders; the planner acts, the administrator looks."""

    admin: Rpc
    planner: Rpc
    factory: Factory

    def create(self, quantity: float, plant: str = "WH", product: str | None = None) -> Order:
        """A confirmed and reserved order, of the plant's own product unless another is named."""
        return Order(*create_order(self.factory, self.planner, plant, quantity, product))

    def release(self, order: Order) -> None:
        """Presses *Release*."""
        release_order(self.planner, order.id)

    def change_quantity(self, order: Order, quantity: float) -> None:
        """Changes the quantity of an order in work, as the planner does."""
        wizard = self.planner.create("change.production.qty", {"mo_id": order.id, "product_qty": quantity})
        self.planner.call("change.production.qty", "change_prod_qty", [wizard])

    def play(
        self, simulator: Simulator, quantity: float, scenario: str, plant: str = "WH", timeout: float = 90
    ) -> Order:
        """Creates an order, has the virtual plant play `scenario` for it, waits until it is posted and all is quiet."""
        order = self.create(quantity, plant)
        simulator.plan(order.name, scenario)
        self.release(order)
        self.wait_for_phase(order, POSTED, timeout)
        wait_until(lambda: simulator.summary()["idle"], f"{simulator.name} to be idle", timeout=timeout)
        return order

    def phase(self, order: Order) -> str | bool:
        """The phase now; False before there is one."""
        return self.read(order, "mes_phase")["mes_phase"]

    def read(self, order: Order, *fields: str) -> dict:
        """Fields of the order."""
        return self.admin.read("mrp.production", [["id", "=", order.id]], list(fields))[0]

    def wait_for_phase(self, order: Order, phase: str, timeout: float = 180) -> None:
        """Waits until the order is in the phase; raises StackError after `timeout` seconds."""
        wait_until(lambda: self.phase(order) == phase, f"{order.name} to be {phase}", timeout=timeout)
