"""The plant's own books: a pure fold over the events of an order that count; whether one counts is decided outside."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from .messages import Event, EventType, Tracking, number
from .release import Release, share

Amounts = defaultdict[str, Decimal]
LotAmounts = defaultdict[str, Amounts]


def _amounts() -> Amounts:
    return defaultdict(Decimal)


def _lot_amounts() -> LotAmounts:
    return defaultdict(_amounts)


@dataclass
class Books:
    """What one order used and made, by product and lot (``""`` where there is none).

    ``minutes`` are by operation as the work order counts them, ``work_centers`` the same by where they were spent,
    ``times`` of people by operation and operator; ``rework`` are pieces worked twice.
    """

    completed: bool = False
    consumed: LotAmounts = field(default_factory=_lot_amounts)
    received: LotAmounts = field(default_factory=_lot_amounts)
    scrapped: LotAmounts = field(default_factory=_lot_amounts)
    minutes: Amounts = field(default_factory=_amounts)
    work_centers: Amounts = field(default_factory=_amounts)
    times: LotAmounts = field(default_factory=_lot_amounts)
    good: Decimal = Decimal(0)
    scrap: Decimal = Decimal(0)
    rework: Amounts = field(default_factory=_amounts)
    genealogy: list[dict[str, Any]] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Piece:
    """A product quantity of one lot, as an event item names it; ``uom`` as sent."""

    product: str
    lot: str
    quantity: Decimal
    uom: str


def keep_books(events: Iterable[Event], release: Release | None) -> dict[str, Any]:
    """Fold the unique events of one order, in the order of their sequence, into its ledger entry (JSON).

    What was undone counts as if it had never been said. Where a confirmation names the pieces it made, confirmations
    are what receives them, and reports say them once more.
    """
    in_turn = sorted(events, key=_turn)
    undone = {event["data"].get("reverses") for event in in_turn if event["type"] == EventType.POSTING_REVERSED}
    clerk = _Clerk(release, any(map(_is_receipt, in_turn)))
    for event in in_turn:
        if event["id"] not in undone:
            clerk.enter(event)
    return clerk.entry()


def _turn(event: Event) -> tuple[bool, int]:
    """Numbered events first and by number; Python's sort keeps the others as they were sent."""
    try:
        return False, int(event["sequence"])
    except (KeyError, TypeError, ValueError):
        return True, 0


def _is_receipt(event: Event) -> bool:
    """Whether this is a confirmation that says of which lot or serial numbers its pieces are."""
    data = event["data"]
    return event["type"] == EventType.OPERATION_CONFIRMED and isinstance(data, dict) and _names_pieces(data)


def _names_pieces(data: dict[str, Any]) -> bool:
    return "lot" in data or "serials" in data


class _Clerk:
    """Applies one event after the other to the books."""

    def __init__(self, release: Release | None, is_by_confirmation: bool) -> None:
        self._release = release
        self._is_by_confirmation = is_by_confirmation
        self._books = Books()
        self._unlinked = _lot_amounts()
        self._unlinked_work = _amounts()
        self._confirmed: defaultdict[str, set[str]] = defaultdict(set)

    def enter(self, event: Event) -> None:
        """Book one event; one that cannot be read (raw input of a test) is named and changes nothing."""
        try:
            self._enter(event["type"], event["data"])
        except (KeyError, TypeError, ValueError, AttributeError, InvalidOperation):
            self._books.unreadable.append(str(event.get("id")))

    def _enter(self, type_: str, data: dict[str, Any]) -> None:
        if type_ == EventType.MATERIAL_CONSUMED:
            self._consume(pieces_of(data["items"]))
        elif type_ == EventType.MATERIAL_RETURNED:
            self._take_back(pieces_of(data["items"]))
        elif type_ == EventType.PRODUCTION_REPORTED:
            self._report(pieces_of(data["items"]))
        elif type_ == EventType.SCRAP_REPORTED:
            self._scrap(pieces_of([data]))
        elif type_ == EventType.OPERATION_CONFIRMED:
            self._confirm(data)
        elif type_ == EventType.LABOR_REPORTED:
            self._labour(data)
        elif type_ == EventType.ORDER_COMPLETED:
            self._books.completed = True

    def _consume(self, pieces: list[Piece]) -> None:
        for piece in pieces:
            self._books.consumed[piece.product][piece.lot] += piece.quantity
            self._unlinked[piece.product][piece.lot] += piece.quantity

    def _take_back(self, pieces: list[Piece]) -> None:
        """What came back is in no piece that is made from now on."""
        for piece in pieces:
            self._books.consumed[piece.product][piece.lot] -= piece.quantity
            self._unlinked[piece.product][piece.lot] -= piece.quantity

    def _confirm(self, data: dict[str, Any]) -> None:
        operation, booked = data["operation"], _booked(data["minutes"])
        people, labour = data.get("operators") or [], _decimal(data["minutes"].get("labor", 0))
        self._books.minutes[operation] += booked
        for centers in (self._books.work_centers, self._unlinked_work):
            centers[data["work_center"]] += booked
        for person in people:
            self._books.times[operation][person] += labour / len(people) if labour else booked
        self._confirmed[operation].update(people)
        if "rework" in data:
            self._books.rework[operation] += _decimal(data["rework"]["value"])
        if _names_pieces(data) and self._release is not None:
            self._receive(pieces_of([{**data, "product": self._release.product, "quantity": data["good"]}]))

    def _labour(self, data: dict[str, Any]) -> None:
        """The time of a person whom no confirmation of the operation names."""
        if data["operator"] not in self._confirmed[data["operation"]]:
            lasted = datetime.fromisoformat(data["to"]) - datetime.fromisoformat(data["from"])
            self._books.times[data["operation"]][data["operator"]] += Decimal(lasted.total_seconds()) / 60

    def _report(self, pieces: list[Piece]) -> None:
        if self._is_by_confirmation:
            pieces = [piece for piece in pieces if not self._is_finished(piece.product)]
        if pieces:
            self._receive(pieces)

    def _receive(self, pieces: list[Piece]) -> None:
        consumed, self._unlinked = _nested(self._unlinked), _lot_amounts()
        work, self._unlinked_work = _flat(self._unlinked_work), _amounts()
        for piece in pieces:
            self._books.received[piece.product][piece.lot] += piece.quantity
            if self._is_finished(piece.product):
                self._books.good += piece.quantity
            self._books.genealogy.append(
                {
                    "product": piece.product,
                    "lot": piece.lot,
                    "quantity": number(piece.quantity),
                    "consumed": consumed,
                    "work_centers": work,
                }
            )

    def _scrap(self, pieces: list[Piece]) -> None:
        for piece in pieces:
            self._books.scrapped[piece.product][piece.lot] += piece.quantity
            if self._is_made(piece.product):
                # What the order makes is received before it can be scrapped from stock.
                self._books.received[piece.product][piece.lot] += piece.quantity
            if self._is_finished(piece.product):
                self._books.scrap += piece.quantity

    def _is_made(self, product: str) -> bool:
        by_products = self._release.by_products if self._release else ()
        return self._is_finished(product) or any(product == line.product for line in by_products)

    def _is_finished(self, product: str) -> bool:
        return self._release is not None and product == self._release.product

    def _backflushed(self) -> dict[str, Any]:
        if self._release is None or not self._books.completed:
            return {}
        pieces = self._books.good + self._books.scrap
        taken = _amounts()
        for line in self._release.components:
            if line.tracking is Tracking.NONE and line.product not in self._books.consumed:
                taken[line.product] += share(line, pieces, self._release.quantity)
        return _flat(taken)

    def _reserved(self) -> dict[str, Any]:
        """What the ERP should still keep for the order, as far as the release told and reports have not used it up."""
        if self._release is None or self._books.completed:
            return {}
        rest = _amounts()
        for line in self._release.components:
            rest[line.product] += line.quantity
        for product, lots in self._books.consumed.items():
            rest[product] -= sum(lots.values())
        return {product: number(quantity) for product, quantity in rest.items() if quantity > 0}

    def entry(self) -> dict[str, Any]:
        books = self._books
        return {
            "completed": books.completed,
            "consumed": _nested(books.consumed),
            "received": _nested(books.received),
            "scrapped": _nested(books.scrapped),
            "backflushed": self._backflushed(),
            "minutes": _flat(books.minutes),
            "work_centers": _flat(books.work_centers),
            "times": _nested(books.times),
            "rework": _flat(books.rework),
            "reserved": self._reserved(),
            "good": number(books.good),
            "scrap": number(books.scrap),
            "genealogy": books.genealogy,
            "unreadable": books.unreadable,
        }


def pieces_of(items: list[dict[str, Any]]) -> list[Piece]:
    """What the items of an event name, serial number by serial number; raises for one that cannot be read."""
    pieces = []
    for item in items:
        quantity, uom = _decimal(item["quantity"]["value"]), _code(item["quantity"]["uom"])
        serials = item.get("serials") or []
        if serials:
            share = quantity / len(serials)
            pieces += [Piece(_code(item["product"]), _code(serial), share, uom) for serial in serials]
        else:
            pieces.append(Piece(_code(item["product"]), _code(item.get("lot", "")), quantity, uom))
    return pieces


def _booked(minutes: dict[str, Any]) -> Decimal:
    """Work order time: setup and machine minutes; labour only when neither is given."""
    if "setup" in minutes or "machine" in minutes:
        return _decimal(minutes.get("setup", 0)) + _decimal(minutes.get("machine", 0))
    return _decimal(minutes.get("labor", 0))


def _code(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a code")
    return value


def _decimal(value: Any) -> Decimal:
    result = Decimal(str(value))
    if not result.is_finite():
        raise ValueError(f"{value!r} is not a quantity")
    return result


def _flat(amounts: Amounts) -> dict[str, Any]:
    return {key: number(value) for key, value in amounts.items()}


def _nested(amounts: LotAmounts) -> dict[str, Any]:
    """Without what came back whole."""
    left = {product: {lot: number(value) for lot, value in lots.items() if value} for product, lots in amounts.items()}
    return {product: lots for product, lots in left.items() if lots}
