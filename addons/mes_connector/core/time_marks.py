"""Turns what the plant said of an operation (started, paused, resumed, finished) into intervals of work.

The order of arrival does not matter: the marks are sorted by their times. Who worked is any
hashable value; an empty one is nobody in particular. Times are values that compare and subtract.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .states import TimeMark

_STOPS = frozenset({TimeMark.PAUSED, TimeMark.FINISHED})
# At the same instant, what ends comes before what begins.
_RANK = {TimeMark.PAUSED: 0, TimeMark.FINISHED: 1, TimeMark.STARTED: 2, TimeMark.RESUMED: 3}


@dataclass(frozen=True)
class Mark:
    """One report; without ``people`` a stop is for everybody, and a resumption for whoever stopped last."""

    kind: TimeMark
    at: Any
    people: tuple = ()


@dataclass(frozen=True)
class Interval:
    """Work of one person; ``end`` is None while it lasts."""

    person: Any
    start: Any
    end: Any = None


def intervals(marks: Iterable[Mark]) -> list[Interval]:
    """Return the intervals of work that the marks mean, by their beginnings; empty ones are left out."""
    return _replay(marks)[0]


def follows(mark: Mark, before: Iterable[Mark]) -> bool:
    """Tell whether the mark makes sense at its time: a pause needs work going on, a resumption a pause.

    ``before`` are the marks that are known; those after the mark's time do not count.
    """
    known = [one for one in before if one.at <= mark.at]
    _found, running, stopped = _replay(known)
    if mark.kind is TimeMark.PAUSED:
        return bool(_leaving(mark, running))
    return bool(stopped) or mark.kind is not TimeMark.RESUMED


def _leaving(mark, running):
    """Who stops: those named, else everybody; work that began without a name is that of whoever is named later."""
    named = tuple(person for person in mark.people or running if person in running)
    return named or tuple(person for person in running if person is None)


def _replay(marks):
    """Intervals, who is working since when, and who has paused."""
    found, running, stopped = [], {}, ()
    for mark in sorted(marks, key=lambda one: (one.at, _RANK[one.kind])):
        if mark.kind in _STOPS:
            leaving = _leaving(mark, running)
            found += [Interval(person, running.pop(person), mark.at) for person in leaving]
            stopped = () if mark.kind is TimeMark.FINISHED else (*stopped, *leaving)
            continue
        coming = mark.people or (stopped if mark.kind is TimeMark.RESUMED else (None,))
        for person in coming:
            running.setdefault(person, mark.at)
        stopped = tuple(person for person in stopped if person not in coming)
    found += [Interval(person, since) for person, since in running.items()]
    return sorted((one for one in found if one.end != one.start), key=lambda one: one.start), running, stopped
