"""Many orders are released at once while messages write their rows: who comes first is settled before the work."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tools.stack.process import wait_until

from .sessions import session
from .workshop import BENCH

TOUCH = "UPDATE mrp_production SET write_date = write_date WHERE id = %s"


@pytest.mark.usefixtures("mes")  # whose registration lets the plant take orders
def test_a_mass_release_has_all_its_orders_before_it_begins(stack, orders):
    first, second = (orders.create(4, BENCH.warehouse, BENCH.product) for _number in range(2))

    def statement_held_up() -> str | None:
        blocked = "SELECT query FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid))"
        rows = stack.server.query(blocked, (cursor.connection.info.backend_pid,), stack.database)
        return rows[0][0] if rows else None

    with ThreadPoolExecutor(1) as planner:
        with session(stack) as cursor:
            # As a message does that is parked for the order just now.
            cursor.execute(TOUCH, (second.id,))
            ids = [first.id, second.id]
            pressed = planner.submit(orders.planner.call, "mrp.production", "action_mes_release", ids)
            waiting = wait_until(statement_held_up, "the release to meet the message", timeout=30)
            cursor.connection.commit()
        pressed.result(timeout=60)
    assert waiting.startswith("SELECT id FROM mrp_production"), "nothing is done yet that would have to be done again"
    assert [orders.phase(order) for order in (first, second)] == ["released", "released"]
