"""The worker process: it shares the work, ends in order, and dies without a trace, beside the scheduled actions."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulator.scenarios import ScenarioName as Play
from tools.stack.host import Host
from tools.stack.process import wait_until

from .sessions import brake, halted
from .test_guard import send, state, wait_for_done
from .test_restart import check_ends, start_orders
from .workshop import release_on_bench

LANES = 2


@pytest.fixture
def worker(stack) -> Iterator[Host]:
    """A worker with two lanes, on a host of its own that runs nothing else."""
    host = stack.add_host("worker")
    host.start_worker(LANES)
    wait_until(lambda: len(listeners(stack)) == 2 * LANES, "every lane to listen", timeout=60)
    yield host
    host.stop()


def listeners(stack) -> set[int]:
    """The sessions that show that a worker listens: one per lane and queue."""
    statement = """SELECT pid FROM pg_locks JOIN pg_database d ON d.oid = database
                    WHERE locktype = 'advisory' AND classid = %s AND granted AND datname = %s"""
    return {pid for (pid,) in stack.server.query(statement, (0x6D65733, stack.database))}


def lanes_of(host: Host) -> set[int]:
    """Process ids of the worker's lanes."""
    children = Path(f"/proc/{host.worker.pid}/task/{host.worker.pid}/children")
    return {int(pid) for pid in children.read_text().split()}


def alarms(stack) -> int:
    """How often the scheduled actions of the queues have been woken so far."""
    statement = """SELECT count(*) FROM ir_cron_trigger t JOIN ir_model_data d
                       ON d.model = 'ir.cron' AND d.res_id = t.cron_id
                    WHERE d.name IN ('ir_cron_mes_process_inbox', 'ir_cron_mes_deliver_outbox')"""
    return stack.server.query(statement, (), stack.database)[0][0]


def codes(admin, message: str) -> list[str]:
    """What came of each attempt at a message, the first one first."""
    return [row["code"] for row in admin.read("mes.attempt", [["inbox_id.uuid", "=", message]], ["code"])][::-1]


def test_the_lanes_do_the_work_and_nobody_else_is_woken(stack, orders, north, worker):
    before = alarms(stack)
    plays = [Play.DUPLICATES, Play.PERMUTED, Play.LATE_HOLD, Play.PARTIAL_WITH_SCRAP]
    begun = start_orders(orders, north, "WH", plays)
    assert alarms(stack) <= before
    check_ends(orders, north, begun)


def test_told_to_end_it_finishes_what_it_has_in_hand(stack, admin, orders, mes, worker):
    order = release_on_bench(orders)
    with brake(stack, "mes_effect"):
        message = send(mes, order)
        wait_until(lambda: halted(stack, "mes_effect") & lanes_of(worker), "a lane to have it in hand", timeout=30)
        worker.worker.signal(signal.SIGTERM)
    assert worker.worker.wait(30) == 0
    assert state(mes, message) == "done"
    assert codes(admin, message) == ["accepted"]
    wait_until(lambda: not listeners(stack), "the lanes' sessions to end", timeout=10)


def test_a_lane_that_is_killed_is_replaced_and_its_message_done_by_another(stack, admin, orders, mes, worker):
    order = release_on_bench(orders)
    with brake(stack, "mes_effect"):
        message = send(mes, order)
        wait_until(lambda: halted(stack, "mes_effect") & lanes_of(worker), "a lane to have it in hand", timeout=30)
        (lane,) = halted(stack, "mes_effect") & lanes_of(worker)
        os.kill(lane, signal.SIGKILL)
    wait_for_done(mes, message)
    assert codes(admin, message) == ["process_killed", "accepted"]
    assert len(admin.search("mes.effect", [["inbox_id.uuid", "=", message]])) == 1
    wait_until(lambda: len(lanes_of(worker) - {lane}) == LANES, "the lane to be replaced", timeout=30)


def test_when_the_worker_is_killed_the_scheduled_actions_go_on(stack, admin, orders, mes, worker):
    order, lanes = release_on_bench(orders), lanes_of(worker)
    worker.worker.signal(signal.SIGKILL)
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in lanes), "its lanes to end", timeout=10)
    wait_for_done(mes, send(mes, order))
