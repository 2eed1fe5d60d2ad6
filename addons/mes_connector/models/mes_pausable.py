"""What a person can pause, drain and resume: systems, routes, event types; the pause itself is a row of its own."""

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

from ..core import states
from ..core.states import FlowState, PauseKind


class MesPausable(models.AbstractModel):
    _name = "mes.pausable"
    _description = "What can be paused"

    pause_id = fields.Many2one("mes.pause", "Pause in force", compute="_compute_pause")
    flow_state = fields.Selection(
        states.selection(FlowState),
        "Flow",
        compute="_compute_pause",
        search="_search_flow_state",
        help="Drained: what was there when the drain began has been worked, what came later is held.",
    )
    pause_note = fields.Char("Paused", compute="_compute_pause")
    held_count = fields.Integer("Messages held", compute="_compute_pause")
    left_count = fields.Integer("Messages left to work", compute="_compute_pause")

    def _pause_scope(self):
        """Values of ``mes.pause`` that say which messages are this record's."""
        raise NotImplementedError

    @api.depends_context("company", "tz", "lang")
    def _compute_pause(self):
        in_force = {
            (pause.company_id.id, pause.system_id.id, pause.event_type, pause.direction): pause
            for pause in self.env["mes.pause"].search([("ended_at", "=", False)])
        }
        nothing = self.env["mes.pause"]
        for record in self:
            scope = record._pause_scope()
            key = (scope.get(name, False) for name in ("company_id", "system_id", "event_type", "direction"))
            pause = in_force.get(tuple(key), nothing)
            record.pause_id = pause
            record.flow_state = pause.flow_state or FlowState.RUNNING.value
            record.pause_note = pause.note
            record.held_count, record.left_count = pause.held_count, pause.left_count

    def _search_flow_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        # Registries hold a handful of rows, at most some hundred.
        found = self.with_context(active_test=False).search(Domain.TRUE)
        return [("id", "in", found.filtered(lambda record: record.flow_state in value).ids)]

    def action_pause(self, reason=None):
        """Hold back all messages of these records; senders still get their 202, nothing is worked.

        :raises AccessError: the user may not pause them
        """
        self._pause(PauseKind.PAUSE, reason)

    def action_drain(self, reason=None):
        """Work what there is, hold back what comes from now on.

        :raises AccessError: the user may not pause them
        """
        self._pause(PauseKind.DRAIN, reason)

    def _pause(self, kind, reason):
        self._check_may_pause()
        for record in self:
            # sudo: pauses are only written through their doors; the door was just passed.
            self.env["mes.pause"].sudo()._begin(kind, reason or "", **record._pause_scope())
        self._forget_pauses()

    def action_resume(self):
        """Let held messages go; nothing happens to what is not paused.

        :raises AccessError: the user may not resume them
        """
        self._check_may_pause()
        for record in self:
            # sudo: as above. A route's pause may carry the code of an answer, which is no part of its scope.
            self.env["mes.pause"].sudo()._in_force(**record._pause_scope())._end()
        self._forget_pauses()

    def action_open_pauses(self):
        """Open the history of pauses."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("mes_connector.mes_pause_action")
        return dict(action, domain=[(name, "=", value) for name, value in self._pause_scope().items()], context={})

    def _forget_pauses(self):
        self.invalidate_recordset(["pause_id", "flow_state", "pause_note", "held_count", "left_count"])

    def _check_may_pause(self):
        """Integrators may pause everything they see, supervisors what serves no plant but their own.

        :raises AccessError: the user is neither, or another's plant would stand still, too
        """
        self.check_access("read")
        user = self.env.user
        if self.env.su or user.has_group("mes_connector.group_mes_integrator"):
            return
        if not user.has_group("mes_connector.group_mes_supervisor"):
            raise AccessError(self.env._("Only supervisors and integrators may pause and resume."))
        for record in self:
            # sudo: plants that are not the user's are just what is asked for.
            if user.mes_plant_ids and record._plants_stopped() - user.sudo().mes_plant_ids:
                raise AccessError(
                    self.env._(
                        "%s also serves plants that are not yours. Ask an integrator to pause or resume it.",
                        record.display_name,
                    )
                )

    def _plants_stopped(self):
        """The plants whose messages a pause of this record holds back."""
        raise NotImplementedError
