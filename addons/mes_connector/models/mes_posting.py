"""Posts parts of an order on the same order: exactly the named moves, lots and links, nothing else.

Facts (each seen on a running Odoo 19, see docs/adr/0004-own-posting-function.md):
- `_post_inventory` cancels or posts every other move, invents time and overwrites genealogy, so it is not called;
- remaining raw moves come out of a posting `picked`, and reservation skips picked moves;
- a finished move keeps the lot of the increment before unless its lines are written anew.
"""

from dataclasses import dataclass
from typing import Any

from odoo import Command, api, fields, models

from ..core import errors
from ..core.backflush import share
from ..core.messages import Effect

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

    # -- components --------------------------------------------------------------------------------------------------

    @api.model
    def _consume(self, order, lines, workorder=None):
        """Take ``lines`` out of the components' location for ``order``.

        :param lines: list of :class:`Line`
        :param workorder: the operation they were used in, when the plant says so
        :return: tuple of effects
        :raises Parked: ``component_shortage``: the stock does not hold it
        """
        for line in lines:
            self._check_on_hand(order, line)
        moves = self.env["stock.move"]
        for product in dict.fromkeys(line.product for line in lines):
            move = self._raw_move(order, product, workorder)
            self._set_lines(move, [line for line in lines if line.product == product])
            moves |= move
        done = self._do(moves)
        self._reserve_rest(order)
        return tuple(self._effect("consumed", line) for line in done.move_line_ids)

    def _raw_move(self, order, product, workorder):
        """The open move of a component, of the named operation first; a new one with no demand when unplanned."""
        candidates = order.move_raw_ids.filtered(lambda move: move.state not in CLOSED and move.product_id == product)
        if workorder:
            of_operation = candidates.filtered(lambda move: order._mes_workorder_of(move) == workorder)
            candidates = of_operation or candidates
        if candidates:
            return candidates[0]
        values = order._get_move_raw_values(product, 0.0, product.uom_id)
        move = self.env["stock.move"].create(dict(values, manual_consumption=True))
        return move._action_confirm(merge=False)

    def _check_on_hand(self, order, line):
        """Stock is never driven below zero by a report: what is not there is a shortage with an owner (trap 12)."""
        product = line.product
        if not product.is_storable:
            return
        quants = self.env["stock.quant"]._gather(product, order.location_src_id, lot_id=line.lot, strict=False)
        if line.lot:
            quants = quants.filtered(lambda quant: quant.lot_id == line.lot)
        on_hand = sum(quants.mapped("quantity"))
        if product.uom_id.compare(on_hand, line.quantity) < 0:
            name = f"{product.default_code}/{line.lot.name}" if line.lot else product.default_code
            raise errors.error(
                "component_shortage",
                f"{name}: {line.quantity:g} reported, {on_hand:g} in stock.",
                waiting_for=f"stock:{name}",
            )

    @api.model
    def _backflush(self, order):
        """Consume the planned share of untracked components nobody named; tracked ones are never guessed.

        :return: tuple of effects
        """
        produced = order._mes_qty_received(order.product_uom_id)
        named = order.move_raw_ids.filtered(lambda move: move.state == "done").product_id
        lines = []
        for move in order.move_raw_ids:
            product = move.product_id
            if move.state in CLOSED or product in named or product.tracking != "none":
                continue
            due = share(move.product_uom_qty, order.product_qty, produced)
            quantity = move.product_uom._compute_quantity(due, product.uom_id, rounding_method="HALF-UP")
            if not product.uom_id.is_zero(quantity):
                lines.append(Line(product, quantity, self.env["stock.lot"]))
        if not lines:
            return ()
        effects = self._consume(order, lines)
        finished = order.move_finished_ids.filtered(lambda move: move.state == "done").move_line_ids
        self._link(finished, self._unlinked(order))
        return effects

    # -- products ----------------------------------------------------------------------------------------------------

    @api.model
    def _receive(self, order, lines):
        """Receive finished pieces and by-products, linked to what was consumed since the receipt before.

        :return: tuple of effects
        :raises Permanent: ``over_delivery``: the order has no open move for the product
        """
        consumed = self._unlinked(order)
        moves = self.env["stock.move"]
        for product in dict.fromkeys(line.product for line in lines):
            move = order.move_finished_ids.filtered(
                lambda one, product=product: one.state not in CLOSED and one.product_id == product
            )[:1]
            if not move:
                raise errors.error("over_delivery", f"{order.name} makes no (more) {product.default_code}.")
            self._set_lines(move, [line for line in lines if line.product == product])
            moves |= move
        # After the lines: the price of a piece is the consumption's value over what is received now (trap 18).
        order._cal_price(consumed)
        done = self._do(moves)
        self._link(done.move_line_ids, consumed)
        self._reserve_rest(order)
        order.qty_producing = order.qty_produced
        return tuple(self._effect("received", line) for line in done.move_line_ids)

    @api.model
    def _check_new_serials(self, product, lots):
        """A serial number is made once.

        :raises Permanent: ``serial_duplicate``
        """
        known = self.env["stock.move.line"].search(
            [
                ("product_id", "=", product.id),
                ("lot_id", "in", [lot.id for lot in lots]),
                ("move_id.production_id", "!=", False),
                ("state", "=", "done"),
            ]
        )
        names = known.lot_id.mapped("name")
        if names or len(set(lots)) != len(lots):
            raise errors.error("serial_duplicate", ", ".join(names or [lot.name for lot in lots]))

    @api.model
    def _scrap(self, order, line, reason):
        """Scrap from where the piece is: the finished location for the order's product, else the components'.

        :return: tuple of effects
        """
        is_finished = line.product == order.product_id
        if not is_finished:
            self._check_on_hand(order, line)
        location = order.location_dest_id if is_finished else order.location_src_id
        scrap = self.env["stock.scrap"].create(
            {
                "product_id": line.product.id,
                "product_uom_id": line.product.uom_id.id,
                "scrap_qty": line.quantity,
                "lot_id": line.lot.id,
                "location_id": location.id,
                "production_id": order.id,
                "origin": order.name,
                "company_id": order.company_id.id,
                "scrap_reason_tag_ids": [Command.set(self._scrap_reason(reason).ids)],
            }
        )
        scrap.do_scrap()
        return (self._effect("scrapped", scrap.move_ids.move_line_ids),)

    def _scrap_reason(self, reason):
        """Odoo's tag named like the plant's reason, made when it is new."""
        tags = self.env["stock.scrap.reason.tag"]
        if not reason:
            return tags
        return tags.search([("name", "=", reason)], limit=1) or tags.create({"name": reason})

    # -- the end -----------------------------------------------------------------------------------------------------

    @api.model
    def _close_rest(self, order):
        """Cancel what will not be produced or consumed any more, so that closing can neither post nor receive it."""
        rest = (order.move_raw_ids | order.move_finished_ids).filtered(lambda move: move.state not in CLOSED)
        rest.with_context(skip_mo_check=True)._action_cancel()

    @api.model
    def _close(self, order):
        """End a fully posted order; its phase is ``posted`` already, which lets Odoo compute the state ``done``.

        Not ``button_mark_done``: that asks for lots again and re-links genealogy to nothing (traps 4, 10).
        """
        order.write({"date_finished": fields.Datetime.now(), "is_locked": True, "priority": "0"})

    # -- shared ------------------------------------------------------------------------------------------------------

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

    def _do(self, moves):
        return moves.with_context(skip_mo_check=True)._action_done()

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
