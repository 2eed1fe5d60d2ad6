"""Compares the books of an order: what messages said, what effects prove, what records hold, what the sender totals.

Which rows these are, and what is done about a difference, is the shell's. Every sabotage of one posting shall be one
difference, so what one book explains is not said again by another.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from .reconciliation_states import DifferenceKind, Repair
from .statements import TIMES

#: Times are kept in whole seconds, and each book may have cut off its own fraction.
SECONDS = 1.0
#: Smallest step of a time in minutes: begins are kept in whole seconds, durations and proofs in hundredths of a minute.
MINUTE_STEP = 0.05
#: What was never applied can be applied; what was posted otherwise, or cannot be named, needs a person, who says why.
REPAIRS = {
    DifferenceKind.NOT_POSTED: Repair.REPLAY,
    DifferenceKind.EVENT_MISSING: Repair.REQUEST_RESEND,
}


@dataclass(frozen=True)
class Posting:
    """One line of one book.

    ``order`` and ``message`` are ids of rows, 0 when unknown; ``product`` is the internal reference, ``quantity`` in
    the product's own unit, in minutes for times. ``record`` is what was posted, by any key both books use; None when a
    line has no record of its own to be compared with. ``at`` is None where the book does not say. ``echoes`` are
    further figures a record keeps of its quantity, each of which must be the same.
    """

    order: int
    kind: str
    product: str = ""
    lot: str = ""
    quantity: float = 0.0
    at: datetime | None = None
    message: int = 0
    record: Hashable = None
    proof: int = 0
    echoes: tuple[float, ...] = ()

    @property
    def what(self) -> tuple[str, str, str]:
        """Kind, product and lot."""
        return self.kind, self.product, self.lot


@dataclass(frozen=True)
class Difference:
    """One disagreement of the books, about ``posting`` as the most trusted of them has it.

    ``aspects`` are the names of the attributes that differ; ``held`` is what the record has instead, if there is one;
    ``event`` is an id of the sender, where the difference is about an event of its list.
    """

    kind: DifferenceKind
    posting: Posting
    held: Posting | None = None
    aspects: tuple[str, ...] = ()
    event: str = ""
    told: float = 0.0
    booked: float = 0.0

    @property
    def repair(self) -> Repair:
        """What is suggested to do about it."""
        return REPAIRS.get(self.kind, Repair.ADJUST)


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


# -- messages, effects, records --------------------------------------------------------------------------------------


def compare(
    told: Iterable[Posting], proven: Iterable[Posting], held: Iterable[Posting], step: float = 0.01
) -> list[Difference]:
    """Return every disagreement of what was ``told``, what is ``proven`` and what the records ``held``, once each.

    :param told: of each applied message what it said, summed up or not; one line of kind "" stands for a message of
        which no more is known than that it had some effect
    :param step: the smallest step of a quantity; what differs by less than half of it is the same
    """
    proven, said = list(proven), _grouped(told, "message")
    records, proofs = _grouped(held, "record"), _grouped(proven, "record")
    found, changed, unproven = [], {}, []
    for record, lines in proofs.items():
        if record is None:
            continue
        if record not in records:
            found.append(Difference(DifferenceKind.RECORD_MISSING, lines[0], aspects=("record",)))
        elif aspects := _aspects(lines, records[record], step):
            changed[record] = aspects
    for record, lines in records.items():
        if record not in proofs:
            unproven.append(_sum(lines))
    by_message = _grouped(proven, "message")
    for message, lines in said.items():
        mine = by_message.get(message, [])
        found += _judge_message(lines, mine, _Changes(changed, records), unproven, step)
    for record, aspects in changed.items():
        found.append(_changed(proofs[record], records[record], aspects))
    found += [Difference(DifferenceKind.NOT_REPORTED, line, held=line, aspects=("proof",)) for line in unproven]
    return found


@dataclass(frozen=True)
class _Changes:
    """Records that are not as proven, and what all records hold."""

    changed: dict
    records: dict

    def take(self, mine: Sequence[Posting]) -> list[tuple[Posting, tuple[str, ...]]]:
        """Forget what was changed of the records of ``mine``; it, each with the first of its proofs."""
        taken = [(line, self.changed.pop(line.record, ())) for line in mine]
        return [(line, aspects) for line, aspects in taken if aspects]

    def instead(self, mine: Sequence[Posting]) -> list[Posting]:
        """``mine`` with what the records hold where that is something else."""
        lines = [line for line in mine if line.record not in self.changed]
        for record in dict.fromkeys(line.record for line in mine if line.record in self.changed):
            lines += self.records[record]
        return lines


def _judge_message(said, mine, changes, unproven, step):
    """The differences of one message; takes what explains them out of ``changes`` and ``unproven``."""
    gaps = _gaps(said, mine, step)
    if not gaps:
        return []
    if any(line.record in changes.changed for line in mine):
        if _gaps(said, changes.instead(mine), step):
            # The record was changed as well as something else; the record says so.
            return []
        # The record holds what was said: it is the proof that says something else.
        return [
            Difference(DifferenceKind.PROOF_CHANGED, line, _sum(changes.records[line.record]), aspects)
            for line, aspects in changes.take(mine)
        ]
    return [_missing(gap, unproven, step) for gap in gaps]


def _missing(gap, unproven, step):
    """What was said and is not proven: it is posted without proof, or not posted at all."""
    if gap.quantity < 0:
        return Difference(DifferenceKind.NOT_REPORTED, replace(gap, quantity=-gap.quantity), aspects=("quantity",))
    candidates = [line for line in unproven if _explains(line, gap, step)]
    if candidates:
        line = min(candidates, key=lambda one: (one.message != gap.message, not _same_time(one, gap)))
        unproven.remove(line)
        proven = replace(line, message=gap.message)
        return Difference(DifferenceKind.PROOF_MISSING, proven, held=line, aspects=("proof",))
    kind = DifferenceKind.NOT_POSTED if gap.kind else DifferenceKind.PROOF_MISSING
    return Difference(kind, gap, aspects=("proof",))


def _explains(line, gap, step):
    if line.order != gap.order or line.message not in (0, gap.message):
        return False
    if not gap.kind:
        return _same_time(line, gap)
    return line.what == gap.what and _same(line.quantity, gap.quantity, _step(gap.kind, step))


def _gaps(said, mine, step):
    """What was said and is not in ``mine``; one line for each kind, product and lot."""
    there = defaultdict(float)
    for line in mine:
        there[line.what] += line.quantity
    gaps = []
    for what, lines in _grouped(said, "what").items():
        quantity = sum(line.quantity for line in lines)
        if what[0] and not _same(there[what], quantity, _step(what[0], step)):
            gaps.append(replace(lines[0], quantity=quantity - there[what]))
    # Where no more is known, some effect is all that can be asked for.
    return gaps or ([] if mine else [line for line in said if not line.kind][:1])


def _aspects(proofs, lines, step):
    """The names of what the record has otherwise than it is proven."""
    found = [name for name in ("kind", "product", "lot") if _names(proofs, name) != _names(lines, name)]
    by_what, there = (_quantities(some) for some in (proofs, lines))
    is_alike = found or all(_same(by_what[what], there[what], _step(what[0], step)) for what in by_what)
    if not is_alike or any(not _is_echoed(line, _step(line.kind, step)) for line in lines):
        found.append("quantity")
    if not all(_same_time(proof, line) for proof in proofs for line in lines):
        found.append("date")
    return tuple(found)


def _changed(proofs, lines, aspects):
    return Difference(DifferenceKind.RECORD_CHANGED, _sum(proofs), _sum(lines), aspects)


def _names(lines, name):
    return {getattr(line, name) for line in lines}


def _quantities(lines):
    sums = defaultdict(float)
    for line in lines:
        sums[line.what] += line.quantity
    return sums


def _sum(lines):
    """The lines of one record as one."""
    return replace(lines[0], quantity=sum(line.quantity for line in lines))


def _step(kind, step):
    return max(step, MINUTE_STEP) if kind in TIMES else step


def _is_echoed(line, step):
    return all(_same(line.quantity, echo, step) for echo in line.echoes)


def _same(one, other, step):
    return abs(one - other) < step / 2 + 1e-9


def _same_time(one, other):
    return None in (one.at, other.at) or abs((one.at - other.at).total_seconds()) <= SECONDS


def _grouped(lines, name):
    groups = defaultdict(list)
    for line in lines:
        groups[getattr(line, name)].append(line)
    return dict(groups)


# -- the sender's own totals -----------------------------------------------------------------------------------------


def compare_totals(totals: Sequence[Total], facts: Sequence[Fact], step: float = 0.01) -> list[Difference]:
    """Return where the totals a sender gives of a shift are not what it reported in it; each event is named once.

    :param facts: what is known of the sender's events of that shift, those that still wait included
    """
    found, named, summed, by_key = [], set(), set(), defaultdict(list)
    for fact in facts:
        by_key[_key_of(fact.posting)].append(fact)
    for total in totals:
        mine = [fact for fact in by_key[_key_of(total)] if _is_of(fact, total)]
        summed.update(mine)
        missing, extra = _ids(total, mine)
        if missing or extra:
            new = [(DifferenceKind.EVENT_MISSING, event) for event in missing - named]
            new += [(DifferenceKind.EVENT_EXTRA, event) for event in extra - named]
            named |= missing | extra
            found += [_of_event(kind, event, total, mine) for kind, event in sorted(new)]
            continue
        booked = sum(fact.posting.quantity for fact in mine if fact.is_applied)
        if not _same(booked, total.quantity, step):
            found.append(_of_total(total, booked))
    for fact in facts:
        if fact.is_applied and fact not in summed and fact.event not in named:
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
    posting = _sum(lines) if lines else _posting_of(total)
    booked = posting.quantity if kind is DifferenceKind.EVENT_EXTRA else 0.0
    return Difference(kind, posting, event=event, aspects=("event",), told=total.quantity, booked=booked)


def _of_total(total, booked):
    return Difference(
        DifferenceKind.TOTAL_DIFFERS, _posting_of(total), aspects=("quantity",), told=total.quantity, booked=booked
    )


def _posting_of(total):
    return Posting(total.order, total.kind, total.product, total.lot, total.quantity)
