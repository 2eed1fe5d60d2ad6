"""The sentinel of units: ten, a hundred or a thousand times off is found, whatever the distribution."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mes_connector_core.unit_shift import ENOUGH, Reported, find_shift, quantities_of

CHARGES = [12.1, 11.8, 12.4, 12.0, 11.9, 12.2, 12.3, 12.05, 11.7]


def history(values, order=None):
    return [Reported(value, value / order if order else None) for value in values]


def pieces(value):
    return Reported(value, unit="C62")


@pytest.mark.parametrize(("factor", "power"), [(10, 1), (100, 2), (1000, 3), (0.1, -1), (0.01, -2), (0.001, -3)])
def test_a_shift_is_found_with_what_is_usual(factor, power):
    shift = find_shift(Reported(12.0 * factor), history(CHARGES))
    assert (shift.power, round(shift.usual, 2)) == (power, 12.05)


@pytest.mark.parametrize("value", [0, 6.0, 12.0, 30.0, 55.0, 1.2e6])
def test_other_quantities_are_not(value):
    assert find_shift(Reported(value), history(CHARGES)) is None


def test_a_short_history_says_nothing():
    assert find_shift(Reported(12000.0), history(CHARGES[: ENOUGH - 1])) is None


def test_who_reports_anything_is_never_suspected():
    values = [1, 300, 7, 45, 900, 2, 150, 20, 600, 3]
    assert all(find_shift(Reported(value * 10), history(values)) is None for value in values)


def test_a_level_that_was_there_is_no_news():
    assert find_shift(Reported(1200.0), history([*CHARGES, 1180.0])) is None
    assert find_shift(Reported(1200.0), history(CHARGES), levels=[1180.0]) is None


def test_a_larger_order_explains_a_larger_quantity():
    whole = history([100.0] * 9, order=100)
    assert find_shift(Reported(1000.0, 1.0), whole) is None
    assert find_shift(Reported(1000.0, 10.0), whole).power == 1
    assert find_shift(Reported(1.0, 0.3), whole) is None
    assert find_shift(Reported(1.0, 0.01), whole).power == -2


def test_counted_pieces_may_be_a_rest_and_may_come_one_by_one():
    assert find_shift(pieces(1), history([10] * 9)) is None
    assert find_shift(pieces(10), history([1] * 9)) is None
    assert find_shift(pieces(1), history([1000] * 9)).power == -3
    assert find_shift(pieces(100), history([10] * 9)).power == 1
    assert find_shift(replace(pieces(1), is_rest=True), history([1000] * 9)) is None


def test_each_product_of_a_report_has_a_history_of_its_own():
    items = [
        {"product": "OIL", "quantity": {"value": 2, "uom": "KGM"}, "lot": "A"},
        {"product": "OIL", "quantity": {"value": 500, "uom": "GRM"}, "lot": "B"},
        {"product": "SCR", "quantity": {"value": 80, "uom": "EA"}},
        {"product": "PMP", "quantity": {"value": 1, "uom": "C62"}, "serials": ["S1"]},
    ]
    event = {"type": "mes.material.consumed.v1", "data": {"order": "MO1", "operation": "10", "items": items}}
    oil, screws = quantities_of(event, "GBX", 50)
    assert (oil.product, oil.value, oil.unit, oil.share) == ("OIL", 2500.0, "GRM", 50.0)
    assert (screws.product, screws.value, screws.unit) == ("SCR", 80.0, "C62")
    assert oil.context != screws.context


def test_an_operation_confirms_the_product_of_its_order():
    data = {"order": "MO1", "operation": "10", "good": {"value": 40, "uom": "C62"}, "final": True}
    (good,) = quantities_of({"type": "mes.operation.confirmed.v1", "data": data}, "GBX", 40)
    assert (good.product, good.value, good.share, good.is_rest) == ("GBX", 40.0, 1.0, True)


@pytest.mark.parametrize(
    ("kind", "data", "ordered"),
    [
        ("production.reported", {"items": [{"product": "GBX", "quantity": {"value": 10, "uom": "C62"}}]}, 1),
        ("operation.confirmed", {"good": {"value": 2, "uom": "C62"}, "serials": ["S1", "S2"]}, 10),
        ("scrap.reported", {"product": "GBX", "quantity": {"value": 2, "uom": "C62"}}, 10),
        ("operation.confirmed", {"good": {"value": 0, "uom": "C62"}}, 10),
        ("labor.reported", {"operator": "7"}, 10),
    ],
)
def test_where_each_piece_is_one_of_its_own_nothing_is_watched(kind, data, ordered):
    assert quantities_of({"type": f"mes.{kind}.v1", "data": data}, "GBX", ordered) == []


@settings(max_examples=25)
@given(
    st.floats(0.01, 1e5), st.sampled_from(("normal", "two sizes", "uniform")), st.sampled_from((-3, -2, -1, 1, 2, 3))
)
def test_no_distribution_is_assumed(scale, shape, power):
    rng = random.Random(f"{scale} {shape}")
    draw = {
        "normal": lambda: rng.gauss(1.0, 0.05),
        "two sizes": lambda: rng.choice((0.95, 1.05)),
        "uniform": lambda: rng.uniform(0.9, 1.1),
    }[shape]
    values = [scale * draw() for _ in range(20)]
    assert find_shift(Reported(scale * draw()), history(values)) is None
    assert find_shift(Reported(scale * draw() * 10**power), history(values)).power == power
