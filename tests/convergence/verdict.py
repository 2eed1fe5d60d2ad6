"""Judges how the runs of a stream end: the run in order must be lawful, the mixed one must end like it."""

from __future__ import annotations

import re
from collections import Counter

from .ends import End
from .play import Played

#: Of events without numbers the log tells the order of arrival, which need not be that in which they happened.
BY_ARRIVAL = {"phase log"}
# Nor is it promised which consumption a receipt is linked with, which is what it is worth, or how many pieces were
# received when minutes came, which is what Odoo rates them by (docs/adr/0006).
RATED_BY_ARRIVAL = re.compile(r" (?:price_unit \S+ value \S+|loss_id .*)$")
# Of two that say the same, the first to come is the one that did it.
SAID_TWICE = re.compile(r"^\d+ (?=event_type mes\.order\.acknowledged)")
POSTED = "mes_phase posted "
ACCEPTED = "answer_outcome accepted "
ANSWER = "mes.message.accepted.v1 "


def stored_wrongly(played: Played) -> list[str]:
    """Events that were not stored exactly once, however often they were sent."""
    return [
        f"event {place} was stored {played.stored[event['id']]} times"
        for place, event in enumerate(played.events, 1)
        if played.stored[event["id"]] != 1
    ]


def unlawful(played: Played, end: End) -> list[str]:
    """What shows that a run in order was not lawful, so that nothing could be compared with it: each event must be
    accepted, with exactly one answer, and the order posted.
    """
    found = [f"the order is not posted: {line}" for line in end["order"] if not line.startswith(POSTED)]
    found += [f"answer: {line}" for line in end["answer"] if ACCEPTED not in line or line.count(ANSWER) != 1]
    if len(end["answer"]) != len(played.events):
        found.append(f"{len(played.events)} events became {len(end['answer'])} messages")
    return found


def differences(in_order: End, other: End, *, numbered: bool) -> list[str]:
    """Lines that only one of the two ends has, by what they are about; empty when they are the same."""
    found = []
    for section in sorted({*in_order, *other} - (set() if numbered else BY_ARRIVAL)):
        ours, theirs = (Counter(_promised(end.get(section, ()), numbered)) for end in (in_order, other))
        found += [f"{section}, only in order: {line}" for line in sorted((ours - theirs).elements())]
        found += [f"{section}, only mixed:    {line}" for line in sorted((theirs - ours).elements())]
    return found


def _promised(lines: list[str], numbered: bool) -> list[str]:
    """The lines of an end, without what depends on arrival when the events carry no numbers."""
    return list(lines) if numbered else [SAID_TWICE.sub("", RATED_BY_ARRIVAL.sub("", line)) for line in lines]
