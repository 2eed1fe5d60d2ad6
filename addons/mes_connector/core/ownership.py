"""Who owns a value, or a step of an order: which rule decides and what it says to anybody else; nothing is written.

The most specific rule decides alone: one that names the field before one for the whole object, then one that names the
plant, then the phase, then the company. Where no rule covers a place, everybody may write.
"""

from collections.abc import Iterable, Set
from dataclasses import dataclass
from enum import Enum

from .order_machine import TRANSITIONS, OrderEvent
from .states import OrderPhase


class Owner(str, Enum):
    """Who is the system of record: Odoo, one named system, any system that serves the plant, or whoever comes."""

    ODOO = "odoo"
    SYSTEM = "system"
    PLANT = "plant"
    ANYONE = "anyone"


class OwnershipMode(str, Enum):
    """What happens to a change by anybody but the owner: refused, made with a case, or put to the owner."""

    BLOCK = "block"
    FLAG = "flag"
    PROPOSE = "propose"


#: Subject of rules about steps of orders; every other subject is the name of a model.
TRANSACTION = "transaction"
#: Part of a rule about a whole object.
WHOLE = ""
#: What the owner column of the phase table means; quality decides in Odoo or in a system of its own.
OWNERS = {"ERP": Owner.ODOO, "Supervisor": Owner.ODOO, "MES": Owner.PLANT, "Quality": Owner.ANYONE}


@dataclass(frozen=True)
class Actor:
    """Who wants to change something: a registered system and the plants it serves, or Odoo with its people (0).

    ``consent`` is the rule whose owner has agreed to this very change, if any.
    """

    system: int = 0
    plants: frozenset[int] = frozenset()
    consent: int = 0


#: Odoo itself, with all its people and scheduled actions.
ODOO = Actor()


@dataclass(frozen=True)
class Place:
    """Where something is to change: phase of the order, plant and company; empty where there is none."""

    phase: str = ""
    plant: int = 0
    company: int = 0


@dataclass(frozen=True)
class Rule:
    """One cell of the matrix; what it leaves empty (phase, plant, company) it does not ask for."""

    id: int
    name: str
    subject: str
    part: str
    owner: Owner
    mode: OwnershipMode
    system: int = 0
    phase: str = ""
    plant: int = 0
    company: int = 0

    @property
    def specificity(self) -> tuple:
        """Sorts the rules of one subject and part, the most specific first."""
        return (not self.plant, not self.phase, not self.company, self.id)

    def covers(self, place: Place) -> bool:
        """Tell whether the rule speaks of this place."""
        asked = ((self.phase, place.phase), (self.plant, place.plant), (self.company, place.company))
        return all(not wanted or wanted == found for wanted, found in asked)

    def is_owned_by(self, actor: Actor, place: Place) -> bool:
        """Tell whether ``actor`` is the system of record here, or has its consent."""
        if self.owner is Owner.ANYONE or actor.consent == self.id:
            return True
        if self.owner is Owner.ODOO:
            return not actor.system
        if self.owner is Owner.SYSTEM:
            return actor.system == self.system
        return bool(actor.system) and (not place.plant or place.plant in actor.plants)


@dataclass(frozen=True)
class Decision:
    """The rule that decides, if any, and what becomes of the change; without a mode it is simply made."""

    rule: Rule | None = None
    mode: OwnershipMode | None = None


FREE = Decision()


class RuleSet:
    """All rules of a database, ready to be asked many times."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._rules: dict[str, dict[str, list[Rule]]] = {}
        for rule in sorted(rules, key=lambda one: one.specificity):
            self._rules.setdefault(rule.subject, {}).setdefault(rule.part, []).append(rule)

    def concerns(self, subject: str, parts: Set[str]) -> bool:
        """Tell whether any rule speaks of one of these parts of the subject, wherever that is."""
        known = self._rules.get(subject)
        return bool(known) and (WHOLE in known or not known.keys().isdisjoint(parts))

    def find(self, subject: str, part: str, place: Place) -> Rule | None:
        """Return the rule that decides about a part of a subject in a place."""
        known = self._rules.get(subject, {})
        for rules in (known.get(part, ()), known.get(WHOLE, ())):
            for rule in rules:
                if rule.covers(place):
                    return rule
        return None

    def decide(self, subject: str, part: str, place: Place, actor: Actor) -> Decision:
        """Return what becomes of a change that ``actor`` makes: nobody's business, its own, or the mode of the rule."""
        rule = self.find(subject, part, place)
        if rule is None:
            return FREE
        return Decision(rule, None if rule.is_owned_by(actor, place) else rule.mode)


@dataclass(frozen=True)
class DefaultRule:
    """A rule that follows from the owner column of the phase table."""

    event: OrderEvent
    phase: OrderPhase
    owner: Owner


DEFAULTS: tuple[DefaultRule, ...] = tuple(DefaultRule(row.event, row.source, OWNERS[row.owner]) for row in TRANSITIONS)
#: Steps the table lets happen; of all others it says itself why not.
MOVES = frozenset((row.source, row.event) for row in TRANSITIONS)
