"""Sums of what many messages said: a message is named where it tells what is wrong, else the record is."""

from dataclasses import replace

import pytest
from mes_connector_core.postings import Posting
from mes_connector_core.reconciliation import compare
from mes_connector_core.reconciliation_states import DifferenceKind as Kind


def books(counts=(3, 2, 4)):
    """Told, proven and held of the pieces of one operation, which three messages report."""
    told = [
        Posting(7, "confirmed", quantity=count, message=message, operation="10", is_sum=True)
        for message, count in enumerate(counts, start=1)
    ]
    proven = [replace(line, proof=10 + line.message) for line in told]
    held = [replace(told[0], message=0, quantity=sum(counts), record=("mrp.workorder", 5))]
    return told, proven, held


def found(told, proven, held):
    return [(one.kind, one.posting.message, one.posting.quantity) for one in compare(told, proven, held)]


def test_sums_that_agree():
    assert found(*books()) == []
    told, proven, held = books()
    assert found([], proven, held) == [], "without the payloads, proofs and sum are compared"
    assert found(told, proven, [*held, replace(held[0], operation="20", quantity=0)]) == []


@pytest.mark.parametrize("change", [3, -2, 0.5])
def test_a_sum_that_was_changed_names_the_record(change):
    told, proven, held = books()
    held[0] = replace(held[0], quantity=9 + change)
    [one] = compare(told, proven, held)
    assert (one.kind, one.posting.message, one.posting.quantity) == (Kind.RECORD_CHANGED, 0, 9)
    assert (one.held.record, one.held.quantity) == (("mrp.workorder", 5), 9 + change)


def test_a_sum_nobody_told_and_one_that_is_gone():
    told, proven, held = books()
    assert found([], [], held) == [(Kind.NOT_REPORTED, 0, 9)]
    assert found(told, proven, []) == [(Kind.RECORD_MISSING, 1, 9)]


def test_a_proof_that_is_gone_names_its_message():
    told, proven, held = books()
    assert found(told, proven[:1] + proven[2:], held) == [(Kind.PROOF_MISSING, 2, 2)]
    assert found(told, proven[:1], held) == [(Kind.PROOF_MISSING, 2, 2), (Kind.PROOF_MISSING, 3, 4)]


def test_a_proof_that_says_something_else_or_twice():
    told, proven, held = books()
    other = [proven[0], replace(proven[1], quantity=5), proven[2]]
    assert found(told, other, held) == [(Kind.PROOF_CHANGED, 2, 2)]
    assert found(told, [*proven, proven[1]], held) == [(Kind.PROOF_CHANGED, 2, 2)]


def test_proof_and_sum_both_without_it():
    told, proven, held = books()
    held[0] = replace(held[0], quantity=7)
    assert found(told, [proven[0], proven[2]], held) == [(Kind.NOT_POSTED, 2, 2)]
    proven[1] = replace(proven[1], quantity=5)
    assert found(told, proven, [replace(held[0], quantity=12)]) == [(Kind.NOT_REPORTED, 2, 3)]


def test_a_change_and_a_proof_that_is_gone_are_both_named():
    told, proven, held = books()
    held[0] = replace(held[0], quantity=14)
    assert found(told, proven[:2], held) == [(Kind.PROOF_MISSING, 3, 4), (Kind.RECORD_CHANGED, 0, 9)]
