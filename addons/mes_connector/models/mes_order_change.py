"""Changes after the release: found by comparing what the plant would be told before and after, sent once, followed up.

A change is whatever a person does to a released order, in one transaction, by whatever screen: before its first write
the order's document is kept, and before the commit it is compared. What books the plant's own reports is no change.
"""

from functools import partial

from odoo import api, models
from odoo.exceptions import UserError

from ..core.order_machine import OrderEvent, Verdict, decide
from ..handlers.base import is_reported

CLOSED = ("done", "cancel")
KEY = "mes_connector.changes"
#: Parts of the document that are planned, each the name of what changed.
PLANNED = (
    "quantity",
    "planned_start",
    "planned_end",
    "due",
    "priority",
    "components",
    "operations",
    "by_products",
)


class MesOrderChange(models.AbstractModel):
    _name = "mes.order.change"
    _description = "Changes of Released Orders"

    # -- noticing ----------------------------------------------------------------------------------------------------

    @api.model
    def _watch(self, orders):
        """Keep how ``orders`` stand before a person changes them; before the commit, what differs is sent."""
        if is_reported(self.env):
            return
        callbacks = self.env.cr.precommit
        for order in orders:
            watched = callbacks.data.get(KEY, {})
            if order.id in watched or not self._is_told(order):
                continue
            if not watched:
                callbacks.data[KEY] = watched
                callbacks.add(partial(self._send, watched))
            watched[order.id] = self._plan(order)

    def _is_told(self, order):
        return bool(order.mes_phase) and decide(order.mes_phase, OrderEvent.CHANGE).verdict is Verdict.MOVE

    @api.model
    def _refuse_when_fixed(self, orders):
        """Refuse a person's change of an order that is on hold or completed.

        :raises UserError: says what to do first
        """
        if is_reported(self.env):
            return
        for order in orders.filtered(lambda one: one._mes_is_with_plant() and not self._is_told(one)):
            raise UserError(
                self.env._(
                    "%(order)s cannot be changed in phase %(phase)s. %(way_out)s",
                    order=order.name,
                    phase=order._mes_phase_label(),
                    way_out=self.env["mes.order.lifecycle"]._way_out(order),
                )
            )

    def _plan(self, order):
        """What is planned for an order, without what Odoo finds for it by itself: reserved lots."""
        document = self.env["mes.order.document"]._released(order)
        components = [{key: row[key] for key in row if key != "lots"} for row in document["components"]]
        return {name: document.get(name) for name in PLANNED} | {"components": components}

    def _send(self, watched):
        """Send each watched order that differs from how it stood, with its next revision."""
        orders = self.env["mrp.production"].browse(list(watched)).exists()
        # sudo: who changes a date in the warehouse need not be allowed to write orders.
        for order in orders.sudo().filtered(self._is_told):
            order._mes_number_operations()
            plan = self._plan(order)
            changes = [name for name in PLANNED if plan[name] != watched[order.id][name]]
            if changes:
                order.mes_revision += 1
                self.env["mes.order.lifecycle"]._apply(order, OrderEvent.CHANGE, note=", ".join(changes))

    # -- another quantity --------------------------------------------------------------------------------------------

    @api.model
    def _check_quantity(self, orders, quantity):
        """The orders whose quantity a person changes, each with the ratio of new to old.

        :raises UserError: less than what is made already
        """
        if is_reported(self.env):
            return {}
        changed = orders.filtered(
            lambda one: one._mes_is_with_plant() and one.product_uom_id.compare(quantity, one.product_qty)
        )
        for order in changed:
            booked = order._mes_qty_booked()
            if order.product_uom_id.compare(quantity, booked) < 0:
                raise UserError(
                    self.env._(
                        "%(order)s cannot be reduced to %(quantity)g: %(booked)g are made already.",
                        order=order.name,
                        quantity=quantity,
                        booked=booked,
                    )
                )
        return {order: quantity / order.product_qty for order in changed}

    @api.model
    def _follow_quantity(self, order, ratio=1.0):
        """Let components, products and operations follow the order's new quantity (trap 9).

        Odoo would scale what is still open, which is wrong once something is consumed out of proportion.
        """
        # What was over-delivered before is part of what the planner asks for now.
        # sudo: the life cycle alone writes it.
        order.sudo().mes_qty_extra = 0.0
        self._open_rest(order, ratio)
        for workorder in order.workorder_ids.filtered(lambda one: one.state not in CLOSED):
            workorder.duration_expected = (
                workorder.duration_expected * ratio
                if workorder.qty_producing
                else workorder._get_duration_expected(ratio=ratio)
            )

    @api.model
    def _open_rest(self, order, ratio=1.0):
        """Make open demand what the whole order needs less what is booked; ``ratio`` is new to old quantity."""
        for moves, needed in self._needs(order, ratio):
            booked = moves.product_id.uom_id._compute_quantity(moves._mes_net(), moves[0].product_uom, round=False)
            self._set_open(moves, needed - booked)
        order.move_raw_ids.filtered(lambda move: move.state not in CLOSED).picked = False
        order.move_raw_ids._action_assign()

    def _needs(self, order, ratio):
        """Pairs of the moves of one component or product, and what the whole order needs of it in their unit."""
        by_line = {}
        for values in order._get_moves_raw_values():
            by_line[values["bom_line_id"]] = by_line.get(values["bom_line_id"], 0.0) + values["product_uom_qty"]
        raw = order.move_raw_ids.grouped(lambda move: (move.bom_line_id, move.product_id, move.product_uom))
        for (line, product, unit), moves in raw.items():
            if line.product_id == product and line.product_uom_id == unit:
                yield moves, by_line.get(line.id, 0.0)
            else:
                yield moves, ratio * sum(moves.filtered(self._is_planned).mapped("product_uom_qty"))
        outputs = {
            (values["byproduct_id"], values["product_id"]): values["product_uom_qty"]
            for values in order._get_moves_finished_values()
        }
        finished = order.move_finished_ids.grouped(lambda move: (move.byproduct_id.id, move.product_id.id))
        for key, moves in finished.items():
            by_hand = ratio * sum(moves.filtered(self._is_planned).mapped("product_uom_qty"))
            yield moves, outputs.get(key, by_hand)

    def _is_planned(self, move):
        return move.state != "cancel"

    def _set_open(self, moves, quantity):
        """Have ``quantity`` open of a component or product, on one move; nothing, when nothing is left."""
        first, unit = moves[:1], moves[:1].product_uom
        open_moves = moves.filtered(lambda move: move.state not in CLOSED)
        if unit.compare(quantity, 0.0) <= 0:
            open_moves.with_context(skip_mo_check=True)._action_cancel()
            return
        quantity = unit.round(quantity)
        keep = open_moves[:1]
        (open_moves - keep).with_context(skip_mo_check=True)._action_cancel()
        if not keep:
            move = first.copy({"product_uom_qty": quantity, "workorder_id": first.workorder_id.id})
            move._action_confirm(merge=False)
        elif unit.compare(keep.product_uom_qty, quantity):
            keep.product_uom_qty = quantity
