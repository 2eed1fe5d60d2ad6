"""Compares what the virtual plant says it did with what Odoo booked, read over the public API; the plant's ledger is
the yardstick.

Quantities must be equal (to a millionth of a unit, which is beyond every rounding of Odoo), times to a second per
booking.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from tools.stack.rpc import Rpc

QUANTITY_TOLERANCE = 1e-6
MINUTES_TOLERANCE = 2 / 60  # Odoo keeps whole seconds at both ends of a booking

Amounts = dict[tuple[str, str], float]


@dataclass
class Booking:
    """What one side knows of an order. Keys are (product, lot), with "" for no lot; genealogy is by finished lot,
    `people` are minutes by (operation, operator).
    """

    closed: bool = False
    consumed: Amounts = field(default_factory=dict)
    received: Amounts = field(default_factory=dict)
    scrapped: Amounts = field(default_factory=dict)
    minutes: dict[str, float] = field(default_factory=dict)
    people: dict[tuple[str, str], float] = field(default_factory=dict)
    good: float = 0.0
    scrap: float = 0.0
    genealogy: dict[tuple[str, str], Amounts] = field(default_factory=dict)


def ledger_booking(entry: dict[str, Any]) -> Booking:
    """The plant's side: one entry of its ledger."""
    consumed = _flat(entry["consumed"])
    for product, quantity in entry["backflushed"].items():
        consumed[product, ""] = consumed.get((product, ""), 0.0) + quantity
    genealogy: dict[tuple[str, str], Amounts] = defaultdict(dict)
    for made in entry["genealogy"]:
        _add(genealogy[made["product"], made["lot"]], _flat(made["consumed"]))
    return Booking(
        entry["completed"],
        consumed,
        _flat(entry["received"]),
        _flat(entry["scrapped"]),
        dict(entry["minutes"]),
        _flat(entry["times"]),
        entry["good"],
        entry["scrap"],
        dict(genealogy),
    )


def odoo_booking(rpc: Rpc, order: str) -> Booking:
    """Odoo's side of the order with this name: done moves, scraps, work order times, phase. Raises LookupError without
    one.
    """
    found = rpc.read(
        "mrp.production",
        [["name", "=", order]],
        ["mes_phase", "state", "move_raw_ids", "move_finished_ids", "mes_qty_good", "mes_qty_scrapped"],
    )
    if not found:
        raise LookupError(f"no order {order}")
    row = found[0]
    raw = _net_lines(rpc, row["move_raw_ids"])
    finished = _net_lines(rpc, row["move_finished_ids"])
    scraps = rpc.read(
        "stock.scrap",
        [["production_id", "=", row["id"]], ["state", "=", "done"]],
        ["product_id", "lot_id", "scrap_qty"],
    )
    work = rpc.read("mrp.workorder", [["production_id", "=", row["id"]]], ["mes_operation", "duration", "time_ids"])
    codes = _codes(rpc, [*raw, *finished, *scraps])
    lines = {line["id"]: line for line in raw}
    genealogy: dict[tuple[str, str], Amounts] = defaultdict(dict)
    for line in finished:
        linked = [lines[one] for one in line["consume_line_ids"] if one in lines]
        _add(genealogy[_key(line, codes)], _amounts(linked, "quantity_product_uom", codes))
    return Booking(
        closed=row["mes_phase"] == "posted" and row["state"] == "done",
        consumed=_amounts(raw, "quantity_product_uom", codes),
        received=_amounts(finished, "quantity_product_uom", codes),
        scrapped=_amounts(scraps, "scrap_qty", codes),
        minutes={one["mes_operation"]: one["duration"] for one in work},
        people=_people(rpc, work),
        good=row["mes_qty_good"],
        scrap=row["mes_qty_scrapped"],
        genealogy=dict(genealogy),
    )


def differences(order: str, plant: Booking, odoo: Booking) -> list[str]:
    """Sentences on what is not equal; empty when both sides agree."""
    found = []
    if plant.closed != odoo.closed:
        found.append(f"{order}: completed in the plant: {plant.closed}, closed in Odoo: {odoo.closed}")
    for what in ("consumed", "received", "scrapped"):
        found += _unequal(f"{order} {what}", getattr(plant, what), getattr(odoo, what), QUANTITY_TOLERANCE)
    found += _unequal(f"{order} minutes of operation", plant.minutes, odoo.minutes, MINUTES_TOLERANCE)
    several = MINUTES_TOLERANCE * max(len(plant.genealogy), 1)
    found += _unequal(f"{order} minutes of people", plant.people, odoo.people, several)
    found += _unequal(
        f"{order} pieces",
        {"good": plant.good, "scrap": plant.scrap},
        {"good": odoo.good, "scrap": odoo.scrap},
        QUANTITY_TOLERANCE,
    )
    for lot, used in plant.genealogy.items():
        # What is backflushed at the end belongs to no report, so only what the plant named is compared.
        linked = {key: value for key, value in odoo.genealogy.get(lot, {}).items() if key[1]}
        found += _unequal(f"{order} {'/'.join(lot)} made of", used, linked, QUANTITY_TOLERANCE)
    return found


def compare_orders(rpc: Rpc, ledger: dict[str, dict], orders: Iterable[str]) -> list[str]:
    """Compares the named orders; an order that one side lacks is a difference."""
    found = []
    for order in orders:
        if order not in ledger:
            found.append(f"{order}: the plant has no entry for it")
        else:
            found += differences(order, ledger_booking(ledger[order]), odoo_booking(rpc, order))
    return found


def compare_stops(rpc: Rpc, stops: dict[str, dict]) -> list[str]:
    """Compares the plant's stops, by name, with the downtimes that have these names; times to the second."""
    fields = ["name", "workcenter_id", "started_at", "ended_at"]
    booked = rpc.read("mes.downtime", [["name", "in", list(stops)]], fields)
    centers = {one["id"]: one["code"] for one in rpc.read("mrp.workcenter", [], ["code"])}
    known = {
        one["name"]: (centers[one["workcenter_id"][0]], one["started_at"] or "", one["ended_at"] or "")
        for one in booked
    }
    told = {
        name: (stop["work_center"], *(_odoo_time(stop[side]) if side in stop else "" for side in ("from", "to")))
        for name, stop in stops.items()
    }
    unequal = [name for name in told if told[name] != known.get(name)]
    return [f"stop {name}: plant {told[name]}, Odoo {known.get(name)}" for name in unequal]


def read_stock(rpc: Rpc, location: int) -> Amounts:
    """On-hand quantities of a plant's stock location and what is below it, by product and lot."""
    domain = [["location_id", "child_of", location], ["quantity", "!=", 0]]
    rows = rpc.read("stock.quant", domain, ["product_id", "lot_id", "quantity"])
    return _amounts(rows, "quantity", _codes(rpc, rows))


def compare_stock(plant: str, before: Amounts, after: Amounts, entries: Iterable[dict]) -> list[str]:
    """Stock before, less and plus what the plant's ledger says, must be the stock after."""
    expected = dict(before)
    for booking in map(ledger_booking, entries):
        _add(expected, booking.received)
        for amounts in (booking.consumed, booking.scrapped):
            _add(expected, {key: -value for key, value in amounts.items()})
    return _unequal(f"stock of {plant}", expected, after, QUANTITY_TOLERANCE)


def _unequal(what: str, plant: dict, odoo: dict, tolerance: float) -> list[str]:
    keys = sorted({*plant, *odoo})
    pairs = [(key, plant.get(key, 0.0), odoo.get(key, 0.0)) for key in keys]
    return [
        f"{what} {key if isinstance(key, str) else '/'.join(filter(None, key))}: plant {ours:g}, Odoo {theirs:g}"
        for key, ours, theirs in pairs
        if abs(ours - theirs) > tolerance
    ]


def _flat(by_product: dict[str, dict[str, float]]) -> Amounts:
    return {(product, lot): quantity for product, lots in by_product.items() for lot, quantity in lots.items()}


def _add(total: Amounts, more: Amounts) -> None:
    for key, quantity in more.items():
        total[key] = total.get(key, 0.0) + quantity


def _odoo_time(moment: str) -> str:
    """A moment as Odoo's API writes it: UTC, whole seconds."""
    return datetime.fromisoformat(moment).astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M:%S")


def _people(rpc: Rpc, work: list[dict]) -> dict[tuple[str, str], float]:
    """Minutes on work orders by (operation, operator); those of nobody in particular are left out."""
    operations = {log: one["mes_operation"] for one in work for log in one["time_ids"]}
    domain = [["id", "in", list(operations)], ["user_id", "!=", False]]
    logs = rpc.read("mrp.workcenter.productivity", domain, ["user_id", "duration"])
    codes = {one["id"]: one["mes_operator_code"] for one in rpc.read("res.users", [], ["mes_operator_code"])}
    total: dict[tuple[str, str], float] = defaultdict(float)
    for log in logs:
        total[operations[log["id"]], codes[log["user_id"][0]] or log["user_id"][1]] += log["duration"]
    return dict(total)


def _net_lines(rpc: Rpc, moves: list[int]) -> list[dict]:
    """Done lines of moves, each less what counter-moves took back of its lot; what is gone whole is left out."""
    back = rpc.read(
        "stock.move", [["origin_returned_move_id", "in", moves], ["state", "=", "done"]], ["origin_returned_move_id"]
    )
    origins = {move["id"]: move["origin_returned_move_id"][0] for move in back}
    taken: dict[tuple, float] = defaultdict(float)
    for line in _done_lines(rpc, list(origins)):
        taken[origins[line["move_id"][0]], line["lot_id"] and line["lot_id"][0]] += line["quantity_product_uom"]
    lines = _done_lines(rpc, moves)
    for line in lines:
        line["quantity_product_uom"] -= taken[line["move_id"][0], line["lot_id"] and line["lot_id"][0]]
    return [line for line in lines if abs(line["quantity_product_uom"]) > QUANTITY_TOLERANCE]


def _done_lines(rpc: Rpc, moves: list[int]) -> list[dict]:
    domain = [["move_id", "in", moves], ["state", "=", "done"]]
    fields = ["move_id", "product_id", "lot_id", "quantity_product_uom", "consume_line_ids"]
    return rpc.read("stock.move.line", domain, fields)


def _codes(rpc: Rpc, rows: list[dict]) -> dict[int, str]:
    products = sorted({row["product_id"][0] for row in rows})
    return {
        one["id"]: one["default_code"]
        for one in rpc.read("product.product", [["id", "in", products]], ["default_code"])
    }


def _key(row: dict, codes: dict[int, str]) -> tuple[str, str]:
    return codes[row["product_id"][0]], row["lot_id"][1] if row["lot_id"] else ""


def _amounts(rows: list[dict], quantity: str, codes: dict[int, str]) -> Amounts:
    total: Amounts = {}
    for row in rows:
        _add(total, {_key(row, codes): row[quantity]})
    return total
