"""Doorways from what was posted back to the messages that reported it, and from an order to what its books lack."""

from odoo import api, fields, models

from ..core.states import EffectKind
from .mes_books import LINE, WORKORDER

READERS = "mes_connector.group_mes_user"


def open_messages(env, messages):
    """The action that shows ``messages``: the form of one, the list of several."""
    action = {
        "type": "ir.actions.act_window",
        "name": env._("Reported by"),
        "res_model": messages._name,
        "view_mode": "list,form",
        "domain": [("id", "in", messages.ids)],
    }
    return dict(action, view_mode="form", res_id=messages.id) if len(messages) == 1 else action


class StockMove(models.Model):
    _inherit = "stock.move"

    mes_message_count = fields.Integer("Reported by", compute="_compute_mes_message_count", groups=READERS)

    @api.depends("move_line_ids", "origin_returned_move_id")
    def _compute_mes_message_count(self):
        reported, undone = self._mes_reports()
        for move in self:
            move.mes_message_count = len(move._mes_messages(reported, undone))

    def _mes_reports(self):
        """``{line id: messages}`` that posted the lines of these moves, and that undid the lines they take back."""
        lines = self.move_line_ids | self.origin_returned_move_id.move_line_ids
        effects = self.env["mes.effect"].search([("res_model", "=", LINE), ("res_id", "in", lines.ids)])
        undoing = effects.filtered(lambda effect: effect.kind == EffectKind.REVERSED.value)
        return tuple(
            {number: some.inbox_id for number, some in found.grouped("res_id").items()}
            for found in (effects - undoing, undoing)
        )

    def _mes_messages(self, reported, undone):
        none, taken_back = self.env["mes.inbox.message"], self.origin_returned_move_id.move_line_ids
        posted = [reported.get(line.id, none) for line in self.move_line_ids]
        return none.union(*posted, *(undone.get(line.id, none) for line in taken_back))

    def action_mes_open_messages(self):
        """Show the messages that reported these moves."""
        reported, undone = self._mes_reports()
        messages = self.env["mes.inbox.message"].union(*(move._mes_messages(reported, undone) for move in self))
        return open_messages(self.env, messages)


class StockMoveLine(models.Model):
    _inherit = "stock.move.line"

    mes_message_count = fields.Integer(related="move_id.mes_message_count", groups=READERS)

    def action_mes_open_messages(self):
        """Show the messages that reported the moves of these lines."""
        return self.move_id.action_mes_open_messages()


class StockLot(models.Model):
    _inherit = "stock.lot"

    mes_message_count = fields.Integer("Reported by", compute="_compute_mes_message_count", groups=READERS)

    def _compute_mes_message_count(self):
        for lot, messages in self._mes_messages().items():
            lot.mes_message_count = len(messages)

    def _mes_messages(self):
        """``{lot: messages}`` that posted something of the lot."""
        # By the product first: it has an index.
        of_products = [("product_id", "in", self.product_id.ids)]
        lines = self.env["stock.move.line"].search([*of_products, ("lot_id", "in", self.ids)])
        effects = self.env["mes.effect"].search([("res_model", "=", LINE), ("res_id", "in", lines.ids)])
        lots, found = {line.id: line.lot_id for line in lines}, {lot: effects.inbox_id.browse() for lot in self}
        for effect in effects:
            found[lots[effect.res_id]] |= effect.inbox_id
        return found

    def action_mes_open_messages(self):
        """Show the messages that reported these lots as used, made or scrapped."""
        return open_messages(self.env, self.env["mes.inbox.message"].union(*self._mes_messages().values()))


class MrpWorkorder(models.Model):
    _inherit = "mrp.workorder"

    mes_message_count = fields.Integer("Reported by", compute="_compute_mes_message_count", groups=READERS)

    def _compute_mes_message_count(self):
        for workorder, messages in self._mes_messages().items():
            workorder.mes_message_count = len(messages)

    def _mes_messages(self):
        """``{work order: messages}`` that counted its pieces or told of its work."""
        # By the order first: it has an index.
        of_orders = [("production_id", "in", self.production_id.ids)]
        effects = self.env["mes.effect"].search([*of_orders, ("res_model", "=", WORKORDER), ("res_id", "in", self.ids)])
        by_id = effects.grouped("res_id")
        return {one: by_id.get(one.id, effects.browse()).inbox_id | one.time_ids.mes_inbox_id for one in self}

    def action_mes_open_messages(self):
        """Show the messages that reported on these work orders."""
        return open_messages(self.env, self.env["mes.inbox.message"].union(*self._mes_messages().values()))


class MrpProduction(models.Model):
    _inherit = "mrp.production"

    mes_difference_count = fields.Integer(
        "Differences", compute="_compute_mes_difference_count", groups=READERS, help="Open ones, of its books."
    )

    def _compute_mes_difference_count(self):
        counts = dict(
            self.env["mes.reconciliation.line"]._read_group(
                [("production_id", "in", self.ids), ("settled_as", "=", False)], ["production_id"], ["__count"]
            )
        )
        for order in self:
            order.mes_difference_count = counts.get(order, 0)

    def action_mes_open_differences(self):
        """Show what differs in the books of these orders."""
        action = self.env["ir.actions.act_window"]._for_xml_id("mes_connector.mes_reconciliation_line_action")
        return dict(action, domain=[("production_id", "in", self.ids)])


class MrpWorkcenterProductivity(models.Model):
    _inherit = "mrp.workcenter.productivity"

    def action_mes_open_messages(self):
        """Show the messages that reported these times."""
        return open_messages(self.env, self.mes_inbox_id)
