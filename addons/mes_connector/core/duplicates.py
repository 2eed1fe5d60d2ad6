"""Whether a report says once more, under a new id, what was reported before; where facts are kept is the shell's.

Facts. A sender that lost an answer, restarts or is restored may tell a thing again as a new event. A machine also tells
the same thing again because it happened again: every box of ten pieces. What tells them apart, strongest first: a count
that went on, a serial number or a period that cannot come twice, the very same instant, the sender's own number, and
last how fast this sender's reports of the kind follow one another.
"""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from .envelope import parse_time

#: The base unit and the factor of units that a second telling may use instead (UN/ECE Recommendation 20).
_BASE_UNITS = {
    "KGM": ("GRM", "1000"), "TNE": ("GRM", "1000000"), "MGM": ("GRM", "0.001"),
    "LTR": ("MLT", "1000"), "MTQ": ("MLT", "1000000"), "HLT": ("MLT", "100000"),
    "CMT": ("MMT", "10"), "MTR": ("MMT", "1000"), "KMT": ("MMT", "1000000"),
    "MIN": ("SEC", "60"), "HUR": ("SEC", "3600"),
    "EA": ("C62", "1"), "H87": ("C62", "1"), "PCE": ("C62", "1"), "NMP": ("C62", "1"), "DZN": ("C62", "12"),
}  # fmt: skip
#: Said for people; two tellings may say it differently.
_WORDS = frozenset({"text", "note", "comment"})
#: Said beside the fact; a second telling may leave it out, but hardly contradicts it.
_BESIDE = frozenset({"operators", "minutes", "final"})
_COUNTERS = "cumulative"
#: What reports of one kind have in common, whatever the order: they follow one another in one rhythm.
_PLACE = ("operation", "work_center", "equipment")
_SIGNIFICANT = 9
#: Reports of a sender nobody knows yet that are less than this apart are too fast for a process, not for a retry.
UNKNOWN_SHORTEST = 1.0
#: A retry, or a second press of a button, comes sooner than this, however slow the process.
LONGEST_RETRY = 30.0
#: Fewer gaps tell no rhythm.
ENOUGH_GAPS = 4
#: A count that stands where it began, and not soon after: it was set back, as at the start of a shift.
RESET_AFTER = timedelta(minutes=10)


@dataclass(frozen=True)
class Fact:
    """What one event reports, by what tells it from others.

    ``fingerprint`` is its natural key; ``context`` what its rhythm is measured by; ``digits`` how many the fraction of
    its second has as sent; ``counters`` the sender's own counts after it; ``is_unique`` when it cannot happen twice (a
    serial number, a period); ``adds`` what it reports, by the count it adds to; ``is_undone`` when its sender has
    taken it back; ``reference`` is the shell's.
    """

    fingerprint: str
    context: str
    at: datetime
    digits: int = 0
    source: str = ""
    sequence: int | None = None
    counters: Mapping[str, float] = field(default_factory=dict, hash=False)
    beside: Mapping[str, Any] = field(default_factory=dict, hash=False)
    is_unique: bool = False
    adds: Mapping[str, float] = field(default_factory=dict, hash=False)
    is_undone: bool = False
    reference: Any = None

    @property
    def mark(self) -> str:
        """By what a second telling is found however long ago the first was: its counts, else its number; or empty."""
        if self.counters and any(self.adds.values()):
            return hashed(sorted(self.counters.items()))
        return hashed([self.source, self.sequence]) if self.sequence else ""


@dataclass(frozen=True)
class Suspicion:
    """``original`` was probably told again; ``gap`` are the seconds that are too few, when only that speaks for it."""

    original: Fact
    reason: str
    gap: float | None = None


def fact_of(event: Mapping[str, Any]) -> Fact:
    """Return what a checked CloudEvent reports; ``KeyError`` or ``TypeError`` for one that was not checked."""
    data, at = event["data"], parse_time(event["time"])
    identity = {name: value for name, value in data.items() if name not in _WORDS | _BESIDE | {_COUNTERS}}
    place = [data.get(name, "") for name in _PLACE]
    # A line that serves two products at once reports each in a rhythm of its own.
    products = sorted({str(item.get("product", "")) for item in data.get("items", [data])})
    return Fact(
        fingerprint=hashed([event["type"], canonical(identity)]),
        context=hashed([event["type"], place, products]),
        at=at,
        digits=_digits(event["time"]),
        source=event["source"],
        sequence=_sequence(event.get("sequence")),
        counters=_counters(data),
        beside={name: canonical(data[name]) for name in _BESIDE if name in data},
        is_unique={"from", "to"} <= set(data) or _has_serials(data),
        adds=_added(data),
        reference=event["id"],
    )


def canonical(value: Any, name: str = "") -> Any:
    """Return JSON in a form that is equal for two tellings of the same: units, numbers, times and orders of lists."""
    if isinstance(value, Mapping):
        if set(value) == {"value", "uom"}:
            amount, unit = base_amount(value)
            return [_number(amount), unit]
        told = {key: canonical(one, key) for key, one in value.items()}
        return {key: one for key, one in told.items() if one is not None and not _is_nothing(key, one)}
    if isinstance(value, (list, tuple)):
        return sorted((canonical(one) for one in value), key=_sortable)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, (int, float)):
        return _number(Decimal(str(value)))
    moment = parse_time(value) if name in ("from", "to") else None
    return moment.replace(microsecond=0).isoformat() if moment else value.strip()


def in_units(value: Any, units: Mapping[str, tuple[str, float]]) -> Any:
    """Return a copy of an event's data with each quantity in the unit, and times the factor, that ``units`` has for its
    own unit.
    """
    if isinstance(value, list):
        return [in_units(one, units) for one in value]
    if not isinstance(value, Mapping):
        return value
    if set(value) == {"value", "uom"} and value["uom"] in units:
        unit, factor = units[value["uom"]]
        return {"value": value["value"] * factor, "uom": unit}
    return {name: in_units(one, units) for name, one in value.items()}


def is_known_unit(code: str) -> bool:
    """Whether :func:`base_amount` brings the unit to a base."""
    return code in _BASE_UNITS or code in {base for base, _factor in _BASE_UNITS.values()}


def base_amount(quantity: Mapping[str, Any]) -> tuple[Decimal, str]:
    """Return a wire quantity in the base of its unit, and that unit; a unit nobody knows stays as it is."""
    unit, factor = _BASE_UNITS.get(quantity["uom"], (quantity["uom"], "1"))
    return Decimal(str(quantity["value"])) * Decimal(factor), unit


def judge(fact: Fact, alike: Sequence[Fact], recent: Sequence[Fact], usual: float | None = None) -> Suspicion | None:
    """Return the :class:`Suspicion` that ``fact`` is one of ``alike`` told again, or None.

    ``alike`` are applied facts of the same system and fingerprint: the nearest in time and those with its mark;
    ``recent`` the last facts of its context, in any order; ``usual`` the seconds that a person has called usual between
    two of them.
    """
    has_instants_of_its_own = not _share_instants(fact, recent)
    doubtful = []
    for known in alike:
        reason = _reason_same(fact, known, alike, has_instants_of_its_own)
        if reason:
            return Suspicion(known, reason)
        if reason is None:
            doubtful.append(known)
    if not doubtful:
        return None
    nearest = min(doubtful, key=lambda known: abs(fact.at - known.at))
    gap = abs((fact.at - nearest.at).total_seconds())
    shortest = shortest_gap(gaps_of([known.at for known in recent]))
    if usual is not None:
        shortest = min(shortest, usual)
    if gap >= shortest:
        return None
    return Suspicion(nearest, f"Both are {gap:g} s apart; such reports follow after {shortest:.3g} s or more.", gap)


def gaps_of(moments: Sequence[datetime]) -> list[float]:
    """Return the seconds between one moment and the next."""
    return [(later - earlier).total_seconds() for earlier, later in pairwise(sorted(moments))]


def shortest_gap(gaps: Sequence[float]) -> float:
    """Return the seconds that reports of a rhythm are at least apart: a third of what all but one of them were.

    Nothing is assumed of how they are spread: a sender that reports in bursts has short gaps among its last ones, and
    nothing is too soon for it. One gap is left out, since it may be a resend that went through.
    """
    if len(gaps) < ENOUGH_GAPS:
        return UNKNOWN_SHORTEST
    return min(LONGEST_RETRY, sorted(gaps)[1] / 3)


def _reason_same(fact: Fact, known: Fact, alike: Sequence[Fact], has_own_instants: bool) -> str | None:
    """Why both are one fact; empty when they are two, None when nothing but their distance in time can tell."""
    is_same_instant = _is_same_instant(fact, known)
    if known.is_undone:
        return "It names the same instant, and was taken back." if is_same_instant else ""
    if (told := _told_by_counters(fact, known, alike)) is not None:
        return told
    if fact.is_unique:
        return "What it reports cannot happen twice."
    is_fine = bool(max(fact.digits, known.digits))
    if not (is_same_instant and is_fine) and _contradict(fact, known):
        return ""
    is_numbered = bool(fact.sequence and known.sequence and fact.source == known.source)
    if is_numbered and fact.sequence == known.sequence:
        return f"It has the same number, {fact.sequence}."
    if is_same_instant and has_own_instants:
        return "It names the same instant." if is_fine else "It names the same second."
    return "" if is_numbered or is_same_instant else None


def _told_by_counters(fact: Fact, known: Fact, alike: Sequence[Fact]) -> str | None:
    """The same for the sender's own counts; None when they cannot tell."""
    names = [name for name in fact.counters if name in known.counters and fact.adds.get(name)]
    if not names:
        return None
    if any(not _same(fact.counters[name], known.counters[name]) for name in names):
        return ""
    if _is_reset(fact, alike, names) and not _is_same_instant(fact, known):
        return ""
    shown = ", ".join(f"{name} {fact.counters[name]:g}".strip() for name in names)
    return f"The count stands where it stood then: {shown}."


def _is_reset(fact: Fact, alike: Sequence[Fact], names: Sequence[str]) -> bool:
    """Whether the count has begun anew: it shows just this report, has gone beyond that before, and this is news."""
    if any(not _same(fact.counters[name], fact.adds[name]) for name in names):
        return False
    last = max(alike, key=lambda known: known.at)
    if not any(known.counters.get(name, 0.0) > fact.counters[name] for known in alike for name in names):
        return False
    goes_on = bool(fact.sequence and last.sequence and fact.source == last.source and fact.sequence > last.sequence)
    return fact.at > last.at and (goes_on or fact.at - last.at > RESET_AFTER)


def is_same_time(one: str, other: str) -> bool:
    """Whether two times of the wire are one, as exactly as the coarser of them was told."""
    return _is_same_at(parse_time(one), _digits(one), parse_time(other), _digits(other))


def _is_same_instant(fact: Fact, known: Fact) -> bool:
    return _is_same_at(fact.at, fact.digits, known.at, known.digits)


def _is_same_at(at: datetime, digits: int, known_at: datetime, known_digits: int) -> bool:
    """Whether both times are one, as exactly as the coarser of them was told: cut off or rounded."""
    if digits == known_digits:
        return at == known_at
    fine, coarse = (at, known_at) if digits > known_digits else (known_at, at)
    step = timedelta(microseconds=10 ** (6 - min(digits, known_digits, 6)))
    return timedelta(0) <= fine - coarse < step or timedelta(0) <= coarse - fine <= step / 2


def _contradict(fact: Fact, known: Fact) -> bool:
    """Whether one says beside the fact what the other denies."""
    return any(fact.beside[name] != known.beside[name] for name in fact.beside if name in known.beside)


def _share_instants(fact: Fact, recent: Sequence[Fact]) -> bool:
    """Whether this sender gives equal reports one time: it has done so, or tells whole minutes and numbers them."""
    by_time = sorted(recent, key=lambda known: (known.fingerprint, known.at))
    equal = [(one, other) for one, other in pairwise(by_time) if one.fingerprint == other.fingerprint]
    if len(equal) >= ENOUGH_GAPS and sum(one.at == other.at for one, other in equal) * 4 >= len(equal):
        return True
    in_minutes = not fact.digits and not any(one.at.second or one.at.microsecond for one in (fact, *recent))
    return bool(in_minutes and fact.sequence)


def _counters(data: Mapping[str, Any]) -> dict[str, float]:
    told = data.get(_COUNTERS, {})
    return {key: float(one) for key, one in told.items()} if isinstance(told, Mapping) else {"": float(told)}


def _added(data: Mapping[str, Any]) -> dict[str, float]:
    """What the report adds to each count it may name; that of an event's only count has no name."""
    added = {name: value["value"] for name, value in data.items() if isinstance(value, Mapping) and "value" in value}
    added[""] = sum(item["quantity"]["value"] for item in data.get("items", []) if "quantity" in item)
    return {name: float(value) for name, value in added.items()}


def _has_serials(data: Mapping[str, Any]) -> bool:
    return bool(data.get("serials")) or any(item.get("serials") for item in data.get("items", []))


def _sequence(told: Any) -> int | None:
    return int(told) if told else None


def _digits(time: str) -> int:
    """How many digits the fraction of the second has."""
    fraction = time.partition(".")[2]
    return len(fraction) - len(fraction.lstrip("0123456789"))


def _number(value: Decimal) -> str:
    return f"{float(value):.{_SIGNIFICANT}g}"


def _is_nothing(name: str, value: Any) -> bool:
    """Whether a quantity beside the main one says that there was none, which may as well be left out."""
    return name in ("scrap", "rework") and isinstance(value, list) and value[0] == "0"


def _sortable(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _same(left: float, right: float) -> bool:
    return math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-9)


def hashed(value: Any) -> str:
    """Return a short name of JSON, the same for the same."""
    return hashlib.sha256(_sortable(value).encode()).hexdigest()[:32]
