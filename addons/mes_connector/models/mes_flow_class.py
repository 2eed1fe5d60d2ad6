"""Flow classes: how soon messages are worked, collected, expired and forgotten; a route binds an event type to one."""

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

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
    is_default = fields.Boolean(
        "Default of its kind", help="Event types of this kind belong to this class unless their route says otherwise."
    )
    priority = fields.Integer(
        required=True,
        default=20,
        help="Worked lowest first: while a message of a lower number is due anywhere, those of a higher one wait. "
        "Messages keep the priority with which they were stored.",
    )
    target_seconds = fields.Integer(
        "Target (p95, s)", default=2, help="From stored to applied or sent, for 95 of 100 messages, in seconds."
    )
    error_budget = fields.Float("Error budget (%)", default=1.0, help="How many may miss the target.")
    window_seconds = fields.Integer(
        "Collects for (s)",
        help="How long the messages of one key are collected before they are worked together. A real-time message of "
        "the key ends it at once, so that their order holds.",
    )
    opens_at = fields.Float("Runs from (UTC)", help="Hour of the day from which batch work runs.")
    closes_at = fields.Float(
        "Runs until (UTC)", help="May be after midnight. The same hour as the first: batch work runs all day."
    )
    batch_size = fields.Integer("Messages per delivery", default=1, help="How many are sent in one request at most.")
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
    retention_days = fields.Integer(
        "Kept for (days)",
        default=730,
        help="Settled messages are removed afterwards, but not while repetitions of them must still be recognised.",
    )
    route_ids = fields.One2many("mes.route", "flow_class_id", "Routes")

    _one_default = models.UniqueIndex("(kind) WHERE is_default", "Each kind has one default class.")
    _error_budget_range = models.Constraint(
        "CHECK (error_budget BETWEEN 0 AND 100)", "The error budget is between 0 and 100 percent."
    )
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

    @api.model_create_multi
    def create(self, vals_list):
        for kind in {vals.get("kind") for vals in vals_list if vals.get("is_default")}:
            self._take_default_from(self.search([("kind", "=", kind), ("is_default", "=", True)]))
        return super().create(vals_list)

    def write(self, vals):
        if vals.get("is_default"):
            kinds = [vals["kind"]] if "kind" in vals else self.mapped("kind")
            self._take_default_from(self.search([("kind", "in", kinds), ("is_default", "=", True)]) - self)
        result = super().write(vals)
        if vals.keys() & {"is_default", "active", "kind"}:
            self._check_defaults()
        return result

    def _take_default_from(self, others):
        # Not through write, which would not let go of the kind's only default.
        others.flush_recordset(["is_default"])
        self.env.cr.execute("UPDATE mes_flow_class SET is_default = FALSE WHERE id = ANY(%s)", [others.ids])
        others.invalidate_recordset(["is_default"])

    def _check_defaults(self):
        """Whatever is stored needs a class.

        :raises ValidationError: a kind is left without one
        """
        if len(self._defaults()) < len(states.FlowClass):
            raise ValidationError(
                self.env._("Each kind needs one default class that is in use. Make another class its default first.")
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_unless_used(self):
        messages = (self.env["mes.inbox.message"], self.env["mes.outbox.message"])
        for one in self:
            if one.is_default:
                raise UserError(
                    self.env._("%s is the default of its kind. Make another class the default first.", one.name)
                )
            # sudo: routes and messages of every plant and company count.
            routes = one.sudo().with_context(active_test=False).route_ids
            if routes:
                raise UserError(
                    self.env._(
                        "%(name)s is the class of %(count)s routes, such as %(route)s. Give them another class first.",
                        name=one.name,
                        count=len(routes),
                        route=f"{routes[0].system_id.name}, {routes[0].event_type}",
                    )
                )
            if any(queue.sudo().search_count([("flow_class_id", "=", one.id)], limit=1) for queue in messages):
                raise UserError(
                    self.env._("Messages of the class %s are still kept. Archive it instead of deleting it.", one.name)
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
