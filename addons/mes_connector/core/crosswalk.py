"""Crosswalk rules: what a code means at a time, and where an event holds codes; rows are read and written by the shell.

Facts. A row holds from its begin up to, not including, its end. A system's own rows go before those of its plants.
Where the crosswalk has a row for a code, but none for the time asked, nothing is guessed: not even that the code is
Odoo's own.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from .states import CodeKind

#: Codes that Odoo or the plant gives to single objects, or the contract fixes; a system always speaks of them directly.
ALWAYS_SHARED = frozenset({CodeKind.UNIT, CodeKind.OPERATION, CodeKind.LOT})

#: What master data name by codes: a row of another kind changes nothing that systems were told.
PUBLISHED = frozenset(
    {
        CodeKind.PRODUCT,
        CodeKind.UNIT,
        CodeKind.WORK_CENTER,
        CodeKind.OPERATION,
        CodeKind.REASON,
        CodeKind.SCRAP_REASON,
        CodeKind.EQUIPMENT,
        CodeKind.LOT,
        CodeKind.ROUTING_VERSION,
    }
)

_ONE = {
    "product": CodeKind.PRODUCT,
    "uom": CodeKind.UNIT,
    "work_center": CodeKind.WORK_CENTER,
    "operation": CodeKind.OPERATION,
    "operator": CodeKind.OPERATOR,
    "equipment": CodeKind.EQUIPMENT,
    "routing": CodeKind.ROUTING_VERSION,
}
_MANY = {
    "alternatives": CodeKind.WORK_CENTER,
    "needs": CodeKind.OPERATION,
    "operators": CodeKind.OPERATOR,
}
#: Properties whose insides are the customer's own, whatever they are called.
_OPAQUE = frozenset({"custom"})
#: The property ``kind`` beside a reason code says of what; other reasons are free text.
_REASONS = {"downtime": CodeKind.REASON, "scrap": CodeKind.SCRAP_REASON}


@dataclass(frozen=True)
class Scope:
    """Whose codes are read, and as of when; times are naive UTC."""

    system_id: int
    plant_ids: tuple[int, ...]
    at: datetime
    #: Whether a code without a row is Odoo's own.
    is_identity: bool = True
    #: Of which kinds there is any row at all; None where nobody has looked.
    kinds: frozenset[CodeKind] | None = None


@dataclass(frozen=True)
class Row:
    """One row of the crosswalk that is in force; ``target`` is what it leads to."""

    is_of_system: bool
    begin: datetime | None
    end: datetime | None
    target: object

    def holds(self, at: datetime) -> bool:
        """Whether the row says anything of ``at``."""
        return (self.begin is None or self.begin <= at) and (self.end is None or at < self.end)


class Unclear(Exception):
    """The crosswalk does not say what a code means; the text says why."""


def meaning(rows: Iterable[Row], kind: CodeKind, scope: Scope) -> object | None:
    """Return what a code leads to at the time of ``scope``; None when it is Odoo's own code.

    :param rows: all rows in force for that code, of the system and of its plants, whatever their time
    :raises Unclear: no row says it for this time, two plants say different things, or there is no row and the system
        has codes of its own
    """
    rows = list(rows)
    if not rows:
        if scope.is_identity or kind in ALWAYS_SHARED:
            return None
        raise Unclear("The crosswalk has no such code")
    valid = [row for row in rows if row.holds(scope.at)]
    nearest = [row for row in valid if row.is_of_system] or valid
    targets = {row.target for row in nearest}
    if not targets:
        raise Unclear("The crosswalk says nothing of this code for the time of the event")
    if len(targets) > 1:
        raise Unclear("The plants of the system mean different things by this code")
    return targets.pop()


def lot_code(product: str, lot: str) -> str:
    """Return the code a lot has in the crosswalk: names of lots are unique within a product only."""
    return f"{product}/{lot}"


def translate(data: object, to: Callable[[CodeKind, str], str | None]) -> object:
    """Return a copy of an event's data with every code replaced by ``to(kind, code)``; None leaves it as it is.

    A lot is asked for by :func:`lot_code` with the product as it stood; the answer is taken as the lot's name.
    """

    def told(kind, code, value):
        answer = to(kind, code)
        return value if answer is None else answer

    return _translated(data, told, "")


def codes_in(data: object) -> dict[CodeKind, set[str]]:
    """Return the codes that :func:`translate` would ask for, by kind."""
    found: dict[CodeKind, set[str]] = {}

    def note(kind, code):
        found.setdefault(kind, set()).add(code)

    translate(data, note)
    return found


def _translated(value, to, product):
    if isinstance(value, list):
        return [_translated(one, to, product) for one in value]
    if not isinstance(value, dict):
        return value
    product = _product_of(value) or product
    return {name: _property(name, one, value, to, product) for name, one in value.items()}


def _property(name, value, parent, to, product):
    if name in _OPAQUE:
        return value
    if name == "product" and isinstance(value, dict) and "code" in value:
        return {**value, "code": to(CodeKind.PRODUCT, value["code"], value["code"])}
    if name in _MANY and isinstance(value, list):
        return [to(_MANY[name], one, one) for one in value]
    kind = _kind_of(name, parent, product) if isinstance(value, str) and value else None
    if kind:
        return to(kind, lot_code(product, value) if kind is CodeKind.LOT else value, value)
    return _translated(value, to, product)


def _kind_of(name, parent, product):
    """The kind of code a property with text holds, if any."""
    if name == "reason":
        return _REASONS.get(parent.get("kind"))
    if name == "lot":
        return CodeKind.LOT if product else None
    return _ONE.get(name)


def _product_of(value):
    product = value.get("product")
    return product.get("code", "") if isinstance(product, dict) else product
