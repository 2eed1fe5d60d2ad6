"""A memory of applied facts for tests: what the addon keeps in a table, and the same looks into it; no test is here."""

from collections import defaultdict
from dataclasses import replace

from mes_connector_core.duplicates import fact_of, judge

#: As the addon looks: so many facts of a fingerprint before and after, and so many of a context.
NEAR_BEFORE, NEAR_AFTER, MARKED, RECENT = 8, 4, 2, 32


class FactMemory:
    """Applies events in the order of their arrival; what is suspected is held and not remembered."""

    def __init__(self):
        self.by_fingerprint = defaultdict(list)
        self.by_context = defaultdict(list)
        self.by_reference = {}

    def hold(self, event):
        """The suspicion an event is held for, or None when it is applied."""
        if event["type"].startswith("mes.posting.reversed"):
            self._undo(event["data"]["reverses"])
            return None
        fact = fact_of(event)
        suspicion = judge(fact, self._alike(fact), self.by_context[fact.context][-RECENT:])
        if not suspicion:
            self.by_fingerprint[fact.fingerprint].append(fact)
            self.by_context[fact.context].append(fact)
            self.by_reference[fact.reference] = fact
        return suspicion

    def _alike(self, fact):
        known = sorted(self.by_fingerprint[fact.fingerprint], key=lambda one: one.at)
        before = [one for one in known if (one.at - fact.at).total_seconds() <= 1][-NEAR_BEFORE:]
        after = [one for one in known if (one.at - fact.at).total_seconds() > 1][:NEAR_AFTER]
        marked = [one for one in known if fact.mark and one.mark == fact.mark][:MARKED]
        return [*before, *after, *marked]

    def _undo(self, reference):
        known = self.by_reference.get(reference)
        if known:
            for facts in (self.by_fingerprint[known.fingerprint], self.by_context[known.context]):
                facts[facts.index(known)] = replace(known, is_undone=True)


def held(events):
    """The ids of the events that are held."""
    memory = FactMemory()
    return {event["id"] for event in events if memory.hold(event)}
