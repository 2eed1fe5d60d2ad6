"""The queue's statements in a nearly empty journal and beside a million settled messages: pages touched per message,
statement by statement.
"""

from __future__ import annotations

import time

from tests.e2e.lanes.journal import FEW, FINDING, Log, copied, growth
from tests.e2e.lanes.site import open_site

ROWS = 1_000_000
ORDERS = 6


def main() -> None:
    """Prints what grows by a tenth of a page or more, then the figures."""
    with open_site("bench-journal") as site:
        (first,), few_orders, many_orders = site.release(), site.release(ORDERS), site.release(ORDERS)
        site.first.stop()
        with copied(site, first) as journal:
            few = journal.work("few", few_orders)
            began = time.monotonic()
            journal.fill(ROWS)
            print(f"{ROWS} settled messages were added in {time.monotonic() - began:.0f} s")
            many = journal.work("many", many_orders)
    for pages, name in growth(few, many):
        if abs(pages) >= 0.1:
            print(f"{pages:+7.1f} {name[:150]}")
    differing = [
        name for name in few.costs.keys() & many.costs.keys() if few.costs[name].reads != many.costs[name].reads
    ]
    for name in differing:
        print(f"other index: {name[0]}: {sorted(few.costs[name].reads)} and {sorted(many.costs[name].reads)}")
    print(
        f"journal of {ROWS} beside one of {FEW}: {_sum(few, many, FINDING)} to find, claim and fence; "
        f"{_sum(few, many, ('',))} in all statements of the connector; "
        f"{_calls(few):.1f} and {_calls(many):.1f} statements per message, "
        f"{len(few.costs.keys() ^ many.costs.keys())} differ in text"
    )


def _sum(few: Log, many: Log, of: tuple[str, ...]) -> str:
    before, after = few.per_message(of), many.per_message(of)
    return f"{after - before:+.1f} pages per message ({before:.1f} to {after:.1f})"


def _calls(log: Log) -> float:
    return sum(cost.count for cost in log.costs.values()) / log.messages
