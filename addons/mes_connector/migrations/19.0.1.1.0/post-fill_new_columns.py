"""From 19.0.1.0: a system's state `paused` becomes a pause; routes and messages get the flow class they lack."""

from odoo import SUPERUSER_ID, api
from odoo.tools import SQL

from odoo.addons.mes_connector.core.states import FlowClass, PauseKind


def migrate(cr, version):
    if not version:
        return
    env = api.Environment(cr, SUPERUSER_ID, {})
    _turn_states_into_pauses(env)
    _give_flow_classes(env)
    # Pauses hold messages by the time they were stored, which the inbox did not keep.
    cr.execute("UPDATE mes_inbox_message SET create_date = received_at WHERE create_date IS NULL")
    _drop_indexes(cr)
    env.invalidate_all()


def _drop_indexes(cr):
    """Odoo keeps indexes that no field asks for any more; these cost every message and serve nobody."""
    for table in ("mes_inbox_message", "mes_outbox_message"):
        for column in ("company_id", "event_id", "plant_id"):
            cr.execute(SQL("DROP INDEX IF EXISTS %s", SQL.identifier(f"{table}__{column}_index")))


def _turn_states_into_pauses(env):
    env.cr.execute("UPDATE mes_system SET state = 'active' WHERE state = 'paused' RETURNING id, company_id")
    env["mes.system"].invalidate_model(["state"])
    for system, company in env.cr.fetchall():
        env["mes.pause"]._begin(
            PauseKind.PAUSE, "It was paused before the update.", company_id=company, system_id=system
        )


def _give_flow_classes(env):
    """Routes first: their column was made before the classes' rows were. Types nobody knows any more are real time."""
    routes = env["mes.route"].with_context(active_test=False).search([("flow_class_id", "=", False)])
    routes._compute_flow_class_id()
    routes.flush_recordset(["flow_class_id"])
    known, classes = env["mes.dispatcher"]._event_types(), env["mes.flow.class"]._defaults()
    soon = {}
    for name, event_type in known.items():
        soon.setdefault(event_type.flow_class, []).append(name)
    for queue in ("mes.inbox.message", "mes.outbox.message"):
        for kind, names in soon.items():
            _give(env[queue], classes[kind], SQL("event_type = ANY(%s)", names))
        _give(env[queue], classes[FlowClass.REAL_TIME], SQL("TRUE"))


def _give(queue, flow_class, condition):
    queue.env.cr.execute(
        SQL(
            "UPDATE %s SET flow_class_id = %s, priority = %s WHERE flow_class_id IS NULL AND %s",
            SQL.identifier(queue._table),
            flow_class.id,
            flow_class.priority,
            condition,
        )
    )
