"""Posts parts of an order on the same order: exactly the named moves, lots and links; the facts are in the other files.

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
from .stock_move import DATING

CLOSED = ("done", "cancel")


@dataclass(frozen=True)
class Line:
    """A quantity of one product and lot, in the product's own unit; ``lot`` is an empty recordset when untracked."""

    product: Any
    quantity: float
    lot: Any


class MesPosting(models.AbstractModel):
    _name = "mes.posting"
    _description = "Incremental Posting"

    Line = Line

    def _set_lines(self, move, lines):
        """Make the move exactly ``lines``, whatever was reserved or left from the increment before."""
        move.move_line_ids.unlink()
        self.env["stock.move.line"].create(
            [
                {
                    "move_id": move.id,
                    "product_id": line.product.id,
                    "product_uom_id": line.product.uom_id.id,
                    "lot_id": line.lot.id,
                    "quantity": line.quantity,
                    "location_id": move.location_id.id,
                    "location_dest_id": move.location_dest_id.id,
                }
                for line in lines
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
        """Consumption no finished piece has been linked to yet, which is also what no receipt has carried in value."""
        return order.move_raw_ids.filtered(
            lambda move: move.state == "done" and not move.move_line_ids.produce_line_ids
        )

    def _link(self, finished_lines, consumed_moves):
        finished_lines.consume_line_ids = [Command.link(line.id) for line in consumed_moves.move_line_ids]

    def _effect(self, kind, line):
        product = line.product_id
        return Effect(
            kind,
            product.default_code or product.display_name,
            line.lot_id.name or "",
            line.quantity,
            product.uom_id.unece_code or product.uom_id.name,
            record=line.reference or line.move_id.name or "",
            res_model=line._name,
            res_id=line.id,
        )
