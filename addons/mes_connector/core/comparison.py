"""Two reports side by side, property by property, and one report in a line; what is suspected is not decided here."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .duplicates import canonical, is_same_time

#: Properties of the envelope that a person compares; its identity differs by nature.
_ENVELOPE = ("time", "source", "sequence")
_TIMES = frozenset({"time", "from", "to"})


@dataclass(frozen=True)
class Compared:
    """One property as both reports tell it; empty where one does not."""

    name: str
    now: str
    then: str
    is_equal: bool


def compare(now: Mapping[str, Any], then: Mapping[str, Any], own_now: Any, own_then: Any) -> list[Compared]:
    """Return the properties of two checked events in the order of the first.

    :param own_now, own_then: the data of both in one vocabulary; what is equal there is equal, whatever it is called
    """
    told_now = {**_of_envelope(now), **_leaves(now["data"], own_now)}
    told_then = {**_of_envelope(then), **_leaves(then["data"], own_then)}
    nothing = ("", None)
    rows = []
    for name in dict.fromkeys([*told_now, *told_then]):
        (text_now, value_now), (text_then, value_then) = told_now.get(name, nothing), told_then.get(name, nothing)
        are_times = name.rpartition(" ")[2] in _TIMES and text_now and text_then
        is_equal = is_same_time(text_now, text_then) if are_times else value_now == value_then
        rows.append(Compared(name, text_now, text_then, is_equal))
    return rows


def in_a_line(data: Mapping[str, Any]) -> str:
    """Return what a report is about: quantities, products and lots, as told."""
    if {"from", "to"} <= set(data):
        return " ".join(filter(None, (data.get("operation"), data.get("operator"), data["from"], "–", data["to"])))
    said = []
    for item in data.get("items") or [data]:
        amount = item.get("quantity") or item.get("good")
        lot = item.get("lot") or ", ".join(item.get("serials", ()))
        operation = "" if "items" in data else item.get("operation", "")
        said.append(" ".join(filter(None, (amount and _text(amount), item.get("product") or operation, lot))))
    return "; ".join(filter(None, said))


def _of_envelope(event: Mapping[str, Any]) -> dict[str, tuple[str, Any]]:
    return {name: (_text(event[name]), event[name]) for name in _ENVELOPE if event.get(name)}


def _leaves(told: Any, own: Any) -> dict[str, tuple[str, Any]]:
    """``{name: (text as told, comparable value)}``."""
    return {" ".join(path): (_text(value), canonical(meant, path[-1])) for path, value, meant in _walk(told, own, ())}


def _walk(told: Any, own: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    if isinstance(told, Mapping) and set(told) != {"value", "uom"}:
        for name, value in told.items():
            yield from _walk(value, own[name], (*path, name))
    elif isinstance(told, list) and any(isinstance(one, Mapping) for one in told):
        # In an order that does not depend on the sender's.
        pairs = sorted(zip(told, own, strict=True), key=lambda pair: str(canonical(pair[1])))
        for number, (value, meant) in enumerate(pairs, start=1):
            yield from _walk(value, meant, (*path, str(number)))
    else:
        yield path, told, own


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{value['value']:g} {value['uom']}"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
