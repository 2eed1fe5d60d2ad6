"""From 19.0.1.2: older systems may be asked for totals and missing events, and may send their totals, too."""

from odoo import SUPERUSER_ID, api

from odoo.addons.mes_connector.core.event_types import default_routes
from odoo.addons.mes_connector.core.states import SystemKind

NEW = ("mes.shift.summarized.v1", "mes.shift.summary.requested.v1", "mes.resend.requested.v1")


def migrate(cr, version):
    if not version:
        return
    env = api.Environment(cr, SUPERUSER_ID, {})
    routes, systems = env["mes.route"].with_context(active_test=False), env["mes.system"].search([])
    known = {(one.system_id, one.event_type) for one in routes.search([("event_type", "in", NEW)])}
    wanted = {kind.value: [route for route in default_routes(kind) if route[0] in NEW] for kind in SystemKind}
    routes.create(
        [
            {"system_id": system.id, "event_type": event_type, "direction": direction.value}
            for system in systems
            for event_type, direction in wanted[system.kind]
            if (system, event_type) not in known
        ]
    )
