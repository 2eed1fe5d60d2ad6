"""A replay on a real server: worked by two scheduled actions at once and killed in the middle, it repeats each message
exactly once, and a person sees it come to its end.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tools.stack.process import wait_until

from .workshop import release_on_bench

MESSAGES = 600


@pytest.fixture
def sent(stack, admin, orders, mes) -> list[int]:
    """Ids of many messages that a system was sent: copies of one, since only their number matters."""
    order = release_on_bench(orders)
    release = admin.search("mes.outbox.message", [["production_id", "=", order.id]])[0]
    columns = """system_id, company_id, plant_id, event_type, event_time, ordering_key, shard, payload, flow_class_id,
                 priority, attempt_count, create_date, write_date, sent_at"""
    rows = stack.server.query(
        f"""INSERT INTO mes_outbox_message (event_id, state, {columns})
            SELECT event_id || '-' || number, 'sent', {columns}
              FROM mes_outbox_message, generate_series(1, {MESSAGES}) number WHERE id = %s RETURNING id""",
        (release,),
        stack.database,
    )
    return [row[0] for row in rows]


@pytest.fixture
def second_run(admin) -> Iterator[int]:
    """Another scheduled action that works replays beside the first; its id."""
    domain = [["code", "=", "model._cron_run()"], ["model_id.model", "=", "mes.replay"]]
    (first,) = admin.search("ir.cron", domain)
    copy = admin.call("ir.cron", "copy", [first])[0]
    yield copy
    wait_until(lambda: is_removed(admin, copy), "the second run to end", timeout=60)


def is_removed(admin, cron: int) -> bool:
    """Removes a scheduled action; an OSError, as long as it runs."""
    try:
        return admin.call("ir.cron", "unlink", [cron])
    except Exception as error:
        raise OSError from error


def repeated(stack, replay: int) -> list[int]:
    """The original of each message a replay has made, in order."""
    statement = "SELECT replay_of_id FROM mes_outbox_message WHERE replay_id = %s ORDER BY replay_of_id"
    return [row[0] for row in stack.server.query(statement, (replay,), stack.database)]


def test_a_killed_replay_goes_on_and_repeats_nothing_twice(stack, admin, sent, second_run):
    replay = admin.create("mes.replay", {"action": "resend", "message_ids": sent})
    assert admin.read("mes.replay", [["id", "=", replay]], ["preview_count"])[0]["preview_count"] == MESSAGES
    admin.call("mes.replay", "action_start", [replay])
    # The first runs by now, and whoever writes its row waits until it has ended.
    stack.server.query(
        "UPDATE ir_cron SET nextcall = now() AT TIME ZONE 'UTC' - interval '1 minute' WHERE id = %s",
        (second_run,),
        stack.database,
    )
    wait_until(lambda: len(repeated(stack, replay)) >= 100, "the replay to come to its middle", timeout=90)
    stack.odoo_process.kill()
    assert len(repeated(stack, replay)) < MESSAGES, "it was killed in the middle"
    stack.start_odoo()

    def ended() -> dict | None:
        fields = ["state", "progress", "done_count", "failed_count"]
        (row,) = admin.read("mes.replay", [["id", "=", replay]], fields)
        return row if row["state"] != "running" else None

    row = wait_until(ended, "the replay to end", timeout=150)
    assert (row["state"], row["progress"], row["done_count"], row["failed_count"]) == ("done", 100, MESSAGES, 0)
    assert repeated(stack, replay) == sorted(sent)


def test_a_supervisor_watches_a_replay(admin, sent, visit):
    page = visit("integrator").page
    replay = admin.create("mes.replay", {"action": "resend", "message_ids": sent[:200]})
    page.goto(f"/odoo/mes-replays/{replay}")
    page.get_by_role("button", name="Start").click()
    bar = page.locator(".o_mes_replay_progress .progress")
    bar.wait_for()
    # Nobody reloads: the form follows by itself.
    page.get_by_text("200 of 200 done").wait_for(timeout=120_000)
    page.get_by_role("radio", name="Done", checked=True).wait_for()
    assert bar.get_attribute("aria-valuenow") == "100"
