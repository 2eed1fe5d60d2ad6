"""Reads the books of orders for reconciliation: what messages said and what effects prove; judges nothing.

What the records hold is read in mes_books_held.py. Each book is one read, whatever the number of orders and messages.
"""

from collections.abc import Hashable
from dataclasses import dataclass, replace
from datetime import timezone

from odoo import api, models

from ..core.envelope import parse_time
from ..core.postings import Posting
from ..core.statements import CREW, KEPT, LABOR, MAIN_KINDS, MINUTES, PIECES, TIME, TIMES, statements
from ..core.states import EffectKind, InboxState, ReportKind
from .mrp_workorder import PIECES as PIECES_OF

#: Effects whose record is a stock move line.
MOVED = frozenset({*(kind.value for kind in ReportKind), EffectKind.ESTIMATED.value})
#: The kind of line of each field in which a work order counts pieces.
COUNTERS = {name: kind for kind, (name, sign) in PIECES_OF.items() if sign > 0}
#: What messages say of the pieces of work orders.
COUNTED = frozenset(PIECES.values())
COMPLETED = "mes.order.completed.v1"
LINE, BOOKING, WORKORDER = "stock.move.line", "mes.booking", "mrp.workorder"


@dataclass(frozen=True)
class Evidence:
    """What the records hold: the lines, the move of each stock move line, the messages whose labor must have a log.

    ``free`` are the keys of records that need no proof of a message.
    """

    lines: list[Posting]
    moves: dict[int, int]
    labor: set[int]
    free: set[Hashable]

    @property
    def records(self) -> set[Hashable]:
        """The keys of all records."""
        return {line.record for line in self.lines}


class MesBooks(models.AbstractModel):
    _name = "mes.books"
    _description = "Books of Orders"

    @api.model
    def _read_all(self, orders):
        """What was told, is proven and is held of ``orders``.

        :return: three lists of core ``Posting``; messages, orders and proofs are ids of rows
        """
        self.env.flush_all()
        messages, effects = self._messages(orders), self._effects(orders)
        sayings = {message.id: list(self._sayings(message)) for message in messages if message.payload}
        evidence = self._held(orders, effects)
        told = self._told(messages, sayings, effects)
        confirmed = effects.filtered(lambda one: one.kind == TIME and one.quantity and not one.reversed_by_ids)
        followed, intervals = self._followed(orders, set(confirmed.mapped("res_id")))
        evidence.lines.extend(intervals)
        proven = self._proven(effects, sayings, evidence) + followed + self._scrapped_by_hand(orders)
        known = {line.record for line in proven} | {("log", one.id, CREW) for one in messages if not one.payload}
        return (
            told,
            proven,
            [line for line in evidence.lines if line.record in known or line.record not in evidence.free],
        )

    # -- what messages said ------------------------------------------------------------------------------------------

    def _messages(self, orders):
        """The applied messages of ``orders``; those that found everything done already had no effect."""
        return self.env["mes.inbox.message"].search_fetch(
            [
                ("production_id", "in", orders.ids),
                ("state", "=", InboxState.DONE.value),
                ("code", "=", "accepted"),
                # What was taken in once more is told by its repetition.
                ("replay_ids", "=", False),
            ],
            ["event_type", "event_id", "event_time", "payload", "production_id", "company_id", "system_id", "plant_id"],
            order="id",
        )

    def _sayings(self, message):
        return statements(message.event_type, message._envelope().data)

    def _told(self, messages, sayings, effects):
        kept = {one.inbox_id.id for one in effects if one.kind in KEPT}
        undone = effects.reverses_id.inbox_id
        read = self._read([(message, one) for message in messages for one in sayings.get(message.id, ())])
        told = []
        for message in messages:
            lines = self._told_by(message, read.get(message.id, ()), message in undone)
            told += lines if message.id in kept else self._with_receipts(message, lines)
        return told

    def _read(self, said):
        """``{message id: statements}`` in Odoo's codes, each as of its event; without those that cannot be read.

        :param said: pairs of a message and a statement
        """
        scopes = {message: message._code_scope() for message, _one in said}
        company = said[0][0].company_id if said else self.env.company
        read = self.env["mes.resolver"]._read_statements(company, [(scopes[message], one) for message, one in said])
        found = {}
        for (message, _one), meant in zip(said, read, strict=True):
            if meant:
                # Without a code that can be read, proof and record are compared all the same.
                found.setdefault(message.id, []).append(meant)
        return found

    def _told_by(self, message, said, is_undone):
        some = Posting(message.production_id.id, "", at=self._second(message.event_time), message=message.id)
        lines, unit = [some], message.production_id.product_uom_id.unece_code
        for one in said:
            line = replace(some, kind=one.kind, product=one.product, lot=one.lot, quantity=one.quantity)
            if one.kind in TIMES:
                line = replace(line, operation=one.operation)
            if one.kind not in COUNTED:
                lines.append(line)
            elif one.uom == unit and not is_undone:
                # What is undone is in no sum any more; in another unit, proof and sum are compared all the same.
                lines.append(replace(line, operation=one.operation, is_sum=True))
        return lines

    def _with_receipts(self, message, lines):
        """``lines`` and, since what an order makes is received before it is scrapped, those receipts."""
        scrapped = [line for line in lines if line.kind == ReportKind.SCRAPPED.value]
        if scrapped:
            made = {self._name_of(product) for product in message.production_id.move_finished_ids.product_id}
            lines += [replace(one, kind=ReportKind.RECEIVED.value) for one in scrapped if one.product in made]
        return lines

    @api.model
    def _name_of(self, product):
        """A product as effects name it."""
        return product.default_code or product.display_name or ""

    @api.model
    def _second(self, at):
        return at and at.replace(microsecond=0)

    # -- what effects prove ------------------------------------------------------------------------------------------

    def _effects(self, orders):
        names = ["inbox_id", "production_id", "kind", "product", "lot", "quantity", "uom", "res_model", "res_id"]
        return self.env["mes.effect"].search_fetch(
            [("production_id", "in", orders.ids)], [*names, "reverses_id"], order="id"
        )

    def _proven(self, effects, sayings, evidence):
        """The effects as postings, with the keys of the records they are compared with."""
        reversed_ids, records = set(effects.reverses_id.ids), evidence.records
        operations = self._operations(effects)
        proven = [
            self._with_operation(
                self._posting(effect, self._record_of(effect, effect.id in reversed_ids, evidence, records)),
                operations.get(effect.res_id) if effect.res_model == WORKORDER else None,
                effect.id in reversed_ids,
            )
            for effect in effects
        ]
        ended = {line.message: line for line in proven if line.kind == TIME}
        for message, said in sayings.items():
            # The time of a crew has no effect of its own: the message itself is its proof, as long as it holds.
            for one in said:
                if one.kind == CREW and message in ended:
                    record = ("log", message, CREW) if ended[message].record else None
                    proven.append(replace(ended[message], kind=CREW, quantity=one.quantity, record=record, proof=0))
        return proven

    def _operations(self, effects):
        """``{work order id: its operation}``."""
        ids = {effect.res_id for effect in effects if effect.res_model == WORKORDER}
        return {one.id: one.mes_operation or "" for one in self.env[WORKORDER].browse(ids).exists()}

    def _with_operation(self, line, operation, is_undone):
        """The line of a work order's effect; pieces that count are part of a sum."""
        if operation is None:
            return line
        if line.kind not in PIECES_OF or is_undone:
            return replace(line, operation=operation)
        name, sign = PIECES_OF[line.kind]
        kind = COUNTERS[name]
        return replace(line, kind=kind, quantity=sign * line.quantity, operation=operation, is_sum=True)

    def _posting(self, effect, record):
        message = effect.inbox_id
        line = Posting(
            effect.production_id.id,
            self._kind_of(effect),
            effect.product or "",
            effect.lot or "",
            effect.quantity,
            self._second(message.event_time),
            message.id,
            record,
            effect.id,
        )
        if message.event_type == COMPLETED and effect.kind != EffectKind.ESTIMATED.value:
            # What was kept for completion keeps the day it was reported.
            return replace(line, at=None)
        if line.kind == LABOR:
            return replace(line, at=self._end_of(message))
        return line

    def _kind_of(self, effect):
        """What was kept or noted counts as what its message says of it."""
        if effect.kind not in KEPT:
            return effect.kind
        return MAIN_KINDS.get(effect.inbox_id.event_type, ReportKind.RECEIVED.value)

    def _record_of(self, effect, is_reversed, evidence, records):
        """The key of the record an effect is compared with; None when there is none, or it was taken back."""
        if effect.kind == EffectKind.REVERSED.value:
            # What takes a posted line back is known by the move it goes against.
            move = effect.res_model == LINE and evidence.moves.get(effect.res_id)
            return ("counter", move) if move else None
        if effect.kind in MOVED:
            return (LINE, effect.res_id) if effect.res_model == LINE else None
        if effect.kind == EffectKind.BOOKED.value:
            return (BOOKING, effect.res_id)
        return None if is_reversed else self._log_of(effect, evidence, records)

    def _log_of(self, effect, evidence, records):
        message = effect.inbox_id.id
        if effect.kind == TIME:
            return ("log", message, TIME) if effect.quantity else None
        # Whoever a confirmation names is in its minutes: the log of the labor may be gone, and may come back.
        record = ("log", message, LABOR)
        is_labor = effect.uom == MINUTES and (record in records or message in evidence.labor)
        return record if is_labor else None

    def _end_of(self, message):
        end = message.payload and parse_time(message._envelope().data["to"])
        return end.astimezone(timezone.utc).replace(tzinfo=None, microsecond=0) if end else None
