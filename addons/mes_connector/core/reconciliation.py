"""Compares the books of an order: what messages said, what effects prove, what records hold.

Which rows these are, and what is done about a difference, is the shell's. Every sabotage of one posting shall be one
difference, so what one book explains is not said again by another.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from .postings import REMAINDER, Difference, Posting, grouped, is_same, is_same_time, step_of, summed
from .reconciliation_states import DifferenceKind
from .reconciliation_sums import compare_sums


def compare(
    told: Iterable[Posting], proven: Iterable[Posting], held: Iterable[Posting], step: float = 0.01
) -> list[Difference]:
    """Return every disagreement of what was ``told``, what is ``proven`` and what the records ``held``, once each.

    :param told: of each applied message what it said, summed up or not; one line of kind "" stands for a message of
        which no more is known than that it had some effect
    :param step: the smallest step of a quantity; what differs by less than half of it is the same
    """
    told, proven, held = list(told), list(proven), list(held)
    records = grouped((line for line in held if not line.is_sum), "record")
    proofs = grouped((line for line in proven if not line.is_sum and line.record is not None), "record")
    unproven = [summed(lines) for record, lines in records.items() if record not in proofs]
    found = [
        _astray(line, record in records, unproven, step)
        for record, lines in proofs.items()
        for line in _not_of(lines, records.get(record), step)
    ]
    changes = _Changes(_changed(proofs, records, [one.posting for one in found], step), records)
    spurious = {id(one.posting) for one in found if one.aspects == ("proof",)}
    by_message = grouped((line for line in proven if id(line) not in spurious), "message")
    for message, lines in grouped((line for line in told if not line.is_sum), "message").items():
        found += _judge_message(lines, by_message.get(message, []), changes, unproven, step)
    for record, aspects in changes.changed.items():
        found.append(
            Difference(DifferenceKind.RECORD_CHANGED, summed(proofs[record]), summed(records[record]), aspects)
        )
    found += [Difference(DifferenceKind.NOT_REPORTED, line, held=line, aspects=("proof",)) for line in unproven]
    return found + compare_sums(*([line for line in book if line.is_sum] for book in (told, proven, held)), step)


def _not_of(lines, held, step):
    """The proofs of a record that are not its own: it is gone, or one of them says all there is."""
    if not held:
        return lines[:1]
    own = [line for line in lines if not _aspects([line], held, step)]
    return [line for line in lines if line is not own[0]] if own and len(lines) > 1 else []


def _astray(line, has_record, unproven, step):
    """A proof that is not its record's: that is gone, or it is another one, or the proof is one too many."""
    others = [one for one in unproven if _explains(one, line, step) and is_same_time(one, line)]
    if others:
        unproven.remove(others[0])
        is_left = REMAINDER in others[0].flaws
        kind = DifferenceKind.RECORD_MISSING if is_left else DifferenceKind.PROOF_CHANGED
        return Difference(kind, line, held=others[0], aspects=("record",))
    if has_record:
        return Difference(DifferenceKind.PROOF_CHANGED, line, aspects=("proof",))
    return Difference(DifferenceKind.RECORD_MISSING, line, aspects=("record",))


def _changed(proofs, records, astray, step):
    """``{record: what it has otherwise than it is proven}``."""
    gone, found = {id(line) for line in astray}, {}
    for record, lines in proofs.items():
        own = [line for line in lines if id(line) not in gone]
        if own and record in records and (aspects := _aspects(own, records[record], step)):
            found[record] = aspects
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
            Difference(DifferenceKind.PROOF_CHANGED, line, summed(changes.records[line.record]), aspects)
            for line, aspects in changes.take(mine)
        ]
    return [_missing(gap, unproven, step) for gap in gaps]


def _missing(gap, unproven, step):
    """What was said and is not proven: it is posted without proof, or not posted at all."""
    if gap.quantity < 0:
        return Difference(DifferenceKind.NOT_REPORTED, replace(gap, quantity=-gap.quantity), aspects=("quantity",))
    candidates = [line for line in unproven if _explains(line, gap, step)]
    if candidates:
        line = min(candidates, key=lambda one: (one.message != gap.message, not is_same_time(one, gap)))
        unproven.remove(line)
        if REMAINDER in line.flaws:
            return Difference(DifferenceKind.NOT_POSTED, gap, held=line, aspects=("record",))
        proven = replace(line, message=gap.message)
        return Difference(DifferenceKind.PROOF_MISSING, proven, held=line, aspects=("proof",))
    kind = DifferenceKind.NOT_POSTED if gap.kind else DifferenceKind.PROOF_MISSING
    return Difference(kind, gap, aspects=("proof",))


def _explains(line, gap, step):
    if line.order != gap.order or line.message not in (0, gap.message):
        return False
    if not gap.kind:
        return is_same_time(line, gap)
    # What is left of a record does not know its lot any more.
    known = replace(line, lot=gap.lot) if REMAINDER in line.flaws else line
    return known.what == gap.what and is_same(line.quantity, gap.quantity, step_of(gap.kind, step))


def _gaps(said, mine, step):
    """What was said and is not in ``mine``; one line for each kind, product and lot."""
    there = defaultdict(float)
    for line in mine:
        there[line.what] += line.quantity
    gaps = []
    for what, lines in grouped(said, "what").items():
        quantity = sum(line.quantity for line in lines)
        if what[0] and not is_same(there[what], quantity, step_of(what[0], step)):
            gaps.append(replace(lines[0], quantity=quantity - there[what]))
    # Where no more is known, some effect is all that can be asked for.
    return gaps or ([] if mine else [line for line in said if not line.kind][:1])


def _aspects(proofs, lines, step):
    """The names of what the record has otherwise than it is proven."""
    found = [
        name for name in ("order", "kind", "product", "lot", "operation") if _names(proofs, name) != _names(lines, name)
    ]
    by_what, there = (_quantities(some) for some in (proofs, lines))
    is_alike = found or all(is_same(by_what[what], there[what], step_of(what[0], step)) for what in by_what)
    if not is_alike or any(not _is_echoed(line, step_of(line.kind, step)) for line in lines):
        found.append("quantity")
    if not all(is_same_time(proof, line) for proof in proofs for line in lines):
        found.append("date")
    return tuple(dict.fromkeys([*found, *(name for line in lines for name in line.flaws)]))


def _names(lines, name):
    return {getattr(line, name) for line in lines}


def _quantities(lines):
    sums = defaultdict(float)
    for line in lines:
        sums[line.what] += line.quantity
    return sums


def _is_echoed(line, step):
    return all(is_same(line.quantity, echo, step) for echo in line.echoes)
