"""Messages in flight outlive the update of the connector, the step from its first release, and the removal of bridges:
nothing is lost, nothing happens twice, what nobody can apply any more has an owner.
"""

from __future__ import annotations

import io
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from simulator.ledger import keep_books
from tools.compare import compare_orders
from tools.demo_factory import build, make_operators, register_system
from tools.stack import Stack
from tools.stack.odoo import Installation
from tools.stack.paths import ADDONS, ROOT
from tools.stack.process import Process, wait_until
from tools.stack.rpc import RpcError
from tools.stack.template import base_template

from .client import MesClient
from .orders import Orders
from .sessions import brake, wait_until_halted
from .workshop import BENCH, BenchOrder, equip, release_on_bench

#: The last commit of 19.0.1.0.0, whose databases are out there.
FIRST_RELEASE = "b7909bb"
LANES = "model._cron_process_inbox%"
BRIDGES = Path(__file__).with_name("bridge")
PALLET = "mes.pallet.moved.v1"


@dataclass
class Site:
    """A stack with the demo factory and a plant that only the test plays."""

    stack: Stack
    orders: Orders
    mes: MesClient
    secret: str

    @property
    def admin(self):
        """The administrator's client."""
        return self.orders.admin

    def query(self, statement: str, *parameters) -> list[tuple]:
        """Asks the database itself."""
        return self.stack.server.query(statement, parameters, self.stack.database)

    def run_lanes(self, active: bool) -> None:
        """Lets the inbox be worked by scheduled actions, or not."""
        self.query(
            "UPDATE ir_cron SET active = %s, nextcall = now() AT TIME ZONE 'UTC' FROM ir_act_server a"
            " WHERE a.id = ir_actions_server_id AND a.code LIKE %s",
            active,
            LANES,
        )

    @contextmanager
    def updating(self) -> Iterator[Process]:
        """`odoo -u mes_connector`, as the how-to says; ended with the block, if it has not."""
        update = self.stack.odoo.process(
            "The update",
            *("server", "-d", self.stack.database, "-u", "mes_connector"),
            *("--stop-after-init", "--max-cron-threads=0", "--no-http"),
            log="update.log",
        )
        try:
            yield update.start()
        finally:
            update.stop()

    def waits_for_a_lock(self, process: Process) -> bool:
        """Whether another program's transaction is in the way of this one's."""
        waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name LIKE %s"
        return bool(self.query(waiting, f"%-{process.pid}"))

    def states(self, *orders: BenchOrder) -> set[str]:
        """States of the inbound messages of these orders."""
        names = [order.name for order in orders]
        return {
            state for (state,) in self.query("SELECT state FROM mes_inbox_message WHERE ordering_key = ANY(%s)", names)
        }

    def check_end(self, *played: tuple[BenchOrder, list]) -> None:
        """Orders are posted with the plant's numbers; each event is there once and has one answer."""
        for order, events in played:
            self.orders.wait_for_phase(order, "posted", timeout=150)
            assert compare_orders(self.admin, {order.name: keep_books(events, order.release)}, [order.name]) == []
            answered = self.query(
                """SELECT m.event_id, count(a.id) FROM mes_inbox_message m
                     LEFT JOIN mes_outbox_message a ON a.answers_id = m.id
                    WHERE m.ordering_key = %s GROUP BY m.id""",
                order.name,
            )
            assert sorted(answered) == sorted((event["id"], 1) for event in events)


def open_site(stack: Stack, **people: bool) -> Site:
    """Builds the factory in a stack whose Odoo runs."""
    factory = build(stack.rpc(), **people)
    equip(factory)
    orders = Orders(stack.rpc(), stack.rpc("planner", "planner"), factory)
    secret = register_system(factory, BENCH, "")
    return Site(stack, orders, MesClient(stack.url, stack.database, BENCH.system, secret), secret)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """The suite of today, and a bridge that only tests know."""
    with Stack("upgrade", addons=(ADDONS, BRIDGES)) as stack:
        stack.create_database()
        stack.odoo.install(stack.database, ["pallet_bridge"], log="install.log")
        stack.start_odoo()
        yield open_site(stack)


def put_in_flight(site: Site) -> list[tuple[BenchOrder, list]]:
    """Three orders: one that waits to be worked, one with a message that is tried again later, one that is parked."""
    played = []
    for _number in range(3):
        order = release_on_bench(site.orders, 6)
        played.append((order, order.events()))
    (_pending, first), (_waiting, second), (_parked, third) = played
    site.mes.take(third[1:])  # its first is missing: the others wait for it
    wait_until(lambda: site.states(played[2][0]) == {"parked"}, "the third order to be parked", timeout=30)
    site.run_lanes(active=False)
    site.mes.take(first)
    site.mes.take(second)
    site.query(
        """UPDATE mes_inbox_message SET state = 'waiting', code = 'technical', attempt_count = 2,
                  next_attempt_at = now() AT TIME ZONE 'UTC' + interval '5 seconds'
            WHERE event_id = %s""",
        second[0]["id"],
    )
    return played


def test_an_update_with_messages_in_flight(site):
    played = put_in_flight(site)
    assert site.states(*(order for order, _events in played)) == {"pending", "waiting", "parked"}
    site.run_lanes(active=True)
    with ExitStack() as brakes:
        brakes.enter_context(brake(site.stack, "mes_effect"))
        # The lane has a message in hand, in an open transaction, while another process updates the addon.
        site.mes.take(played[2][1][:1])  # what comes wakes the lane
        wait_until_halted(site.stack, "mes_effect", site.stack.odoo_process.pid)
        with site.updating() as update:
            wait_until(
                lambda: not update.alive or site.waits_for_a_lock(update),
                "the update to be over, or to wait for the lane's transaction",
                timeout=300,
            )
            assert "pending" in site.states(played[0][0])
            brakes.close()
            assert update.wait(300) == 0, update.tail()
    site.check_end(*played)
    site.stack.odoo_process.stop()
    site.stack.start_odoo()
    assert site.query(
        "SELECT count(*) FROM mes_inbox_message WHERE state IN ('pending', 'waiting', 'parked', 'dead')"
    ) == [(0,)]


def modules(site: Site, *names: str) -> list[int]:
    """Ids of modules."""
    return site.admin.search("ir.module.module", [["name", "in", list(names)]])


def is_done(site: Site, button: str, ids: list[int]) -> bool:
    """Presses a button of modules; False when Odoo cannot now, since a scheduled action runs."""
    try:
        site.admin.call("ir.module.module", button, ids)
    except RpcError:
        return False
    return True


def pallets(site: Site) -> list[tuple]:
    """State, code and owner of the messages that only the bridge can apply."""
    return site.query("SELECT state, code, owner_id IS NOT NULL FROM mes_inbox_message WHERE event_type = %s", PALLET)


def test_a_bridge_goes_and_comes_back_with_messages_in_flight(site):
    order = release_on_bench(site.orders, 4)
    site.run_lanes(active=False)
    site.mes.take([site.mes.event(PALLET, {"order": order.name}) for _number in range(3)])

    gone = modules(site, "pallet_bridge", "quality_bridge", "maintenance_bridge")
    wait_until(lambda: is_done(site, "button_immediate_uninstall", gone), "the bridges to go", timeout=120)
    site.run_lanes(active=True)
    events = order.events()
    site.mes.take(events)
    site.orders.wait_for_phase(order, "in_progress", timeout=90)
    wait_until(lambda: set(pallets(site)) == {("parked", "handler_missing", True)}, "an owner", timeout=90)
    cases = site.admin.read("mes.case", [["code", "=", "handler_missing"]], ["count", "state"])
    assert [(case["count"], case["state"]) for case in cases] == [(3, "open")]
    refused = site.mes.send(site.mes.event(PALLET, {"order": order.name}))
    assert (refused.status_code, refused.json()["code"]) == (422, "type_unknown")

    back = modules(site, "pallet_bridge")
    wait_until(lambda: is_done(site, "button_immediate_install", back), "the bridge to be back", timeout=120)
    site.query(
        "UPDATE ir_cron SET nextcall = now() AT TIME ZONE 'UTC' FROM ir_act_server a"
        " WHERE a.id = ir_actions_server_id AND a.code = 'model._cron_escalate()'"
    )
    wait_until(
        lambda: [row[0] for row in pallets(site) if row[1] != "type_unknown"] == ["done"] * 3,
        "them to resume",
        timeout=150,
    )


def first_release(folder: Path) -> Path:
    """The addons as they were in 19.0.1.0.0."""
    packed = subprocess.run(
        ["git", "-C", ROOT, "archive", FIRST_RELEASE, "addons"], capture_output=True, check=False, timeout=60
    )
    if packed.returncode:
        pytest.skip("the first release is taken from git, whose history is not here")
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder / "addons"


@pytest.fixture
def old_site(tmp_path) -> Iterator[Site]:
    """The suite as it was first released, in a database of its own."""
    addons = first_release(tmp_path)
    with Stack("upgrade-from-first", addons=(addons,)) as stack:
        stack.create_database(base_template())
        stack.odoo.install(stack.database, sorted(path.name for path in addons.iterdir()), log="install.log")
        stack.start_odoo()
        # It did not know operators yet.
        yield open_site(stack, has_operators=False)


def renew(stack: Stack) -> None:
    """The same site with the addons of today."""
    stack.odoo_process.stop()
    stack.odoo = Installation.create(stack.folder, stack.server, stack.name, data=stack.odoo.data, addons=(ADDONS,))


def test_an_update_from_the_first_release(old_site):
    site = old_site
    done = release_on_bench(site.orders, 5)
    finished = [(done, done.events())]
    for event in finished[0][1]:
        event["data"].pop("operators", None)  # it booked nobody's time
    site.mes.take(finished[0][1])
    site.orders.wait_for_phase(done, "posted", timeout=150)
    begun = release_on_bench(site.orders, 3)
    said, unsaid = begun.events()[:2], begun.events()[2:]
    site.mes.take(said)
    wait_until(lambda: site.states(begun) == {"done"}, "the operation to begin", timeout=30)
    played = put_in_flight(site)
    paused = site.admin.create("mes.system", {"name": "Quiet", "code": "mes-quiet", "transport": "mqtt"})
    site.admin.call("mes.system", "action_activate", [paused])
    site.admin.call("mes.system", "action_pause", [paused])

    renew(site.stack)
    with site.updating() as update:
        assert update.wait(300) == 0, update.tail()
    empty = "flow_class_id IS NULL OR priority IS NULL OR create_date IS NULL"
    for table in ("mes_inbox_message", "mes_outbox_message"):
        assert site.query(f"SELECT count(*) FROM {table} WHERE {empty}") == [(0,)]
    assert site.query("SELECT count(*) FROM mes_route WHERE flow_class_id IS NULL") == [(0,)]
    assert site.query("SELECT kind, ended_at FROM mes_pause WHERE system_id = %s", paused) == [("pause", None)]
    assert site.query("SELECT mes_plant_revision FROM mrp_production WHERE id = %s", begun.id) == [(1,)]
    site.stack.start_odoo()
    make_operators(site.stack.rpc())
    site.run_lanes(active=True)
    site.mes = MesClient(site.stack.url, site.stack.database, BENCH.system, site.secret)
    site.orders = Orders(site.stack.rpc(), site.stack.rpc("planner", "planner"), site.orders.factory)
    site.mes.take([*unsaid, played[2][1][0]])
    site.check_end(*finished, *played, (begun, [*said, *unsaid]))
