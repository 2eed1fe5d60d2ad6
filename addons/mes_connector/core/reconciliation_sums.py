"""Compares records that add up what many messages said, such as the pieces of a work order, with those messages.

What a record holds beyond its proofs is the missing or altered proof of a message, where a message says so; the rest
is a change of the record itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .postings import Difference, Posting, grouped, is_same, summed
from .reconciliation_states import DifferenceKind


def compare_sums(
    told: Sequence[Posting], proven: Sequence[Posting], held: Sequence[Posting], step: float
) -> list[Difference]:
    """Return the disagreements of what was told, is proven and is held of each sum.

    :param told: what messages said of it, not more than once each; those that may have said something are left out
    """
    books = [grouped(book, "sum_key") for book in (told, proven, held)]
    keys = dict.fromkeys(key for book in books for key in book)
    return [difference for key in keys for difference in _compare_sum(*(book.get(key, []) for book in books), step)]


def _compare_sum(told, proven, held, step):
    surplus = _total(held) - _total(proven)
    by_message = grouped(proven, "message")
    for said in told:
        mine = by_message.get(said.message, [])
        gap = said.quantity - _total(mine)
        if is_same(gap, 0.0, step):
            continue
        is_booked = not is_same(surplus, 0.0, step) and gap * surplus > 0 and abs(gap) < abs(surplus) + step / 2
        if is_booked:
            surplus -= gap
        yield _of_message(said, mine, gap, held if is_booked else [])
    if not is_same(surplus, 0.0, step):
        yield _of_record(proven or told, held, surplus)


def _of_message(said, mine, gap, held):
    record = held[0] if held else None
    about = replace(mine[0] if mine else said, quantity=said.quantity)
    if record and not mine:
        return Difference(DifferenceKind.PROOF_MISSING, about, record, ("proof",))
    if record:
        return Difference(DifferenceKind.PROOF_CHANGED, about, record, ("quantity",))
    kind = DifferenceKind.NOT_POSTED if gap > 0 else DifferenceKind.NOT_REPORTED
    return Difference(kind, replace(about, quantity=abs(gap)), aspects=("proof",))


def _of_record(known, held, surplus):
    if not known:
        return Difference(DifferenceKind.NOT_REPORTED, held[0], held[0], ("proof",))
    if not held:
        return Difference(DifferenceKind.RECORD_MISSING, summed(known), aspects=("record",))
    # Nobody knows whose part of the sum is another.
    expected = replace(known[0], quantity=_total(held) - surplus, message=0, proof=0)
    return Difference(DifferenceKind.RECORD_CHANGED, expected, held[0], ("quantity",))


def _total(lines):
    return sum(line.quantity for line in lines)
