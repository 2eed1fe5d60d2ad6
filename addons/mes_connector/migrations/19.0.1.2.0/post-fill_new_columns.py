"""From 19.0.1.1: which revision a plant runs; whose time a log of a plant's order is, and what it follows from."""

from odoo import SUPERUSER_ID
from odoo.tools import SQL

from odoo.addons.mes_connector.core.states import TimeMark, TimeOrigin

# Reports were booked under the system user, work without an end as a timer of its own.
LOGS = """mrp_workcenter_productivity l JOIN mrp_workorder w ON w.id = l.workorder_id
          JOIN mrp_production p ON p.id = w.production_id AND p.mes_phase IS NOT NULL"""


def migrate(cr, version):
    if not version:
        return
    cr.execute(
        "UPDATE mrp_production SET mes_plant_revision = mes_revision"
        " WHERE mes_acknowledged_at IS NOT NULL AND coalesce(mes_plant_revision, 0) = 0"
    )
    reported = SQL("l.user_id = %s AND l.mes_origin IS NULL", SUPERUSER_ID)
    cr.execute(
        SQL(
            "INSERT INTO mes_time_mark (workorder_id, company_id, kind, at)"
            " SELECT l.workorder_id, p.company_id, %s, l.date_start FROM %s WHERE %s AND l.date_end IS NULL",
            TimeMark.STARTED.value,
            SQL(LOGS),
            reported,
        )
    )
    cr.execute(
        SQL(
            "UPDATE mrp_workcenter_productivity SET user_id = NULL, mes_origin = found.origin FROM"
            " (SELECT l.id, CASE WHEN l.date_end IS NULL THEN %s ELSE %s END AS origin FROM %s WHERE %s) AS found"
            " WHERE found.id = mrp_workcenter_productivity.id",
            TimeOrigin.MARKS.value,
            TimeOrigin.CONFIRMED.value,
            SQL(LOGS),
            reported,
        )
    )
