"""Event types as rows, so that they can be looked at and paused; what they are is said by the tables in the code."""

from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..core import states


class MesEventType(models.Model):
    _name = "mes.event.type"
    _description = "Event Type"
    _inherit = ["mes.pausable"]
    _order = "is_to_plant, name"

    name = fields.Char("Event type", required=True, readonly=True)
    summary = fields.Char("Says", readonly=True, translate=True)
    is_from_plant = fields.Boolean("From the plant", readonly=True)
    is_to_plant = fields.Boolean("To the plant", readonly=True)
    kind = fields.Selection(
        states.selection(states.FlowClass),
        "Usual flow class",
        readonly=True,
        help="The class of its routes, unless a route names another one.",
    )
    inbox_waiting_count = fields.Integer("Received, waiting", compute="_compute_waiting")
    outbox_waiting_count = fields.Integer("To send, waiting", compute="_compute_waiting")

    _name_unique = models.Constraint("UNIQUE (name)", "There is a row for this event type already.")

    @api.model
    def _sync(self, module):
        """Have a row for every event type of ``module``; it goes with the module. Called by the module's own data."""
        others = self.env["ir.model.data"].search([("model", "=", self._name), ("module", "!=", module)])
        names_of_others = self.browse(others.mapped("res_id")).mapped("name")
        self._load_records(
            [
                {
                    "xml_id": f"{module}.event_type_{name.replace('.', '_')}",
                    "noupdate": False,
                    "values": {
                        "name": name,
                        "summary": event_type.summary,
                        "is_from_plant": states.Direction.IN in event_type.directions,
                        "is_to_plant": states.Direction.OUT in event_type.directions,
                        "kind": event_type.flow_class.value,
                    },
                }
                for name, event_type in self.env["mes.dispatcher"]._event_types().items()
                if name not in names_of_others
            ],
            update=True,
        )

    def _compute_waiting(self):
        for name in ("inbox", "outbox"):
            queue = self.env[f"mes.{name}.message"]
            domain = [("event_type", "in", self.mapped("name")), *queue._waiting_domain()]
            counts = dict(queue._read_group(domain, ["event_type"], ["__count"]))
            for event_type in self:
                event_type[f"{name}_waiting_count"] = counts.get(event_type.name, 0)

    def action_open_inbox(self):
        return self._open_messages("inbox")

    def action_open_outbox(self):
        return self._open_messages("outbox")

    def _open_messages(self, name):
        action = self.env["ir.actions.act_window"]._for_xml_id(f"mes_connector.mes_{name}_message_action")
        domain = [("event_type", "in", self.mapped("name")), *self.env[action["res_model"]]._waiting_domain()]
        return dict(action, domain=domain, context={})

    def _pause_scope(self):
        self.ensure_one()
        return {"company_id": self.env.company.id, "event_type": self.name}

    def _check_may_pause(self):
        """An event type is every plant's: integrators only.

        :raises AccessError: the user is not an integrator
        """
        if not self.env.su and not self.env.user.has_group("mes_connector.group_mes_integrator"):
            raise AccessError(self.env._("An event type concerns every plant: only integrators may pause it."))
        super()._check_may_pause()
