"""An idle site, one event at a time: milliseconds from stored to the start of the handler, with scheduled actions and
with `mes_worker`, and beside them what the handlers themselves take.
"""

from __future__ import annotations

import random

from tests.e2e.lanes.latency import handler_seconds, note_commits, waits
from tests.e2e.lanes.site import open_site

from .figures import in_ms

ROUNDS = 4
HOLDS = 8
POSTING = ("mes.production.reported.v1", "mes.material.consumed.v1")


def main() -> None:
    """Prints each round, the handlers' times by event type, then the figures."""
    by_cron: list[float] = []
    by_worker: list[float] = []
    with open_site("bench-latency") as site:
        note_commits(site)
        # The first order fills caches.
        waits(site, site.release()[0], 0, random.Random(0))
        for number in range(1, ROUNDS + 1):
            (order,) = site.release()
            by_cron += _say("scheduled actions", waits(site, order, HOLDS, random.Random(number)))
            site.first.start_worker()
            (order,) = site.release()
            by_worker += _say("mes_worker", waits(site, order, HOLDS, random.Random(number)))
            site.first.stop_worker()
        handlers = handler_seconds(site)
    for event_type, seconds in handlers.items():
        print(f"handler of {event_type}: {in_ms(seconds)}")
    posting = [seconds for event_type in POSTING for seconds in handlers[event_type]]
    print(
        f"stored to handler: scheduled actions {in_ms(by_cron)}; mes_worker {in_ms(by_worker)}; "
        f"the posting itself {in_ms(posting)}"
    )


def _say(title: str, seconds: list[float]) -> list[float]:
    print(f"{title}: {in_ms(seconds)}", flush=True)
    return seconds
