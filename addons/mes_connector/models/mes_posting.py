"""Posts parts of an order on the same order: exactly the named moves, lots and links; single facts are other files.

Every method that posts takes ``at``, when it happened in the plant, as naive UTC.

Facts (each seen on a running Odoo 19, see docs/adr/0004-own-posting-function.md):
- `_post_inventory` cancels or posts every other move, invents time and overwrites genealogy, so it is not called;
- remaining raw moves come out of a posting `picked`, and reservation skips picked moves;
- a finished move keeps the lot of the increment before unless its lines are written anew.
"""

from dataclasses import dataclass
from typing import Any

from odoo import Command, api, models

from ..core.messages import Effect
from ..core.states import OrderPhase, PostingPolicy, ReportKind
from .stock_move import DATING

CLOSED = ("done", "cancel")
#: Phases in which the plant is done with the order: nothing is kept for completion, no demand comes back.
FINISHED = (OrderPhase.COMPLETED.value, OrderPhase.POSTED.value)


@dataclass(frozen=True)
class Line:
    """A quantity of one product and lot, in the product's own unit; ``lot`` is an empty recordset when untracked."""

    product: Any
    quantity: float
    lot: Any


@dataclass(frozen=True)
class Report:
    """What the plant reported to have moved: one kind, its lines, the operation (or an empty recordset), the reason."""

    kind: ReportKind
    lines: tuple[Line, ...]
    workorder: Any = None
    reason: str = ""


class MesPosting(models.AbstractModel):
    _name = "mes.posting"
    _description = "Incremental Posting"

    Line = Line
    Report = Report

    @api.model
    def _report(self, order, report, message, *, at):
        """Post ``report``, or keep it for completion where the plant's policy says so.

        :param message: the inbox row that brought it
        :return: tuple of effects
        """
        is_kept = order._mes_plant().mes_posting_policy == PostingPolicy.ON_COMPLETION.value
        if is_kept and order.mes_phase not in FINISHED:
            return self.env["mes.booking"]._keep(order, report, message, at)
        return self._post(order, report, at=at)

    @api.model
    def _post(self, order, report, *, at):
        """Post ``report`` now.

        :return: tuple of effects
        """
        if report.kind is ReportKind.CONSUMED:
            return self._consume(order, report.lines, report.workorder, at=at)
        if report.kind is ReportKind.RETURNED:
            return self._return(order, report.lines, at=at)
        if report.kind is ReportKind.RECEIVED:
            return self._receive(order, report.lines, at=at)
        return self._scrap(order, report.lines, report.reason, at=at)

    def _set_lines(self, move, lines):
        """Make the move exactly ``lines``, whatever was reserved or left from the increment before."""
        quantities = {}
        for line in lines:
            quantities[line.lot] = quantities.get(line.lot, 0.0) + line.quantity
        move.move_line_ids.unlink()
        self.env["stock.move.line"].create(
            [
                {
                    "move_id": move.id,
                    "product_id": move.product_id.id,
                    "product_uom_id": move.product_id.uom_id.id,
                    "lot_id": lot.id,
                    "quantity": quantity,
                    "location_id": move.location_id.id,
                    "location_dest_id": move.location_dest_id.id,
                }
                for lot, quantity in quantities.items()
            ]
        )
        move.picked = True

    @api.model
    def _posting_date(self, order, at):
        """The date that moves of a report get which happened ``at`` (naive UTC)."""
        return at

    def _do(self, order, moves, at):
        """Post ``moves``, dated as the plant's report; the moves that are done."""
        done = moves.with_context(skip_mo_check=True)._action_done()
        self._date(done, self._posting_date(order, at))
        return done

    def _date(self, moves, date):
        """Odoo dates a posting by its clock; the day of a fact is the plant's."""
        moves.with_context(**{DATING: True}).date = date

    def _reserve_rest(self, order):
        rest = order.move_raw_ids.filtered(lambda move: move.state not in CLOSED)
        rest.picked = False
        rest._action_assign()

    def _unlinked(self, order):
        """Consumption no good piece has been linked to yet, which is also what no receipt has carried in value.

        Pieces that are received to be scrapped are linked too, but leave it to the next good ones.
        """
        return order.move_raw_ids.filtered(
            lambda move: (
                move.state == "done"
                and not move.move_line_ids.produce_line_ids.move_id.filtered(lambda finished: not finished.mes_is_scrap)
                and not move.product_id.uom_id.is_zero(move._mes_net())
            )
        )

    def _link(self, finished_lines, consumed_moves):
        if not finished_lines:
            return
        components = consumed_moves.move_line_ids.filtered(lambda line: line.move_id._mes_net_by_lot()[line.lot_id] > 0)
        finished_lines.consume_line_ids = [Command.link(line.id) for line in components]

    def _name_of(self, product, lot=None):
        return f"{product.default_code}/{lot.name}" if lot else product.default_code

    def _effect(self, kind, line, **more):
        product = line.product_id
        return Effect(
            kind.value,
            product.default_code or product.display_name,
            line.lot_id.name or "",
            line.quantity,
            product.uom_id.unece_code or product.uom_id.name,
            record=line.reference or line.move_id.origin or "",
            res_model=line._name,
            res_id=line.id,
            **more,
        )
