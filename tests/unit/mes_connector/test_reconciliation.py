"""Reconciliation: every tampering with one posting is one difference that names it; lawful books have none."""

import random
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from mes_connector_core.postings import REMAINDER, Posting
from mes_connector_core.reconciliation import compare
from mes_connector_core.reconciliation_states import DifferenceKind as Kind
from mes_connector_core.reconciliation_states import Repair
from mes_connector_core.reconciliation_totals import Fact, Total, compare_totals
from mes_connector_core.statements import Statement, statements

AT = datetime(2026, 11, 22, 10)


def books(count=12):
    """Told, proven and held of ``count`` messages, each about two lots, alike in all but message and time."""
    proven = [
        Posting(7, "consumed", "STEEL", lot, 2.5, AT + timedelta(minutes=message), message, ("line", message, lot), row)
        for row, (message, lot) in enumerate(((one, lot) for one in range(1, count + 1) for lot in "AB"), start=1)
    ]
    told = [replace(line, record=None, proof=0) for line in proven]
    held = [replace(line, message=0, proof=0, echoes=(line.quantity,)) for line in proven]
    return told, proven, held


TAMPERINGS = {
    "quantity": (lambda one: replace(one, quantity=7), ("quantity",)),
    "second figure": (lambda one: replace(one, echoes=(9.0,)), ("quantity",)),
    "lot": (lambda one: replace(one, lot="C"), ("lot",)),
    "product": (lambda one: replace(one, product="OIL"), ("product",)),
    "date": (lambda one: replace(one, at=AT - timedelta(days=3)), ("date",)),
}


def test_books_that_agree():
    assert compare(*books()) == []


@pytest.mark.parametrize("name", TAMPERINGS)
def test_a_record_that_was_changed(name):
    change, aspects = TAMPERINGS[name]
    told, proven, held = books()
    held[5] = change(held[5])
    [found] = compare(told, proven, held)
    assert (found.kind, found.posting, found.aspects) == (Kind.RECORD_CHANGED, proven[5], aspects)
    assert found.repair is Repair.ADJUST


@pytest.mark.parametrize("name", ("quantity", "lot", "product"))
def test_a_proof_that_was_changed(name):
    change, aspects = TAMPERINGS[name]
    told, proven, held = books()
    proven[5] = change(proven[5])
    [found] = compare(told, proven, held)
    assert (found.kind, found.posting.message, found.aspects) == (Kind.PROOF_CHANGED, 3, aspects)


def test_a_record_that_was_deleted():
    told, proven, held = books()
    gone = held.pop(5)
    [found] = compare(told, proven, held)
    assert (found.kind, found.posting.record) == (Kind.RECORD_MISSING, gone.record)


def test_a_proof_that_was_deleted():
    told, proven, held = books()
    gone = proven.pop(5)
    [found] = compare(told, proven, held)
    assert (found.kind, found.posting.message, found.posting.record) == (Kind.PROOF_MISSING, 3, gone.record)


def test_a_posting_nobody_reported():
    told, proven, held = books()
    held.append(replace(held[5], record=("line", 99, "B")))
    [found] = compare(told, proven, held)
    assert (found.kind, found.posting.record) == (Kind.NOT_REPORTED, ("line", 99, "B"))


def test_what_a_record_says_of_itself_that_cannot_be():
    told, proven, held = books()
    held[5] = replace(held[5], flaws=("place",))
    [found] = compare(told, proven, held)
    assert (found.kind, found.posting, found.aspects) == (Kind.RECORD_CHANGED, proven[5], ("place",))


def test_a_record_of_another_order():
    told, proven, held = books()
    held[5] = replace(held[5], order=8)
    [found] = compare(told, proven, held)
    assert (found.kind, found.aspects) == (Kind.RECORD_CHANGED, ("order",))


@pytest.mark.parametrize("record", [("line", 99, "Z"), ("line", 1, "A")])
def test_a_proof_that_names_another_record(record):
    told, proven, held = books()
    proven[5] = replace(proven[5], record=record)
    [found] = compare(told, proven, held)
    assert (found.kind, found.posting.message, found.aspects) == (Kind.PROOF_CHANGED, 3, ("record",))
    assert found.held == held[5]


def test_a_proof_that_is_there_twice():
    told, proven, held = books()
    [found] = compare(told, [*proven, replace(proven[5], proof=99)], held)
    assert (found.kind, found.posting.message, found.aspects) == (Kind.PROOF_CHANGED, 3, ("proof",))


def test_what_is_left_of_a_record_explains_nothing_else():
    told, proven, held = books()
    held[5] = replace(held[5], record=("stock.move", 5), lot="", flaws=(REMAINDER,))
    [found] = compare(told, proven, held)
    assert (found.kind, found.posting, found.held) == (Kind.RECORD_MISSING, proven[5], held[5])
    del proven[5]
    [found] = compare(told, proven, held)
    assert (found.kind, found.posting.message, found.repair) == (Kind.NOT_POSTED, 3, Repair.REPLAY)


def test_proof_and_record_both_deleted():
    told, proven, held = books()
    del proven[5], held[5]
    [found] = compare(told, proven, held)
    assert (found.kind, found.posting.message, found.repair) == (Kind.NOT_POSTED, 3, Repair.REPLAY)


@pytest.mark.parametrize(("quantity", "kind"), [(1, Kind.NOT_POSTED), (4, Kind.NOT_REPORTED)])
def test_proof_and_record_both_changed(quantity, kind):
    told, proven, held = books()
    proven[5], held[5] = (replace(one[5], quantity=quantity, echoes=()) for one in (proven, held))
    [found] = compare(told, proven, held)
    assert (found.kind, found.posting.message, found.posting.quantity) == (kind, 3, 1.5)


def test_a_message_that_only_had_some_effect():
    told, proven, held = books()
    some = Posting(7, "", at=AT, message=50)
    assert compare([*told, some], [*proven, Posting(7, "reversed", message=50)], held) == []
    [found] = compare([*told, some], proven, held)
    assert (found.kind, found.posting.message) == (Kind.PROOF_MISSING, 50)


def test_what_is_posted_in_parts_of_several_records():
    told, proven, held = books()
    for book in (proven, held):
        book[5:6] = [replace(book[5], quantity=part, record=("part", part), echoes=()) for part in (1.0, 1.5)]
    assert compare(told, proven, held) == []


def test_records_of_several_lots_are_compared_lot_by_lot():
    both = [Posting(7, "reversed", "STEEL", lot, quantity, AT, 1, "counter") for lot, quantity in (("A", 1), ("B", 2))]
    assert compare([], both, both) == []
    swapped = [replace(one, quantity=3 - one.quantity) for one in both]
    [found] = compare([], both, swapped)
    assert found.aspects == ("quantity",)


def test_without_the_payload_proof_and_record_are_compared():
    _told, proven, held = books()
    assert compare([], proven, held) == []
    assert [one.kind for one in compare([], proven, held[1:])] == [Kind.RECORD_MISSING]


def test_every_tampering_of_many_is_named_once():
    rng = random.Random(5)
    told, proven, held = books(300)
    chosen = rng.sample(range(600), 25)
    for place, index in enumerate(chosen):
        change, _aspects = list(TAMPERINGS.values())[place % 5]
        held[index] = change(held[index])
    found = compare(told, proven, held)
    assert sorted(one.posting.proof for one in found) == sorted(index + 1 for index in chosen)


# -- the sender's own totals -----------------------------------------------------------------------------------------


def facts():
    return [
        Fact(f"e-{number}", Posting(7, "received", "GBX", "F1", 10, AT, number), operation="20") for number in (1, 2, 3)
    ]


def total(quantity=30, events=("e-1", "e-2", "e-3"), **more):
    return Total(7, "received", "GBX", quantity, events=events, **more)


@pytest.mark.parametrize("more", [{}, {"lot": "F1"}, {"operation": "20"}, {"events": None}])
def test_totals_that_agree(more):
    assert compare_totals([total(**more)], facts()) == []


def test_an_event_that_never_came_or_waits():
    waiting = facts()
    waiting[1] = replace(waiting[1], is_applied=False)
    for known in (waiting, [waiting[0], waiting[2]]):
        [found] = compare_totals([total()], known)
        assert (found.kind, found.event, found.repair) == (Kind.EVENT_MISSING, "e-2", Repair.REQUEST_RESEND)


def test_an_event_the_sender_does_not_know():
    [found] = compare_totals([total(20, ("e-1", "e-2"))], facts())
    assert (found.kind, found.event, found.posting.message) == (Kind.EVENT_EXTRA, "e-3", 3)


def test_an_event_of_a_key_the_sender_does_not_know():
    found = compare_totals([], facts())
    assert [(one.kind, one.event) for one in found] == [(Kind.EVENT_EXTRA, f"e-{number}") for number in (1, 2, 3)]


def test_an_event_of_two_keys_is_named_once():
    two = [replace(total(lot=lot), events=("e-9",)) for lot in ("F1", "F2")]
    assert [one.event for one in compare_totals(two, [])] == ["e-9"]


@pytest.mark.parametrize("events", [None, ("e-1", "e-2", "e-3")])
def test_a_total_that_is_another(events):
    [found] = compare_totals([total(31, events)], facts())
    assert (found.kind, found.told, found.booked) == (Kind.TOTAL_DIFFERS, 31, 30)
    assert found.repair is Repair.ADJUST, "no event is named that could be asked for"


# -- what an event says ----------------------------------------------------------------------------------------------

ONE = {"value": 4, "uom": "C62"}


@pytest.mark.parametrize(
    ("event_type", "data", "said"),
    [
        ("mes.material.consumed.v1", {"operation": "10", "items": [{"product": "P", "quantity": ONE, "lot": "L"}]},
         [Statement("consumed", "P", "L", 4, "C62", "10")]),
        ("mes.material.returned.v1", {"items": [{"product": "P", "quantity": ONE}]},
         [Statement("returned", "P", "", 4, "C62")]),
        ("mes.production.reported.v1", {"items": [{"product": "P", "quantity": ONE, "serials": ["a", "b", "c", "d"]}]},
         [Statement("received", "P", serial, 1, "C62") for serial in "abcd"]),
        ("mes.scrap.reported.v1", {"product": "P", "quantity": ONE}, [Statement("scrapped", "P", "", 4, "C62")]),
        ("mes.operation.confirmed.v1", {"operation": "10", "minutes": {"setup": 3, "machine": 4, "labor": 9}},
         [Statement("time", quantity=7, uom="MIN", operation="10")]),
        ("mes.operation.confirmed.v1", {"minutes": {"machine": 4}, "operators": ["a", "b"]},
         [Statement("time", quantity=4, uom="MIN"), Statement("crew", quantity=8, uom="MIN")]),
        ("mes.operation.confirmed.v1", {"minutes": {"labor": 4}, "operators": ["a", "b"]},
         [Statement("time", quantity=4, uom="MIN")]),
        ("mes.labor.reported.v1", {"from": "2026-11-22T08:00:00Z", "to": "2026-11-22T10:30:00+01:00"},
         [Statement("labor", quantity=90, uom="MIN")]),
        ("mes.order.completed.v1", {"order": "MO"}, []),
    ],
)  # fmt: skip
def test_statements(event_type, data, said):
    assert list(statements(event_type, data)) == said


def test_the_pieces_of_a_confirmation():
    data = {"operation": "10", "good": ONE, "scrap": ONE, "rework": ONE, "minutes": {}}
    said = [one for one in statements("mes.operation.confirmed.v1", data) if one.kind != "time"]
    assert said == [Statement(kind, "", "", 4, "C62", "10") for kind in ("confirmed", "confirmed_scrap")]
