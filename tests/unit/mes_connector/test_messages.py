"""The values that travel between the rooms cannot be changed on the way."""

import dataclasses

import pytest
from mes_connector_core import backoff, errors, event_types, messages, order_machine, schema

VALUES = [
    member
    for module in (backoff, errors, event_types, messages, order_machine, schema)
    for member in vars(module).values()
    if isinstance(member, type) and dataclasses.is_dataclass(member)
]


@pytest.mark.parametrize("value", dict.fromkeys(VALUES), ids=lambda value: value.__name__)
def test_values_are_frozen(value):
    empty = object.__new__(value)
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(empty, dataclasses.fields(value)[0].name, "changed")


def test_a_result_without_more_is_success():
    result = messages.HandlerResult()
    assert (errors.CODES[result.code].disposition, result.effects) == (errors.Disposition.DONE, ())
