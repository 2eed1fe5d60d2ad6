"""A million settled messages change nothing for those that come: the same statements, the same indexes, and hardly a
page more to find, claim and fence a message.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .journal import FINDING, Log, copied, growth

ROWS = 1_000_000
# Two levels more of a B-tree, from a hundred rows to a million, for each look-up by id or sequence: about two of them.
LIMIT_PAGES = 4


@pytest.fixture(scope="module")
def logs(opened) -> Iterator[tuple[Log, Log]]:
    """What the same work costs in a nearly empty journal, and beside a million settled messages."""
    (first,), few, many = opened.release(), opened.release(4), opened.release(4)
    opened.first.stop()
    with copied(opened, first) as journal:
        before = journal.work("few", few)
        journal.fill(ROWS)
        yield before, journal.work("many", many)
    opened.first.start()


def test_the_statements_are_the_same(logs):
    few, many = logs
    assert few.costs.keys() == many.costs.keys()
    assert {name: few.costs[name].count for name in few.costs} == {name: many.costs[name].count for name in many.costs}


def test_no_statement_reads_the_journal_whole(logs):
    _few, many = logs
    assert [name for name, cost in many.costs.items() if any(read.startswith("the whole") for read in cost.reads)] == []


def test_work_is_found_by_the_same_indexes(logs):
    few, many = logs
    found = {name: cost.reads for name, cost in few.costs.items() if name[0].startswith(FINDING)}
    assert len(found) > 10
    assert {name: many.costs[name].reads for name in found} == found


def test_a_message_is_found_and_fenced_with_hardly_a_page_more(logs):
    few, many = logs
    assert many.per_message(FINDING) - few.per_message(FINDING) <= LIMIT_PAGES, "\n".join(
        f"{pages:+.1f} {name}" for pages, name in growth(few, many) if name.startswith(FINDING)
    )
