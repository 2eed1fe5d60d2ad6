"""Ownership: which rule decides, who is its owner, and what the phase table makes of its owner column."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mes_connector_core.order_machine import TRANSITIONS
from mes_connector_core.ownership import (
    DEFAULTS,
    ODOO,
    OWNERS,
    TRANSACTION,
    WHOLE,
    Actor,
    Owner,
    OwnershipMode,
    Place,
    Rule,
    RuleSet,
)

NORTH, SOUTH = 1, 2
MES = Actor(7, frozenset({NORTH}))
SAP = Actor(8, frozenset({NORTH, SOUTH}))
HERE = Place("released", NORTH, 1)


def rule(number, part="name", owner=Owner.ODOO, subject="product", **where):
    return Rule(number, f"rule {number}", subject, part, owner, OwnershipMode.BLOCK, **where)


def test_without_a_rule_everybody_may():
    assert RuleSet([]).decide("product", "name", HERE, SAP).mode is None


def test_the_decision_names_its_rule():
    decision = RuleSet([rule(3)]).decide("product", "name", HERE, SAP)
    assert (decision.rule.name, decision.mode) == ("rule 3", OwnershipMode.BLOCK)


# From the least to the most specific: each beats all before it.
LADDER = [
    rule(1, WHOLE),
    rule(2, WHOLE, company=1),
    rule(3, WHOLE, phase="released"),
    rule(4, WHOLE, phase="released", company=1),
    rule(5, WHOLE, plant=NORTH),
    rule(6, WHOLE, plant=NORTH, phase="released"),
    rule(7),
    rule(8, company=1),
    rule(9, phase="released"),
    rule(10, plant=NORTH),
    rule(11, plant=NORTH, phase="released"),
]


@pytest.mark.parametrize("height", range(1, len(LADDER) + 1))
def test_the_most_specific_rule_decides_whatever_the_order(height):
    rules = LADDER[:height]
    assert RuleSet(rules).find("product", "name", HERE) is rules[-1]
    assert RuleSet(rules[::-1]).find("product", "name", HERE) is rules[-1]


@pytest.mark.parametrize("where", [{"plant": SOUTH}, {"phase": "planned"}, {"company": 2}])
def test_a_rule_of_another_place_says_nothing(where):
    assert RuleSet([rule(1, **where)]).find("product", "name", HERE) is None


def test_a_rule_of_another_part_or_object_says_nothing():
    rules = RuleSet([rule(1, "code"), rule(2, subject="lot"), rule(3, "start", subject=TRANSACTION)])
    assert rules.find("product", "name", HERE) is None


@pytest.mark.parametrize(
    ("owner", "place", "owners"),
    [
        (Owner.ODOO, HERE, {ODOO}),
        (Owner.SYSTEM, HERE, {SAP}),
        (Owner.PLANT, HERE, {MES, SAP}),
        (Owner.PLANT, Place("released", SOUTH, 1), {SAP}),
        (Owner.PLANT, Place(), {MES, SAP}),
        (Owner.ANYONE, HERE, {ODOO, MES, SAP}),
    ],
)
def test_who_is_the_owner(owner, place, owners):
    owned = rule(1, owner=owner, system=SAP.system if owner is Owner.SYSTEM else 0)
    assert {actor for actor in (ODOO, MES, SAP) if owned.is_owned_by(actor, place)} == owners


def test_consent_is_to_one_rule():
    agreed = Actor(consent=1)
    assert rule(1, owner=Owner.PLANT).is_owned_by(agreed, HERE)
    assert not rule(2, owner=Owner.PLANT).is_owned_by(agreed, HERE)


@given(st.permutations(LADDER), st.sampled_from([HERE, Place("planned", SOUTH, 1), Place()]))
def test_one_rule_decides_and_it_covers_the_place(rules, place):
    found = RuleSet(rules).find("product", "name", place)
    assert found.covers(place)
    better = [one for one in LADDER if one.covers(place) and (one.part or not found.part)]
    assert all(found.specificity <= one.specificity for one in better if one.part == found.part)
    assert found.part or not any(one.part for one in better)


def test_concerns_asks_for_no_place():
    rules = RuleSet([rule(1, plant=SOUTH), rule(2, WHOLE, subject="lot")])
    cells = itertools.product(("product", "lot", "bom"), ({"name"}, {"other"}))
    concerned = [(subject, *parts) for subject, parts in cells if rules.concerns(subject, parts)]
    assert concerned == [("product", "name"), ("lot", "name"), ("lot", "other")]


def test_every_arrow_of_the_table_has_a_default_rule():
    assert {row.owner for row in TRANSITIONS} == set(OWNERS)
    expected = {(row.event, row.source, OWNERS[row.owner]) for row in TRANSITIONS}
    assert {(one.event, one.phase, one.owner) for one in DEFAULTS} == expected
    assert len(DEFAULTS) == len(TRANSITIONS)
