"""Pauses: which messages are held back, since when and why; the buttons stand at system, route and event type."""

from odoo import api, fields, models
from odoo.tools import SQL

from ..core import states

#: Before every message: a pause holds what waits already, a drain only what comes after it.
FROM_THE_BEGINNING = fields.Datetime.to_datetime("1970-01-01 00:00:00")


class MesPause(models.Model):
    _name = "mes.pause"
    _description = "Pause of Messages"
    _order = "id desc"
    _rec_name = "kind"

    kind = fields.Selection(states.selection(states.PauseKind), required=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, default=lambda self: self.env.company)
    system_id = fields.Many2one("mes.system", readonly=True, ondelete="cascade", help="Empty: every system.")
    event_type = fields.Char(readonly=True, help="Empty: every event type.")
    direction = fields.Selection(states.selection(states.Direction), readonly=True, help="Empty: both ways.")
    held_from = fields.Datetime(required=True, readonly=True, help="Messages stored from this time on are held.")
    reason = fields.Char(readonly=True)
    code = fields.Char(readonly=True, help="Set when an answer of the system paused it, not a person.")
    user_id = fields.Many2one("res.users", "Paused by", readonly=True, default=lambda self: self.env.user)
    ended_at = fields.Datetime(readonly=True)
    ended_by_id = fields.Many2one("res.users", "Resumed by", readonly=True)

    _one_in_force = models.UniqueIndex(
        "(company_id, coalesce(system_id, 0), coalesce(event_type, ''), coalesce(direction, ''))"
        " WHERE ended_at IS NULL",
        "This is paused already.",
    )

    @api.model
    def _not_held(self, direction, alias):
        """SQL condition: the queue row ``alias`` is not held back by any pause in force.

        :param direction: core ``Direction`` of the queue
        """
        return SQL(
            """NOT EXISTS (SELECT 1 FROM mes_pause pause
                            WHERE pause.ended_at IS NULL AND pause.company_id = %(row)s.company_id
                              AND (pause.system_id IS NULL OR pause.system_id = %(row)s.system_id)
                              AND (pause.event_type IS NULL OR pause.event_type = %(row)s.event_type)
                              AND (pause.direction IS NULL OR pause.direction = %(direction)s)
                              AND pause.held_from <= %(row)s.create_date)""",
            row=SQL.identifier(alias),
            direction=direction.value,
        )

    @api.model
    def _begin(self, kind, reason="", **scope):
        """Hold messages of ``scope`` back; a pause of the same scope that is in force is replaced.

        :param kind: core ``PauseKind``: everything, or only what comes from now on
        :param scope: ``company_id`` and any of ``system_id``, ``event_type``, ``direction``, ``code``
        """
        self._in_force(**{name: value for name, value in scope.items() if name != "code"})._end()
        is_drain = kind is states.PauseKind.DRAIN
        held_from = self.env.cr.now() if is_drain else FROM_THE_BEGINNING
        return self.create(dict(scope, kind=kind.value, reason=reason, held_from=held_from))

    @api.model
    def _in_force(self, company_id, system_id=False, event_type=False, direction=False):
        """The pause of exactly this scope that is in force; empty when there is none."""
        return self.search(
            [
                ("ended_at", "=", False),
                ("company_id", "=", company_id),
                ("system_id", "=", system_id),
                ("event_type", "=", event_type),
                ("direction", "=", direction),
            ]
        )

    def _end(self):
        """Let the messages go, and wake the lanes."""
        if self:
            self.write({"ended_at": self.env.cr.now(), "ended_by_id": self.env.uid})
            for queue in ("mes.inbox.message", "mes.outbox.message"):
                self.env["mes.lane"]._wake(queue)

    def action_resume(self):
        """Let held messages go."""
        self.filtered(lambda one: not one.ended_at)._end()
