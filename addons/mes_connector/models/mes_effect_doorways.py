"""Doorways from what was posted back to the messages that reported it: stock moves, their lines, time logs."""

from odoo import api, fields, models

from ..core.states import EffectKind
from .mes_books import LINE

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


class MrpWorkcenterProductivity(models.Model):
    _inherit = "mrp.workcenter.productivity"

    def action_mes_open_messages(self):
        """Show the messages that reported these times."""
        return open_messages(self.env, self.mes_inbox_id)
