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
    work = _Work(marks)
    found = work.ended + [Interval(person, since) for person, since in work.running.items()]
    return sorted((one for one in found if one.end != one.start), key=lambda one: one.start)


def follows(mark: Mark, before: Iterable[Mark]) -> bool:
    """Tell whether the mark makes sense at its time: a pause needs work going on, a resumption a pause.

    ``before`` are the marks that are known; those after the mark's time do not count.
    """
    work = _Work(one for one in before if one.at <= mark.at)
    if mark.kind is TimeMark.PAUSED:
        return bool(work.leaving(mark))
    return bool(work.stopped) or mark.kind is not TimeMark.RESUMED


class _Work:
    """What the marks come to: ended intervals, who is working since when, and who has paused."""

    def __init__(self, marks):
        self.ended, self.running, self.stopped = [], {}, ()
        instants = {}
        for mark in sorted(marks, key=lambda one: (one.at, _RANK[one.kind])):
            instants.setdefault(mark.at, []).append(mark)
        for group in instants.values():
            # Times are whole seconds: work may begin and pause within one. What means nothing yet comes after the rest.
            late = [mark for mark in group if not self._apply(mark)]
            for mark in late:
                self._apply(mark)

    def leaving(self, mark):
        """Who stops: those named, else everybody; work that began without a name is that of whoever is named later."""
        named = tuple(person for person in mark.people or self.running if person in self.running)
        return named or tuple(person for person in self.running if person is None)

    def _apply(self, mark):
        """Go on to the time of the mark; whether it concerned anybody."""
        if mark.kind in _STOPS:
            people = self.leaving(mark)
            self.ended += [Interval(person, self.running.pop(person), mark.at) for person in people]
            self.stopped = () if mark.kind is TimeMark.FINISHED else (*self.stopped, *people)
        else:
            people = mark.people or (self.stopped if mark.kind is TimeMark.RESUMED else (None,))
            for person in people:
                self.running.setdefault(person, mark.at)
            self.stopped = tuple(person for person in self.stopped if person not in people)
        return bool(people)
