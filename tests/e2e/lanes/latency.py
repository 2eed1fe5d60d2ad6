"""How long stored events wait for their handler on an idle site, and how long the handlers take; judges nothing."""

from __future__ import annotations

import random
import time

from simulator.messages import Event

from ..workshop import BenchOrder
from .site import Site

#: Between two events, at most: at random, so that no poll keeps step with them.
PAUSE_SECONDS = 0.3
#: The event type whose flow class is a window.
COLLECTED = "mes.material.consumed.v1"


def note_commits(site: Site) -> None:
    """Has the database note when each message is committed; what the product keeps is when it began to be stored."""
    site.query(
        """CREATE TABLE IF NOT EXISTS test_stored (uuid varchar PRIMARY KEY, stored_at timestamp);
           CREATE OR REPLACE FUNCTION test_note_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
               INSERT INTO test_stored VALUES (NEW.uuid, clock_timestamp() AT TIME ZONE 'UTC');
               RETURN NULL;
           END $$;
           DROP TRIGGER IF EXISTS test_note_commit ON mes_inbox_message;
           CREATE CONSTRAINT TRIGGER test_note_commit AFTER INSERT ON mes_inbox_message
               DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION test_note_commit()"""
    )


def waits(site: Site, order: BenchOrder, holds: int, rng: random.Random) -> list[float]:
    """Plays an order with that many holds in the middle, each request sent when nothing is under way; seconds from the
    commit to the start of the handler, of each event that came alone. Commits must be noted.

    What is collected in windows is sent with the next real-time event, which flushes it; neither counts.
    """
    begin, go_on = order.events()[:2], order.events()[2:]
    seconds, collected = [], []
    for event in (*begin, *_holds(site, order, holds), *go_on):
        if event["type"] == COLLECTED:
            collected.append(event)
            continue
        site.wait_until_idle()
        time.sleep(rng.uniform(0, PAUSE_SECONDS))
        *_others, last = site.mes().take([*collected, event])
        site.wait_until_idle()
        if not collected:
            seconds.append(_wait_of(site, last["message"]))
        collected = []
    return seconds


def _holds(site: Site, order: BenchOrder, count: int) -> list[Event]:
    """Events of the real-time class that an order in progress takes as often as one likes."""
    placed = {"order": order.name, "reason": "TORQUE", "severity": "major"}
    released = {"order": order.name, "disposition": "use_as_is"}
    both = (("mes.hold.placed.v1", placed), ("mes.hold.released.v1", released))
    return [site.mes().event(kind, data) for _number in range(count) for kind, data in both]


def _wait_of(site: Site, message: str) -> float:
    statement = """SELECT extract(epoch FROM a.started_at - s.stored_at)::float
                     FROM mes_inbox_message m JOIN mes_attempt a ON a.inbox_id = m.id JOIN test_stored s USING (uuid)
                    WHERE uuid = %s"""
    ((seconds,),) = site.query(statement, (message,))
    return seconds


def handler_seconds(site: Site) -> dict[str, list[float]]:
    """Seconds that each handler that has run on the site took, by event type."""
    rows = site.query(
        """SELECT m.event_type, array_agg(a.duration_ms / 1000.0::float)
             FROM mes_attempt a JOIN mes_inbox_message m ON m.id = a.inbox_id GROUP BY 1 ORDER BY 1"""
    )
    return dict(rows)
