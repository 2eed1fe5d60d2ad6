"""What Odoo holds of orders when all is over, read over the public API and written as lines, so that runs can be
compared: names that differ between the runs of a stream are replaced, ids and the clock of Odoo left out.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from tools.stack.rpc import Rpc

from .play import Played
from .world import Run

#: Lines of one run by what they are about.
End = dict[str, list[str]]
#: (order id, what it is about, line)
Line = tuple[int, str, str]

ORDER = ["mes_phase", "state", "qty_produced", "qty_producing", "mes_qty_good", "mes_qty_scrapped"]
ORDER += ["mes_acknowledged_at", "mes_revision", "mes_held_from", "is_locked"]
COMPONENT, PRODUCT = "raw_material_production_id", "production_id"
MOVE = ["product_id", "state", "quantity", "product_uom_qty", "location_id", "location_dest_id", "operation_id"]
VALUE = ["price_unit", "value"]
MOVE_LINE = ["product_id", "lot_id", "quantity", "location_id", "location_dest_id", "state"]
MADE_OF = "consume_line_ids"
LOT = ["product_id", "name", "product_qty", "avg_cost"]
QUANT = ["product_id", "lot_id", "quantity", "reserved_quantity"]
SCRAP = ["product_id", "lot_id", "scrap_qty", "state", "scrap_reason_tag_ids"]
WORK = ["mes_operation", "state", "qty_produced", "mes_qty_scrapped", "duration", "date_start", "date_finished"]
LOG = ["date_start", "date_end", "duration", "loss_id"]
PHASES = ["event", "from_phase", "to_phase", "note"]
INBOX = ["event_type", "state", "code", "case_id", "answer_outcome"]
#: What an announcement says of the clock of Odoo.
CLOCK = {"posted_at"}


class Reader:
    """Reads the ends of runs; everything of all of them in a few calls."""

    def __init__(self, rpc: Rpc):
        self._rpc = rpc
        self._codes = {one["id"]: one["default_code"] for one in rpc.read("product.product", [], ["default_code"])}

    def read(self, played: list[Played]) -> list[End]:
        """The end of each run."""
        runs = {one.run.order_id: one.run for one in played}
        ids = list(runs)
        found = [self._orders(ids), self._stock(ids), self._scraps(ids), self._work(ids), self._phases(ids)]
        found += [self._quants(played), self._answers(played), self._announcements(ids)]
        ends: dict[int, End] = {order: defaultdict(list) for order in runs}
        for lines in found:
            for order, section, line in lines:
                ends[order][section].append(_plain(line, runs[order]))
        return [ends[order] for order in ids]

    # -- the order -----------------------------------------------------------------------------------------------

    def _orders(self, ids: list[int]) -> Iterator[Line]:
        for row in self._of("mrp.production", "id", ids, ORDER):
            yield row["id"], "order", self._text(row, ORDER)

    def _work(self, ids: list[int]) -> Iterator[Line]:
        operations = {}
        for row in self._of("mrp.workorder", "production_id", ids, ["production_id", *WORK]):
            operations[row["id"]] = row
            yield row["production_id"][0], "work order", self._text(row, WORK)
        for row in self._of("mrp.workcenter.productivity", "workorder_id", operations, ["workorder_id", *LOG]):
            operation = operations[row["workorder_id"][0]]
            yield operation["production_id"][0], "time log", f"{operation['mes_operation']} {self._text(row, LOG)}"

    def _phases(self, ids: list[int]) -> Iterator[Line]:
        place: defaultdict[int, int] = defaultdict(int)
        for row in self._of("mes.order.transition", "production_id", ids, ["production_id", *PHASES]):
            order = row["production_id"][0]
            place[order] += 1
            yield order, "phase log", f"{place[order]:03} {self._text(row, PHASES)}"

    # -- stock ---------------------------------------------------------------------------------------------------

    def _stock(self, ids: list[int]) -> Iterator[Line]:
        """Moves, their lines, what each finished line is made of, and its lots."""
        moves = {}
        for field in (COMPONENT, PRODUCT):
            for row in self._of("stock.move", field, ids, [field, *MOVE, *VALUE]):
                moves[row["id"]] = row[field][0], field
                # A move that was not done has no value, whatever it says: it is split from one that was.
                told = [*MOVE, *VALUE] if row["state"] == "done" else MOVE
                yield row[field][0], "move", f"{field.split('_')[0]} {self._text(row, told)}"
        fields = ["move_id", *MOVE_LINE, MADE_OF]
        lines = {row["id"]: row for row in self._of("stock.move.line", "move_id", moves, fields)}
        lots = {}
        for row in lines.values():
            order, field = moves[row["move_id"][0]]
            yield order, "move line", self._text(row, MOVE_LINE)
            if field == PRODUCT:
                parts = sorted(self._part(lines.get(one)) for one in row[MADE_OF])
                yield order, "made of", f"{self._part(row)} <- {', '.join(parts)}"
                if row["lot_id"]:
                    lots[row["lot_id"][0]] = order
        for row in self._of("stock.lot", "id", lots, LOT):
            yield lots[row["id"]], "lot", self._text(row, LOT)

    def _part(self, line: dict | None) -> str:
        """A move line as part of another; None is one of another order, which must not be."""
        return self._text(line, MOVE_LINE[:3]) if line else "a line of another order"

    def _quants(self, played: list[Played]) -> Iterator[Line]:
        orders = {one.run.location: one.run.order_id for one in played}
        for row in self._of("stock.quant", "location_id", orders, ["location_id", *QUANT]):
            # Odoo removes empty ones when it comes to it.
            if row["quantity"] or row["reserved_quantity"]:
                yield orders[row["location_id"][0]], "quant", self._text(row, QUANT)

    def _scraps(self, ids: list[int]) -> Iterator[Line]:
        for row in self._of("stock.scrap", "production_id", ids, ["production_id", *SCRAP]):
            yield row["production_id"][0], "scrap", self._text(row, SCRAP)

    # -- messages ------------------------------------------------------------------------------------------------

    def _answers(self, played: list[Played]) -> Iterator[Line]:
        """What each event has come to, by its place in the stream, with the answers to it."""
        orders = {one.run.order: one.run.order_id for one in played}
        places = {event["id"]: place for one in played for place, event in enumerate(one.events, 1)}
        rows = self._of("mes.inbox.message", "ordering_key", orders, ["event_id", "ordering_key", *INBOX])
        answers = defaultdict(list)
        fields = ["answers_id", "payload"]
        for answer in self._of("mes.outbox.message", "answers_id", [row["id"] for row in rows], fields):
            answers[answer["answers_id"][0]].append(_answer(json.loads(answer["payload"])))
        for row in rows:
            heard = " | ".join(answers[row["id"]]) or "no answer"
            line = f"{places[row['event_id']]:03} {self._text(row, INBOX)} : {heard}"
            yield orders[row["ordering_key"]], "answer", line

    def _announcements(self, ids: list[int]) -> Iterator[Line]:
        for row in self._of("mes.outbox.message", "production_id", ids, ["production_id", "answers_id", "payload"]):
            event = json.loads(row["payload"])
            said = {name: value for name, value in event["data"].items() if name not in CLOCK}
            # The release was made before any event of the plant.
            if not row["answers_id"] and not event["type"].startswith("mes.order.released."):
                text = f"{event['type']} {json.dumps(said, sort_keys=True)}"
                yield row["production_id"][0], "announcement", text

    # -- shared --------------------------------------------------------------------------------------------------

    def _of(self, model: str, field: str, values: Iterable, fields: list[str]) -> list[dict]:
        """Records whose field is one of the values, the oldest first."""
        return self._rpc.read(model, [[field, "in", list(values)]], fields, order="id")

    def _text(self, row: dict, fields: Iterable[str]) -> str:
        return " ".join(self._word(name, row[name]) for name in fields)

    def _word(self, name: str, value: Any) -> str:
        if name == "product_id":
            return self._codes[value[0]]
        if isinstance(value, float):
            return f"{name} {round(value, 4) + 0.0:g}"
        if isinstance(value, list):
            return f"{name} {value[1] if name.endswith('_id') else len(value)}"
        return f"{name} {value or '-'}"


def _answer(event: dict[str, Any]) -> str:
    """An answer as its receiver reads it, without the names of the records behind it."""
    data = event["data"]
    return f"{event['type']} {data['code']} [{', '.join(sorted(map(_effect, data['effects'])))}]"


def _effect(effect: dict[str, Any]) -> str:
    quantity = effect.get("quantity", {"value": 0, "uom": ""})
    said = (effect["kind"], effect.get("product"), effect.get("lot"), round(quantity["value"], 4), quantity["uom"])
    return " ".join(str(one) for one in said if one)


def _plain(line: str, run: Run) -> str:
    """The line with the run's own names replaced."""
    for name in (run.order, run.order.replace("/", "-")):
        line = line.replace(name, "ORDER")
    return line.replace(run.name, "RUN")
