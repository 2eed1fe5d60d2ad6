"""Replays: one action on many messages, with a preview, progress and an end; which ones is mes_replay_choice.py's.

How one is worked, step by step, it shares with publications: mes_run_mixin.py.
"""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..core import replay, states
from ..core.states import Direction, ReplayAction, ReplayState

#: Messages of one transaction; at about 3 ms each a step is over soon.
STEP_ITEMS = 50
#: What nobody sets by hand, beside the fields that say what to do.
OWN_FIELDS = {"state", "user_id", "company_id", "total", "started_at", "ended_at", "text", "item_ids"}


class MesReplay(models.Model):
    _name = "mes.replay"
    _description = "Replay"
    _inherit = ["mes.run.mixin"]
    _order = "id desc"
    _rec_name = "action"

    RUN_CRON = "mes_connector.ir_cron_mes_replay"

    action = fields.Selection(
        states.selection(ReplayAction), required=True, default=ReplayAction.RESEND.value, string="What to do"
    )
    direction = fields.Selection(states.selection(Direction), required=True, default=Direction.OUT.value)
    system_ids = fields.Many2many("mes.system", string="Systems", help="Whose messages; empty: those of every system.")
    target_id = fields.Many2one(
        "mes.system", "Send to", ondelete="cascade", help="Empty: each message goes to the system it was for."
    )
    since = fields.Datetime(help="Messages stored from this time on.")
    until = fields.Datetime(help="Messages stored before this time.")
    event_types = fields.Char(help="Full types, separated by commas; empty: all of them.")
    message_ids = fields.Json("Messages", help="Ids of chosen messages; empty: all that the other fields describe.")
    chosen_count = fields.Integer("Messages chosen", compute="_compute_chosen_count")
    reason = fields.Char()
    state = fields.Selection(
        states.selection(ReplayState), required=True, readonly=True, copy=False, default=ReplayState.DRAFT.value
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, default=lambda self: self.env.company)
    user_id = fields.Many2one(
        "res.users", "By", required=True, readonly=True, default=lambda self: self.env.user, copy=False
    )
    started_at = fields.Datetime(readonly=True, copy=False)
    ended_at = fields.Datetime(readonly=True, copy=False)
    text = fields.Char("Explanation", readonly=True, copy=False)
    item_ids = fields.One2many("mes.replay.item", "replay_id", "All messages", readonly=True)
    failure_ids = fields.One2many(
        "mes.replay.item", "replay_id", "Not done", readonly=True, domain=[("failure", "!=", False)]
    )
    preview_count = fields.Integer("Messages found", compute="_compute_preview_count")
    total = fields.Integer(readonly=True, copy=False)
    done_count = fields.Integer("Done", compute="_compute_progress")
    failed_count = fields.Integer("Failed", compute="_compute_progress")
    progress = fields.Integer("Progress (%)", compute="_compute_progress")

    _range = models.Constraint(
        "CHECK (since IS NULL OR until IS NULL OR since < until)", "The end is before the start."
    )
    _running = models.Index(f"(id) WHERE state IN {states.sql_list([ReplayState.RUNNING])}")

    @api.depends("action", "direction", "total")
    def _compute_display_name(self):
        labels = dict(self._fields["action"]._description_selection(self.env))
        for one in self:
            one.display_name = f"{labels[one.action]} ({one.total})" if one.total else labels[one.action]

    @api.depends("message_ids")
    def _compute_chosen_count(self):
        for one in self:
            one.chosen_count = len(one.message_ids or ())

    @api.depends(
        "action", "direction", "system_ids", "target_id", "since", "until", "event_types", "message_ids", "state"
    )
    def _compute_preview_count(self):
        for one in self:
            is_ready = one.state == ReplayState.DRAFT.value and not one._missing_words()
            one.preview_count = one._count() if is_ready else one.total

    def _compute_progress(self):
        items = self.env["mes.replay.item"]
        worked = [("replay_id", "in", self.ids), ("worked_at", "!=", False)]
        counts = dict(items._read_group(worked, ["replay_id"], ["__count"]))
        failures = dict(items._read_group([*worked, ("failure", "!=", False)], ["replay_id"], ["__count"]))
        for one in self:
            one.failed_count = failures.get(one, 0)
            one.done_count = counts.get(one, 0) - one.failed_count
            one.progress = replay.percent(one.total, counts.get(one, 0)) if one.started_at else 0

    # -- doors -------------------------------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_own_fields(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._check_own_fields(vals)
        if not self.env.su and any(one.state != ReplayState.DRAFT.value for one in self):
            raise UserError(self.env._("A replay that has been started is not changed any more."))
        return super().write(vals)

    def _check_own_fields(self, vals):
        if not self.env.su and OWN_FIELDS & vals.keys():
            raise AccessError(self.env._("These fields are written by the replay itself."))

    @api.constrains("action", "direction", "message_ids")
    def _check_action(self):
        for one in self:
            if (ReplayAction(one.action), Direction(one.direction)) not in replay.TAKES:
                raise ValidationError(self.env._("This cannot be done with messages of this direction."))
            if not all(type(number) is int for number in one.message_ids or ()):
                raise ValidationError(self.env._("Messages are named by their ids."))

    @api.onchange("action")
    def _onchange_action(self):
        if (ReplayAction(self.action), Direction(self.direction)) not in replay.TAKES:
            self.direction = next(way for action, way in replay.TAKES if action.value == self.action).value

    @api.model
    def resend_since(self, since: str, until: str | None = None) -> int:
        """Start to send every system again what it was sent since then, as after a restore; returns the replay's id.

        :param since: UTC, ``YYYY-MM-DD HH:MM:SS``; ``until`` likewise
        :raises AccessError: the caller may not replay
        """
        made = self.create({"action": ReplayAction.RESEND.value, "since": since, "until": until})
        made.action_start()
        return made.id

    def action_start(self):
        """Note which messages it is about, and have it worked.

        :raises UserError: it was started before, something is not said, or there is nothing to do
        """
        for one in self:
            one.check_access("write")
            if one.state != ReplayState.DRAFT.value:
                raise UserError(self.env._("This replay has been started already."))
            if missing := one._missing_words():
                raise UserError(missing)
            total = one._choose()
            if not total:
                raise UserError(self.env._("There is no such message of your plants."))
            # sudo: only this door writes them, and the right to change the replay was checked.
            one.sudo().write(
                {
                    "state": ReplayState.RUNNING.value,
                    "total": total,
                    "started_at": fields.Datetime.now(),
                    "user_id": self.env.uid,
                }
            )
        # sudo: whoever may start a replay may have it worked.
        self.env.ref("mes_connector.ir_cron_mes_replay").sudo()._trigger()

    def action_cancel(self):
        """Stop after the step in hand; what was done stays done."""
        self.check_access("write")
        open_ones = self.filtered(lambda one: one.state in (ReplayState.DRAFT.value, ReplayState.RUNNING.value))
        # sudo: as above.
        open_ones.sudo()._end(ReplayState.CANCELLED, self.env._("Cancelled by %s.", self.env.user.name))

    def _missing_words(self):
        """The sentence that asks for what must still be said; empty when all is."""
        action = ReplayAction(self.action)
        if not self.message_ids and not self.since and action in replay.NEEDS_SINCE:
            return self.env._("Say since when, or choose the messages.")
        if action is ReplayAction.MISSED and not self.system_ids:
            return self.env._("Name the systems that missed messages.")
        if action is ReplayAction.DISCARD and not self.reason:
            return self.env._("A reason is needed: the sender is told.")
        targets = self.system_ids if action is ReplayAction.MISSED else self.target_id
        if deaf := targets - targets._takes_outbound():
            return self.env._("%s is not active or has no address to send to.", deaf[0].display_name)
        return ""

    # -- working it --------------------------------------------------------------------------------------------------

    def _step(self):
        """Work the next messages in this transaction; their number, or None when there are none for us."""
        if not self._take():
            return None
        items = self.env["mes.replay.item"].search(
            [("replay_id", "=", self.id), ("worked_at", "=", False)], order="id", limit=STEP_ITEMS
        )
        for item in items:
            item._work()
        if len(items) < STEP_ITEMS:
            self._end(ReplayState.DONE)
        return len(items)

    def action_open_made(self):
        """Show the messages this replay made."""
        self.ensure_one()
        return self._open_messages([("replay_id", "=", self.id)])

    def action_open_chosen(self):
        """Show the messages it is about, before it is started."""
        self.ensure_one()
        return self._open_messages(self._domain())

    def _open_messages(self, domain):
        return {
            "type": "ir.actions.act_window",
            "name": self.display_name,
            "res_model": self._queue()._name,
            "view_mode": "list,form",
            "domain": list(domain),
        }
