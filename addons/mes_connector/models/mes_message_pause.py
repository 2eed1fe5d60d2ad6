"""Whether a message is held back by a pause, and by which; what a pause holds is decided where pauses live."""

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL


class MesMessageMixin(models.AbstractModel):
    _inherit = "mes.message.mixin"

    held_by_id = fields.Many2one(
        "mes.pause", "Held by a pause", compute="_compute_held_by_id", search="_search_held_by_id"
    )
    is_held = fields.Boolean("Held", compute="_compute_is_held", search="_search_is_held")

    def _compute_held_by_id(self):
        self.flush_model()
        query = SQL(
            "SELECT m.id, (%s LIMIT 1) FROM %s m WHERE m.id = ANY(%s) AND m.state IN %s",
            self.env["mes.pause"]._holding(self.DIRECTION, "m"),
            SQL.identifier(self._table),
            self.ids,
            self._values(self.DUE),
        )
        held = dict(self.env.execute_query(query))
        for message in self:
            message.held_by_id = held.get(message.id, False)

    @api.depends("held_by_id")
    def _compute_is_held(self):
        for message in self:
            message.is_held = bool(message.held_by_id)

    def _search_held_by_id(self, operator, value):
        if operator != "in":
            return NotImplemented
        held = self._held_domain(SQL("pause.id = ANY(%s)", [pause for pause in value if pause]))
        return held | ~self._held_domain() if False in value else held

    def _search_is_held(self, operator, value):
        if operator != "in":
            return NotImplemented
        return self._held_domain() if True in value else ~self._held_domain()

    def _held_domain(self, which=None):
        """Messages that are held back by a pause.

        :param which: SQL condition on the table ``pause``; by default any pause counts
        """
        pauses = self.env["mes.pause"]
        if not pauses.search_count([("ended_at", "=", False)], limit=1):
            return Domain.FALSE
        return Domain(
            "id",
            "in",
            SQL(
                """(SELECT m.id FROM %s m JOIN mes_pause pause ON %s AND pause.held_from <= m.create_date
                     WHERE m.state IN %s AND %s)""",
                SQL.identifier(self._table),
                pauses._concerns(self.DIRECTION, "m"),
                self._values(self.DUE),
                which or SQL("TRUE"),
            ),
        )
