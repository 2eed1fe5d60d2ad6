"""Habits: what a person has said is usual of a sender, so that it is not asked about again."""

from odoo import api, fields, models
from odoo.tools import SQL


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
