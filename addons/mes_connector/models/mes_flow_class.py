"""Flow classes: how soon messages are worked, collected, expired and forgotten; a route binds an event type to one."""

from odoo import api, fields, models

from ..core import states
from ..core.flow import FlowPlan


class MesFlowClass(models.Model):
    _name = "mes.flow.class"
    _description = "Flow Class"
    _order = "priority, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    kind = fields.Selection(
        states.selection(states.FlowClass),
        required=True,
        help="Real time is worked when it comes, a window collects for some time, a batch waits for its hours.",
    )
    is_default = fields.Boolean(help="Event types of this kind belong to this class unless their route says otherwise.")
    priority = fields.Integer(required=True, default=20, help="Worked lowest first; under load the highest wait.")
    target_seconds = fields.Integer("Target (p95, s)", default=2, help="From stored to applied, for 95 of 100.")
    error_budget = fields.Float("Error budget (%)", default=1.0, help="How many may miss the target.")
    window_seconds = fields.Integer("Collects for (s)", help="How long a window collects the messages of one key.")
    opens_at = fields.Float("Runs from (UTC)", help="First hour of the day in which batch work runs.")
    closes_at = fields.Float("Runs until (UTC)", help="The same hour as the first: all day.")
    batch_size = fields.Integer("Messages per delivery", default=1, help="How many are sent in one request.")
    expires_after_seconds = fields.Integer(
        "Expires after (s)", help="Not sent later than this after it was queued; 0: never expires."
    )
    retention = fields.Selection(
        states.selection(states.Retention),
        required=True,
        default=states.Retention.FULL.value,
        help="Full keeps the payload; metadata removes it a day after the message was settled; none forgets the "
        "message as soon as repetitions of it need no more be recognised.",
    )
    retention_days = fields.Integer("Kept for (days)", default=730)

    _one_default = models.UniqueIndex("(kind) WHERE is_default", "Each kind has one default class.")
    _hours = models.Constraint(
        "CHECK (opens_at >= 0 AND opens_at < 24 AND closes_at >= 0 AND closes_at <= 24)",
        "Hours are between 0:00 and 24:00.",
    )
    _not_negative = models.Constraint(
        "CHECK (priority >= 0 AND window_seconds >= 0 AND target_seconds >= 0 AND expires_after_seconds >= 0 "
        "AND retention_days >= 0)",
        "A class has no negative times and no negative priority.",
    )
    _batch_size_range = models.Constraint(
        "CHECK (batch_size BETWEEN 1 AND 500)", "One delivery holds between 1 and 500 messages."
    )

    @api.model
    def _defaults(self):
        """The default class of each kind: ``{core FlowClass: record}``."""
        # sudo: every message has a class, whoever causes it.
        found = self.sudo().search([("is_default", "=", True)])
        return {states.FlowClass(one.kind): one for one in found}

    def _plan(self):
        """The class as the queue needs it."""
        self.ensure_one()
        return FlowPlan(
            self.id,
            states.FlowClass(self.kind),
            self.priority,
            self.window_seconds,
            self.opens_at,
            self.closes_at,
        )
