"""Pauses: which messages are held back, since when and why; the buttons stand at system, route and event type."""

from odoo import api, fields, models
from odoo.tools import SQL, format_datetime

from ..core import states
from ..core.states import FlowState, PauseKind

#: Before every message: a pause holds what waits already, a drain only what comes after it.
FROM_THE_BEGINNING = fields.Datetime.to_datetime("1970-01-01 00:00:00")
QUEUES = ("mes.inbox.message", "mes.outbox.message")


class MesPause(models.Model):
    _name = "mes.pause"
    _description = "Pause of Messages"
    _order = "id desc"

    kind = fields.Selection(states.selection(PauseKind), required=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, default=lambda self: self.env.company)
    system_id = fields.Many2one("mes.system", readonly=True, ondelete="cascade", help="Empty: every system.")
    event_type = fields.Char(readonly=True, help="Empty: every event type.")
    direction = fields.Selection(states.selection(states.Direction), readonly=True, help="Empty: both ways.")
    held_from = fields.Datetime(required=True, readonly=True, help="Messages stored from this time on are held.")
    reason = fields.Char(readonly=True)
    code = fields.Char(readonly=True, help="Set when an answer of the system paused it, not a person.")
    user_id = fields.Many2one("res.users", "Paused by", readonly=True, default=lambda self: self.env.user)
    ended_at = fields.Datetime("Resumed", readonly=True)
    ended_by_id = fields.Many2one("res.users", "Resumed by", readonly=True)
    flow_state = fields.Selection(states.selection(FlowState), "Flow", compute="_compute_flow")
    held_inbox_count = fields.Integer("Held, from the plant", compute="_compute_flow")
    held_outbox_count = fields.Integer("Held, to the plant", compute="_compute_flow")
    held_count = fields.Integer("Messages held", compute="_compute_flow")
    left_count = fields.Integer("Messages left to work", compute="_compute_flow")
    note = fields.Char("Since when and why", compute="_compute_note")

    _one_in_force = models.UniqueIndex(
        "(company_id, coalesce(system_id, 0), coalesce(event_type, ''), coalesce(direction, ''))"
        " WHERE ended_at IS NULL",
        "This is paused already.",
    )

    @api.depends("system_id", "event_type", "direction")
    def _compute_display_name(self):
        directions = dict(self._fields["direction"]._description_selection(self.env))
        for pause in self:
            parts = (pause.system_id.name, pause.event_type, directions.get(pause.direction))
            pause.display_name = " · ".join(filter(None, parts)) or self.env._("Everything")

    @api.depends("kind", "ended_at")
    def _compute_flow(self):
        counts = [self._counts(self.env[queue]) for queue in QUEUES]
        for pause in self:
            (held_in, left_in), (held_out, left_out) = (count.get(pause.id, (0, 0)) for count in counts)
            pause.held_inbox_count, pause.held_outbox_count = held_in, held_out
            pause.held_count, pause.left_count = held_in + held_out, left_in + left_out
            if pause.ended_at:
                pause.flow_state = FlowState.RUNNING.value
            elif pause.kind == PauseKind.PAUSE.value:
                pause.flow_state = FlowState.PAUSED.value
            else:
                pause.flow_state = (FlowState.DRAINING if pause.left_count else FlowState.DRAINED).value

    @api.depends("create_date", "user_id", "reason")
    @api.depends_context("tz", "lang")
    def _compute_note(self):
        for pause in self:
            values = {"at": format_datetime(self.env, pause.create_date), "who": pause.user_id.name}
            note = self.env._("since %(at)s by %(who)s", **values)
            pause.note = f"{note}: {pause.reason}" if pause.reason else note

    def _counts(self, queue):
        """``{pause id: (messages of queue that it holds, earlier ones that are still to be worked)}``."""
        queue.flush_model()
        rows = self.env.execute_query(
            SQL(
                """SELECT pause.id, count(*) FILTER (WHERE m.create_date >= pause.held_from),
                          count(*) FILTER (WHERE m.create_date < pause.held_from)
                     FROM mes_pause pause JOIN %s m ON %s
                    WHERE pause.id = ANY(%s) AND m.state IN %s GROUP BY pause.id""",
                SQL.identifier(queue._table),
                self._concerns(queue.DIRECTION, "m"),
                self.ids,
                queue._values(queue.DUE),
            )
        )
        return {pause: (held, left) for pause, held, left in rows}

    # -- what lanes ask ----------------------------------------------------------------------------------------------

    @api.model
    def _not_held(self, direction, alias):
        """SQL condition: the queue row ``alias`` is not held back by any pause in force.

        :param direction: core ``Direction`` of the queue
        """
        return SQL("NOT EXISTS (%s)", self._holding(direction, alias))

    @api.model
    def _holding(self, direction, alias):
        """SQL query for the ids of the pauses that hold the queue row ``alias`` back, the oldest first."""
        return SQL(
            "SELECT pause.id FROM mes_pause pause WHERE %s AND pause.held_from <= %s ORDER BY pause.id",
            self._concerns(direction, alias),
            SQL.identifier(alias, "create_date"),
        )

    def _concerns(self, direction, alias):
        """SQL condition: the table ``pause`` is in force and of the scope of the queue row ``alias``."""
        return SQL(
            """pause.ended_at IS NULL AND pause.company_id = %(row)s.company_id
               AND (pause.system_id IS NULL OR pause.system_id = %(row)s.system_id)
               AND (pause.event_type IS NULL OR pause.event_type = %(row)s.event_type)
               AND (pause.direction IS NULL OR pause.direction = %(direction)s)""",
            row=SQL.identifier(alias),
            direction=direction.value,
        )

    # -- begin and end -----------------------------------------------------------------------------------------------

    @api.model
    def _begin(self, kind, reason="", **scope):
        """Hold messages of ``scope`` back; a pause of the same scope that is in force is replaced.

        :param kind: core ``PauseKind``: everything, or only what comes from now on
        :param scope: ``company_id`` and any of ``system_id``, ``event_type``, ``direction``, ``code``
        """
        self._in_force(**{name: value for name, value in scope.items() if name != "code"})._end()
        held_from = self.env.cr.now() if kind is PauseKind.DRAIN else FROM_THE_BEGINNING
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
            for pause in self.filtered("code"):
                # sudo: whoever may resume need not be the owner of the case that told of it.
                self.env["mes.case"].sudo()._close_for_system(pause.system_id, pause.code, pause.event_type)
            self.flush_recordset()
            for queue in QUEUES:
                self.env["mes.lane"]._wake(queue)

    def action_resume(self):
        """Let held messages go.

        :raises AccessError: the user may not resume what is paused
        """
        for pause in self.filtered(lambda one: not one.ended_at):
            pause._paused_record()._check_may_pause()
            # sudo: pauses are only written through their doors; the door was just passed.
            pause.sudo()._end()

    def action_open_held_inbox(self):
        return self._open_held("mes_connector.mes_inbox_message_action")

    def action_open_held_outbox(self):
        return self._open_held("mes_connector.mes_outbox_message_action")

    def _open_held(self, action_xml_id):
        action = self.env["ir.actions.act_window"]._for_xml_id(action_xml_id)
        return dict(action, domain=[("held_by_id", "in", self.ids)], context={})

    def _paused_record(self):
        """The system, route or event type at which it was paused; an empty event type when it is not there any more."""
        self.ensure_one()
        if self.system_id and not self.event_type:
            return self.system_id
        if not self.system_id:
            return self.env["mes.event.type"].search([("name", "=", self.event_type)])
        route = [
            ("system_id", "=", self.system_id.id),
            ("event_type", "=", self.event_type),
            ("direction", "=", self.direction),
        ]
        return self.env["mes.route"].with_context(active_test=False).search(route) or self.env["mes.event.type"]
