"""Habits: what a person has said is usual of a sender, so that it is not asked about again."""

from collections import defaultdict

from odoo import api, fields, models
from odoo.tools import SQL

from ..core.unit_shift import is_level
from .mes_suspicion import UNIT_SHIFT


class MesHabit(models.Model):
    _name = "mes.habit"
    _description = "Habit of a Sender"
    _order = "id desc"
    _rec_name = "subject"

    system_id = fields.Many2one("mes.system", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one(related="system_id.company_id", store=True)
    context = fields.Char(required=True, readonly=True)
    value = fields.Float(
        required=True, readonly=True, help="Seconds between two equal reports, or a quantity, as decided."
    )
    subject = fields.Char("What is usual", required=True, readonly=True)
    inbox_id = fields.Many2one(
        "mes.inbox.message", "Decided on", readonly=True, ondelete="set null", index="btree_not_null"
    )

    _by_context = models.Index("(system_id, context)")

    @api.model
    def _learn(self, messages):
        """Note what was decided on ``messages``, where nothing that is known already says it."""
        among = [("system_id", "in", messages.system_id.ids), ("context", "in", messages.mapped("suspect_context"))]
        known, rows = defaultdict(list), []
        for habit in self.search(among):
            known[habit.system_id, habit.context].append(habit.value)
        for message in messages.sorted("suspect_value"):
            values = known[message.system_id, message.suspect_context]
            if not self._is_known(message, values):
                values.append(message.suspect_value)
                rows.append(self._prepare_values(message))
        self.create(rows)

    def _is_known(self, message, values):
        if message.code == UNIT_SHIFT:
            return is_level(message.suspect_value, values)
        return any(value <= message.suspect_value for value in values)

    def _prepare_values(self, message):
        return {
            "system_id": message.system_id.id,
            "context": message.suspect_context,
            "value": message.suspect_value,
            "subject": message._habit(),
            "inbox_id": message.id,
        }

    @api.model
    def _lookup(self, system_id, contexts, look):
        """Part of the one lookup of a report: the habits of these contexts."""
        self.flush_model()
        return SQL(
            """SELECT %s, h.context, NULL::timestamp, h.value, NULL::float8, NULL::jsonb, NULL::varchar, NULL::int,
                      NULL::boolean
                 FROM mes_habit h WHERE h.system_id = %s AND h.context = ANY(%s)""",
            look,
            system_id,
            contexts,
        )
