"""Reads off an event what it says was moved or worked, line by line, in the sender's own codes; resolves none."""

from collections.abc import Iterator
from dataclasses import dataclass

from .envelope import parse_time
from .states import EffectKind, ReportKind, TimeOrigin

#: Kinds of time an event may say, as its effects call them.
TIME, CREW, LABOR = "time", TimeOrigin.CREW.value, TimeOrigin.LABOR.value
#: Time that no message says by itself: it lies between two of them, or is an estimate.
INTERVAL = "interval"
TIMES = frozenset((TIME, CREW, LABOR, INTERVAL))
MINUTES = "MIN"

_ITEMS = {
    "mes.material.consumed.v1": ReportKind.CONSUMED.value,
    "mes.material.returned.v1": ReportKind.RETURNED.value,
    "mes.production.reported.v1": ReportKind.RECEIVED.value,
}
#: The kind an event's lines have where its effect is only kept or noted.
MAIN_KINDS = {**_ITEMS, "mes.scrap.reported.v1": ReportKind.SCRAPPED.value, "mes.labor.reported.v1": LABOR}
#: Pieces of an operation, by what the event calls them; those to be reworked depend on what was there before.
PIECES = {"good": "confirmed", "scrap": "confirmed_scrap"}
KEPT = frozenset({EffectKind.BOOKED.value, EffectKind.NOTED.value})


@dataclass(frozen=True)
class Statement:
    """One line of an event: kind of effect, product and lot as sent, quantity with its unit, operation."""

    kind: str
    product: str = ""
    lot: str = ""
    quantity: float = 0.0
    uom: str = ""
    operation: str = ""


def statements(event_type: str, data: dict) -> Iterator[Statement]:
    """Yield what an event says of quantities, pieces and minutes; nothing for one that says none."""
    operation = data.get("operation", "")
    if event_type in _ITEMS:
        for item in data["items"]:
            yield from _of_item(_ITEMS[event_type], item, operation)
    elif event_type == "mes.scrap.reported.v1":
        yield from _of_item(ReportKind.SCRAPPED.value, data, operation)
    elif event_type == "mes.operation.confirmed.v1":
        yield from _of_minutes(data["minutes"], len(data.get("operators", ())), operation)
        for name, kind in PIECES.items():
            if name in data:
                yield Statement(kind, quantity=data[name]["value"], uom=data[name]["uom"], operation=operation)
    elif event_type == "mes.labor.reported.v1":
        begin, end = parse_time(data["from"]), parse_time(data["to"])
        minutes = round((end - begin).total_seconds() / 60, 2)
        yield Statement(LABOR, quantity=minutes, uom=MINUTES, operation=operation)


def _of_item(kind, item, operation):
    quantity = item["quantity"]
    if "serials" not in item:
        yield Statement(
            kind, item["product"], item.get("lot", ""), quantity["value"], quantity["uom"], operation=operation
        )
        return
    for serial in item["serials"]:
        share = quantity["value"] / len(item["serials"])
        yield Statement(kind, item["product"], serial, share, quantity["uom"], operation=operation)


def _of_minutes(minutes, people, operation):
    """Minutes of the operation itself are setup and machine, or else labor; people are beside the former."""
    own, labor = minutes.get("setup", 0) + minutes.get("machine", 0), minutes.get("labor", 0)
    yield Statement(TIME, quantity=own or labor, uom=MINUTES, operation=operation)
    if own and people:
        yield Statement(CREW, quantity=labor or own * people, uom=MINUTES, operation=operation)
