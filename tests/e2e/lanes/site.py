"""A site of several Odoo hosts on one database, and the plant's endpoint that takes whatever it is sent; nothing is
measured here.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from simulator.messages import Event
from tools.demo_factory import build, register_system
from tools.stack import Stack
from tools.stack.host import Host
from tools.stack.paths import ADDONS
from tools.stack.process import wait_until
from tools.stack.rpc import Rpc

from ..client import MesClient
from ..orders import Orders
from ..workshop import BENCH, BenchOrder, equip, hear_of_orders_only, release_on_bench

#: An addon that ends the process which works a certain order's message; installed nowhere else.
TEST_ADDONS = Path(__file__).with_name("addons")
POISON_ADDON = "test_mes_poison"
#: The system parameter that names the order.
POISON_PARAMETER = "test_mes_poison.order"


class _Taker(BaseHTTPRequestHandler):
    """Answers 200 to each delivery."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        """The test's output is not a web server's log."""


@contextmanager
def plant_endpoint() -> Iterator[str]:
    """The address of an endpoint that takes everything at once."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Taker) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@dataclass
class Site:
    """Two hosts that differ in their ports only, of which the first runs; orders of the bench plant, and its MES."""

    stack: Stack
    first: Host
    second: Host
    rpc: Rpc
    orders: Orders
    secret: str

    def mes(self, host: Host | None = None) -> MesClient:
        """The MES of the bench plant, as a client of one host, the first by default."""
        return MesClient((host or self.first).url, self.stack.database, BENCH.system, self.secret)

    def release(self, count: int = 1) -> list[BenchOrder]:
        """Released orders, of which the MES has told nothing yet; returns when nothing is under way any more."""
        released = [release_on_bench(self.orders) for _number in range(count)]
        self.wait_until_idle()
        return released

    def query(self, statement: str, parameters: tuple = ()) -> list[tuple]:
        """Rows of the site's database, whatever host is up."""
        return self.stack.server.query(statement, parameters, self.stack.database)

    def is_idle(self) -> bool:
        """No message of either queue is due or about to be; master data that wait for the night are not."""
        return not self.query(
            """SELECT 1 FROM mes_inbox_message WHERE state IN ('pending', 'waiting')
                UNION ALL SELECT 1 FROM mes_outbox_message WHERE state IN ('pending', 'waiting')
                                    AND (collect_until IS NULL OR collect_until <= now() AT TIME ZONE 'UTC') LIMIT 1"""
        )

    def wait_until_idle(self, timeout: float = 60) -> None:
        """Waits until both queues are worked off."""
        wait_until(self.is_idle, "the queues to be empty", timeout=timeout)

    def wait_until_posted(self, orders: list[BenchOrder], timeout: float = 120) -> None:
        """Waits until the orders are posted."""
        statement = "SELECT 1 FROM mrp_production WHERE id = ANY(%s) AND mes_phase <> 'posted'"
        ids = [order.id for order in orders]
        wait_until(lambda: not self.query(statement, (ids,)), f"{len(ids)} orders to be posted", timeout=timeout)


@contextmanager
def open_site(name: str) -> Iterator[Site]:
    """A site on a new database with the demo factory and the bench plant; its stack is called `name`."""
    with Stack(name, addons=(ADDONS, TEST_ADDONS)) as stack, plant_endpoint() as endpoint:
        stack.create_database()
        stack.odoo.install(stack.database, [POISON_ADDON], log="install.log")
        first, second = stack.add_host("first").start(), stack.add_host("second")
        rpc = Rpc.login(first.url, stack.database, "admin", "admin")
        factory = build(rpc)
        equip(factory)
        secret = register_system(factory, replace(BENCH, transport="http"), endpoint)
        hear_of_orders_only(rpc, rpc.search("mes.system", [["code", "=", BENCH.system]])[0])
        yield Site(stack, first, second, rpc, Orders(rpc, rpc, factory), secret)


def mixed(orders: list[BenchOrder]) -> list[Event]:
    """The events of orders that run side by side: the first of each, then the second of each, and so on."""
    rows = [order.events() for order in orders]
    return [row[place] for place in range(max(map(len, rows))) for row in rows if place < len(row)]
