"""Compares the totals a sender gives of a shift with what it reported in it, event by event where it lists them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from .postings import Difference, Posting, is_same, summed
from .reconciliation_states import DifferenceKind


@dataclass(frozen=True)
class Total:
    """What a sender says it reported of one key in a shift; an empty ``lot`` or ``operation`` means all of them.

    ``events`` are the ids that are in it, None when the sender does not list them.
    """

    order: int
    kind: str
    product: str
    quantity: float
    lot: str = ""
    operation: str = ""
    events: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Fact:
    """What one event said of one key; ``is_applied`` is False while it waits."""

    event: str
    posting: Posting
    operation: str = ""
    is_applied: bool = True


def compare_totals(totals: Sequence[Total], facts: Sequence[Fact], step: float = 0.01) -> list[Difference]:
    """Return where the totals a sender gives of a shift are not what it reported in it; each event is named once.

    :param facts: what is known of the sender's events of that shift, those that still wait included
    """
    found, named, known, by_key = [], set(), set(), defaultdict(list)
    for fact in facts:
        by_key[_key_of(fact.posting)].append(fact)
    for total in totals:
        mine = [fact for fact in by_key[_key_of(total)] if _is_of(fact, total)]
        known.update(mine)
        missing, extra = _ids(total, mine)
        if missing or extra:
            new = [(DifferenceKind.EVENT_MISSING, event) for event in missing - named]
            new += [(DifferenceKind.EVENT_EXTRA, event) for event in extra - named]
            named |= missing | extra
            found += [_of_event(kind, event, total, mine) for kind, event in sorted(new)]
            continue
        booked = sum(fact.posting.quantity for fact in mine if fact.is_applied)
        if not is_same(booked, total.quantity, step):
            found.append(_of_total(total, booked))
    for fact in facts:
        if fact.is_applied and fact not in known and fact.event not in named:
            named.add(fact.event)
            found.append(
                Difference(DifferenceKind.EVENT_EXTRA, fact.posting, event=fact.event, booked=fact.posting.quantity)
            )
    return found


def _is_of(fact, total):
    return total.lot in ("", fact.posting.lot) and total.operation in ("", fact.operation)


def _key_of(line):
    return line.order, line.kind, line.product


def _ids(total, mine):
    """The events of a total that were not applied here, and those applied that it does not list."""
    if total.events is None:
        return set(), set()
    listed, applied = set(total.events), {fact.event for fact in mine if fact.is_applied}
    return listed - applied, applied - listed


def _of_event(kind, event, total, mine):
    lines = [fact.posting for fact in mine if fact.event == event]
    posting = summed(lines) if lines else _posting_of(total)
    booked = posting.quantity if kind is DifferenceKind.EVENT_EXTRA else 0.0
    return Difference(kind, posting, event=event, aspects=("event",), told=total.quantity, booked=booked)


def _of_total(total, booked):
    return Difference(
        DifferenceKind.TOTAL_DIFFERS, _posting_of(total), aspects=("quantity",), told=total.quantity, booked=booked
    )


def _posting_of(total):
    return Posting(total.order, total.kind, total.product, total.lot, total.quantity)
