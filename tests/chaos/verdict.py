"""Whether anything was lost or doubled: what was sent, against what Odoo holds and what came back to the MES."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from simulator.ledger import keep_books
from simulator.messages import Event, EventType
from simulator.stops import keep_stops
from tools.compare import Amounts, compare_orders, compare_stock, compare_stops, read_stock
from tools.demo_factory import Factory
from tools.stack import Stack
from tools.stack.rpc import Rpc

from .load import Play
from .store import Store

#: Source and id: what tells one event from all others of its system.
Identity = tuple[str, str]
#: So many findings of each kind are shown: one lost event can make hundreds.
SHOWN = 20
TERMINAL = {"done", "rejected", "expired", "discarded", "superseded"}
ROWS = """
SELECT m.source, m.event_id, m.state, m.answer_outcome,
       (SELECT count(*) FROM mes_outbox_message o WHERE o.answers_id = m.id)
  FROM mes_inbox_message m
"""


@dataclass
class Findings:
    """Sentences on what is wrong; all empty when all is well."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.lost or self.doubled or self.differences)

    @property
    def figures(self) -> str:
        """How many there are of each kind."""
        return f"{len(self.lost)} lost, {len(self.doubled)} doubled, {len(self.differences)} differences"

    def __str__(self) -> str:
        kinds = (("lost", self.lost), ("doubled", self.doubled), ("different", self.differences))
        return "\n".join(f"{kind}: {text}" for kind, texts in kinds for text in texts[:SHOWN])


def identity(event: Event) -> Identity:
    """What tells this event from all others."""
    return event["source"], event["id"]


def judge_messages(stack: Stack, store: Store, expected: dict[Identity, EventType], findings: Findings) -> None:
    """Each event has one row in a final state with one answer, which has arrived and is the one that was expected."""
    rows: dict[Identity, list[tuple]] = defaultdict(list)
    for source, event_id, *row in stack.server.query(ROWS, (), stack.database):
        rows[source, event_id].append(row)
    arrived: dict[Identity, set[EventType]] = defaultdict(set)
    for answer in store.answers():
        arrived[answer.source, answer.event_id].add(answer.outcome)
    for one, outcome in expected.items():
        _judge_rows(one, rows.pop(one, []), findings)
        if not arrived[one]:
            findings.lost.append(f"{one}: no answer has arrived")
        elif arrived[one] != {outcome}:
            findings.differences.append(f"{one}: answered {sorted(arrived[one])}, expected {outcome.value}")
    findings.differences += [f"{one}: nobody has sent this event: {found}" for one, found in rows.items()]


def _judge_rows(one: Identity, rows: list[tuple], findings: Findings) -> None:
    if not rows:
        findings.lost.append(f"{one}: accepted, but not in the inbox")
        return
    if len(rows) > 1:
        findings.doubled.append(f"{one}: {len(rows)} rows in the inbox")
    state, outcome, answers = rows[0]
    if state not in TERMINAL or not outcome or not answers:
        findings.lost.append(f"{one}: {state}, outcome {outcome}, {answers} answers")
    if answers > 1:
        findings.doubled.append(f"{one}: {answers} answers")


def judge_books(
    rpc: Rpc, factory: Factory, plays: Iterable[Play], before: dict[str, Amounts], findings: Findings
) -> None:
    """Stock, lots, genealogy, times and stops are those of the ledger of what was sent."""
    plays = list(plays)
    books: dict[str, dict[str, dict]] = defaultdict(dict)
    for play in plays:
        books[play.release.plant][play.order] = keep_books(play.events, play.release)
    for plant, entries in books.items():
        after = read_stock(rpc, factory.stock_locations[plant])
        findings.differences += compare_orders(rpc, entries, entries)
        findings.differences += compare_stock(plant, before[plant], after, entries.values())
    findings.differences += compare_stops(rpc, keep_stops(event for play in plays for event in play.events))


def judge_deliveries(store: Store, plays: Iterable[Play], findings: Findings) -> None:
    """The plant has got rid of all it had to send, nothing was turned away, and each order had been released to it."""
    if store.left():
        findings.lost.append(f"{store.left()} deliveries were never taken")
    findings.differences += [f"turned away: {result}" for result in store.refused()]
    missing = {play.order for play in plays} - store.released()
    findings.lost += [f"{order}: its release has not arrived" for order in sorted(missing)]


def counted(things: Counter[str]) -> str:
    """Counts by name, for the last lines."""
    return ", ".join(f"{name} {number}" for name, number in sorted(things.items()))
