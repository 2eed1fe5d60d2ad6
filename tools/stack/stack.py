"""The stack: what runs together in one folder, started in order and stopped in reverse; what flows through it is the
caller's.
"""

from __future__ import annotations

import fcntl
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from . import template
from .broker import Broker
from .host import Host
from .leftovers import processes_of
from .odoo import Installation
from .paths import ADDONS, RUN
from .postgres import Server, database_server
from .private_server import PrivateServer
from .process import Process, StackError, wait_until
from .rpc import Rpc
from .simulator import Simulator

GATEWAY_TOPIC = "mes/v1/+/in"


class Stack:
    """A context manager around one running system; its folder is `.odoo/run/<name>`, its database `plant_<name>`.

    The database server runs from entry to exit; the rest is started by the methods, each of which returns when what it
    started answers. On exit, also by SIGTERM or Ctrl-C, everything is stopped; a stack whose starter is killed dies
    with it.
    `addons` are the folders of addons that its Odoo knows besides its own. With `is_crashable` the database server is
    one that no other stack uses. Start from the main thread only. Raises
    StackError when something does not start, or when the name is in use.
    """

    def __init__(self, name: str, *, addons: Sequence[Path] = (ADDONS,), is_crashable: bool = False):
        self.name = name
        self._addons = addons
        self.private_server = PrivateServer(name) if is_crashable else None
        self.folder: Path = RUN / name
        self.database = f"plant_{name.replace('-', '_')}"
        self.server: Server
        self.odoo: Installation
        self.broker: Broker | None = None
        self.odoo_process: Process | None = None
        self.gateway: Process | None = None
        self.simulators: dict[str, Simulator] = {}
        self._closing = ExitStack()

    def __enter__(self) -> Stack:
        with ExitStack() as entering:
            entering.enter_context(_signals_end_the_block())
            entering.enter_context(_exclusive(self.name))
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir(parents=True)
            self.server = self._open_server(entering)
            self.odoo = Installation.create(self.folder, self.server, self.name, addons=self._addons)
            self._closing = entering.pop_all()
        return self

    def __exit__(self, *raised) -> bool | None:
        # A second Ctrl-C must not leave half of the stack behind.
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            return self._closing.__exit__(*raised)
        finally:
            signal.signal(signal.SIGINT, before)

    def _open_server(self, entering: ExitStack) -> Server:
        if not self.private_server:
            return entering.enter_context(database_server())
        self.private_server.create()
        entering.callback(self.private_server.stop)
        self.private_server.start()
        return self.private_server.server

    @property
    def url(self) -> str:
        """Address of Odoo, without a slash at the end."""
        return self.odoo.url

    def create_database(self, made_from: template.Template | None = None) -> None:
        """Makes the stack's database from a template (the suite's by default), which is built when it is not up to
        date.
        """
        source = made_from or template.suite_template()
        if self.private_server:
            self.private_server.copy_database(source, self.database, self.odoo.data)
            return
        template.ensure(source, self.server)
        template.clone(source, self.database, self.odoo.data, self.server)
        self._closing.callback(self.server.drop_database, self.database)

    def start_broker(self) -> Broker:
        """Starts Mosquitto."""
        self.broker = Broker(self.folder / "broker", self.name)
        self._closing.callback(self.broker.stop)
        return self.broker.start()

    def start_odoo(self, **environment: str) -> Process:
        """Starts the Odoo server on the stack's database, or starts it again on the same port after it ended."""
        self.odoo_process = self.odoo.start_server(self.database, **environment)
        self._closing.callback(self.odoo_process.stop)
        return self.odoo_process

    def start_gateway(self) -> Process:
        """Starts the gateway between the broker and the database and waits until it is subscribed."""
        before = self.broker.subscriptions(GATEWAY_TOPIC)
        self.gateway = self.odoo.process(
            "The gateway", "mes_gateway", "-d", self.database, log="gateway.log", MES_BROKER_URL=self.broker.url()
        ).start()
        self._closing.callback(self.gateway.stop)
        wait_until(
            lambda: self.broker.subscriptions(GATEWAY_TOPIC) > before,
            "the gateway to subscribe",
            timeout=60,
            process=self.gateway,
        )
        return self.gateway

    def add_host(self, name: str, **options: object) -> Host:
        """A host with an Odoo of its own on the stack's database, which is not started yet; its files are named after
        it, and `options` are those of its configuration file that differ.
        """
        host = Host(self.odoo.beside(name, **options), self.database)
        self._closing.callback(host.stop)
        return host

    def add_simulator(self, name: str) -> Simulator:
        """A virtual plant that is not started yet: its address is needed to register the system, whose secret it needs
        then.
        """
        simulator = Simulator(name, self.folder, self.name)
        self.simulators[name] = simulator
        self._closing.callback(simulator.stop)
        return simulator

    def rpc(self, login: str = "admin", password: str = "admin") -> Rpc:  # noqa: S107 (a new database's own)
        """A client of Odoo's public API for one user."""
        return Rpc.login(self.url, self.database, login, password)

    def check(self) -> None:
        """Raises StackError when a process that should run has ended."""
        processes = [
            self.odoo_process,
            self.gateway,
            self.broker and self.broker.process,
            *(sim.process for sim in self.simulators.values()),
        ]
        for process in filter(None, processes):
            if not process.alive:
                raise StackError(f"{process.title} has ended unexpectedly\n{process.tail()}")

    def watch(self, seconds: float = float("inf")) -> None:
        """Lets the stack run for that long, for ever by default; raises StackError when a process of it ends."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.check()
            time.sleep(min(left, 0.5))


def leftovers(name: str) -> list[str]:
    """Processes of the stack `name` that still run; empty when it was stopped properly."""
    return [f"{pid} {command}" for pid, command in processes_of(name)]


@contextmanager
def _exclusive(name: str):
    """Holds the name for this process; the kernel gives it back however the process ends."""
    RUN.mkdir(parents=True, exist_ok=True)
    with (RUN / f"{name}.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StackError(f"a stack named {name} is running already (folder {RUN / name})") from None
        yield


@contextmanager
def _signals_end_the_block():
    """Turns SIGTERM and SIGHUP into SystemExit, so that the same clean-up runs as for Ctrl-C.

    Ctrl-C is set too: a shell starts its background jobs with SIGINT ignored, and Python leaves it so.
    """

    def end(number, _frame):
        sys.exit(128 + number)

    handlers = {signal.SIGTERM: end, signal.SIGHUP: end, signal.SIGINT: signal.default_int_handler}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
