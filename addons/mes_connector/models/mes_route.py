"""Routes: which event types a system may send and is sent, and how soon; how they are delivered is not decided here."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..core import states


class MesRoute(models.Model):
    _name = "mes.route"
    _description = "Event Route"
    _inherit = ["mes.pausable"]
    _order = "system_id, direction, event_type"
    _rec_name = "event_type"

    system_id = fields.Many2one("mes.system", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="system_id.company_id", store=True)
    event_type = fields.Char(required=True, help="Full type with its version, such as mes.order.released.v1.")
    direction = fields.Selection(states.selection(states.Direction), required=True)
    active = fields.Boolean(default=True)
    flow_class_id = fields.Many2one(
        "mes.flow.class",
        "Flow class",
        compute="_compute_flow_class_id",
        store=True,
        readonly=False,
        precompute=True,
        ondelete="restrict",
        help="How soon these messages are worked.",
    )

    _unique_route = models.Constraint(
        "UNIQUE (system_id, direction, event_type)", "This event type is routed to the system already."
    )

    @api.depends("event_type")
    def _compute_flow_class_id(self):
        known, classes = self.env["mes.dispatcher"]._event_types(), self.env["mes.flow.class"]._defaults()
        for route in self:
            event_type = known.get(route.event_type)
            route.flow_class_id = classes.get(event_type.flow_class if event_type else states.FlowClass.REAL_TIME)

    @api.constrains("event_type", "direction")
    def _check_event_type(self):
        known = self.env["mes.dispatcher"]._event_types()
        for route in self:
            event_type = known.get(route.event_type)
            if not event_type or states.Direction(route.direction) not in event_type.directions:
                raise ValidationError(
                    self.env._(
                        "%(type)s is not an event type for this direction. The list is in the reference pages.",
                        type=route.event_type,
                    )
                )

    def _pause_scope(self):
        self.ensure_one()
        return {
            "company_id": self.company_id.id,
            "system_id": self.system_id.id,
            "event_type": self.event_type,
            "direction": self.direction,
        }

    def _plants_stopped(self):
        return self.system_id._plants_stopped()

    def _targets(self, event_type, plant):
        """The systems to be sent ``event_type`` for something that happens in ``plant``."""
        # sudo: whoever confirms or releases an order need not read the registry.
        routes = self.sudo().search(
            [
                ("event_type", "=", event_type),
                ("direction", "=", states.Direction.OUT.value),
                ("system_id.plant_ids", "in", plant.ids),
            ]
        )
        return routes.system_id._takes_outbound()

    @api.model
    def _flow_classes(self, event_type, systems):
        """The flow class of what is sent, by system id: the route's, or the default of the event type."""
        # sudo: as above.
        routes = self.sudo().search(
            [
                ("event_type", "=", event_type),
                ("direction", "=", states.Direction.OUT.value),
                ("system_id", "in", systems.ids),
            ]
        )
        known = self.env["mes.dispatcher"]._event_types().get(event_type)
        kind = known.flow_class if known else states.FlowClass.REAL_TIME
        default = self.env["mes.flow.class"]._defaults()[kind]
        return {**{system.id: default for system in systems}, **{one.system_id.id: one.flow_class_id for one in routes}}
