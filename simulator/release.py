"""The released order as the plant understands it; reading only, no decision about how to produce it."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from .messages import EnvelopeFault, Event, Tracking

# A plant weighs and counts to a hundredth, which is also Odoo's usual precision of quantities.
SCALE = Decimal("0.01")
FINEST = Decimal("0.000001")


@dataclass(frozen=True)
class LotStock:
    """A lot set aside for the order, and how much of it."""

    lot: str
    quantity: Decimal


@dataclass(frozen=True)
class Line:
    """A component or by-product: ``quantity`` is for the whole order, in ``uom``."""

    product: str
    tracking: Tracking
    quantity: Decimal
    uom: str
    operation: str | None
    lots: tuple[LotStock, ...] = ()


@dataclass(frozen=True)
class Operation:
    """A step of the routing; ``minutes`` is expected for the whole order."""

    code: str
    work_center: str
    minutes: Decimal


@dataclass(frozen=True)
class Release:
    """One revision of an order, as `mes.order.released.v1` carries it."""

    event_id: str
    order: str
    revision: int
    plant: str
    product: str
    tracking: Tracking
    quantity: Decimal
    uom: str
    operations: tuple[Operation, ...]
    components: tuple[Line, ...]
    by_products: tuple[Line, ...]


def read_release(event: Event) -> Release:
    """Read a release event; raises EnvelopeFault when it is not one this plant can produce."""
    try:
        return _release(event["id"], event["data"])
    except KeyError as missing:
        raise EnvelopeFault(f"the release lacks {missing}") from missing
    except (TypeError, ValueError, AttributeError, InvalidOperation) as fault:
        raise EnvelopeFault(f"the release cannot be read: {fault}") from fault


def share(line: Line, pieces: Decimal, planned: Decimal) -> Decimal:
    """How much of ``line`` belongs to ``pieces`` of ``planned``, rounded to what the plant can measure."""
    if line.tracking is Tracking.SERIAL:
        unit = Decimal(1)
    else:
        unit = max(FINEST, min(SCALE, Decimal(1).scaleb(line.quantity.normalize().as_tuple().exponent)))
    return (line.quantity * pieces / planned).quantize(unit, ROUND_HALF_UP)


def _release(event_id: str, data: dict[str, Any]) -> Release:
    product = data["product"]
    quantity = _decimal(data["quantity"]["value"])
    if quantity <= 0:
        raise EnvelopeFault("the released quantity is not positive")
    return Release(
        event_id=event_id,
        order=_text(data["order"]),
        revision=int(data["revision"]),
        plant=_text(data["plant"]),
        product=_text(product["code"]),
        tracking=Tracking(product.get("tracking", Tracking.NONE)),
        quantity=quantity,
        uom=_text(data["quantity"]["uom"]),
        operations=tuple(_operation(item) for item in data.get("operations") or ()),
        components=tuple(_line(item) for item in data.get("components") or ()),
        by_products=tuple(_line(item) for item in data.get("by_products") or ()),
    )


def _operation(item: dict[str, Any]) -> Operation:
    minutes = _decimal(item.get("duration_minutes") or 0)
    return Operation(_text(item["operation"]), _text(item["work_center"]), minutes)


def _line(item: dict[str, Any]) -> Line:
    return Line(
        product=_text(item["product"]),
        tracking=Tracking(item.get("tracking", Tracking.NONE)),
        quantity=_decimal(item["quantity"]["value"]),
        uom=_text(item["quantity"]["uom"]),
        operation=item.get("operation"),
        lots=tuple(LotStock(_text(lot["lot"]), _decimal(lot["quantity"])) for lot in item.get("lots") or ()),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise EnvelopeFault(f"{value!r} is not a code")
    return value


def _decimal(value: Any) -> Decimal:
    # By way of str, so that 0.1 stays a tenth.
    result = Decimal(str(value))
    if not result.is_finite() or result < 0:
        raise EnvelopeFault(f"{value!r} is not a quantity")
    return result
