"""Codes we do not know: what parked messages wait for, a line per system and code; read from the inbox only."""

from odoo import fields, models
from odoo.tools import SQL

from ..core import states
from ..core.states import CodeKind, CodeMapState, InboxState
from .mes_code_map_lookup import WAITING_CODES


class MesCodeUnknown(models.Model):
    _name = "mes.code.unknown"
    _description = "Unknown Code"
    _auto = False
    _order = "message_count desc, id"
    _rec_name = "code"
    _depends = {
        "mes.inbox.message": ["state", "code", "waiting_for", "system_id", "ordering_key", "event_time"],
        "mes.code.map": ["state", "kind", "code", "system_id", "plant_id"],
    }

    system_id = fields.Many2one("mes.system", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    kind = fields.Selection(states.selection(CodeKind), readonly=True)
    code = fields.Char("Their code", readonly=True)
    message_count = fields.Integer("Messages", readonly=True)
    order_count = fields.Integer("Orders", readonly=True)
    first_at = fields.Datetime("First happened at", readonly=True)
    last_at = fields.Datetime("Last happened at", readonly=True)
    is_proposed = fields.Boolean("Proposed", readonly=True, help="A row for it waits for a second person.")

    @property
    def _table_query(self):
        return SQL(
            """SELECT waiting.*, EXISTS (
                          SELECT FROM mes_code_map row
                           WHERE row.state = %s AND row.kind = waiting.kind AND row.code = waiting.code
                             AND (row.system_id = waiting.system_id OR row.plant_id IN (
                                    SELECT served.stock_warehouse_id FROM mes_system_stock_warehouse_rel served
                                     WHERE served.mes_system_id = waiting.system_id))) AS is_proposed
                 FROM (SELECT min(m.id) AS id, m.system_id, m.company_id,
                              split_part(m.waiting_for, ':', 1) AS kind,
                              substr(m.waiting_for, strpos(m.waiting_for, ':') + 1) AS code,
                              count(*) AS message_count, count(DISTINCT m.ordering_key) AS order_count,
                              min(m.event_time) AS first_at, max(m.event_time) AS last_at
                         FROM mes_inbox_message m
                        WHERE m.state = %s AND m.code IN %s AND split_part(m.waiting_for, ':', 1) IN %s
                        GROUP BY m.system_id, m.company_id, m.waiting_for) waiting""",
            CodeMapState.PROPOSED.value,
            InboxState.PARKED.value,
            WAITING_CODES,
            tuple(kind.value for kind in CodeKind),
        )

    def action_map(self):
        """Open the wizard that maps the code, and shows before what will go on."""
        self.ensure_one()
        context = {f"default_{name}": self[name] for name in ("kind", "code")}
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Map a code"),
            "res_model": "mes.code.assign",
            "view_mode": "form",
            "target": "new",
            "context": dict(context, default_system_id=self.system_id.id),
        }

    def action_open_rows(self):
        """Show the proposed rows for the code."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("mes_connector.mes_code_map_action")
        domain = [("kind", "=", self.kind), ("code", "=", self.code), ("state", "=", CodeMapState.PROPOSED.value)]
        return dict(action, domain=domain, context={})

    def action_open_messages(self):
        """Show the messages that wait for the code."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("mes_connector.mes_inbox_message_action")
        waiting = [
            ("state", "=", InboxState.PARKED.value),
            ("code", "in", WAITING_CODES),
            ("system_id", "=", self.system_id.id),
            ("waiting_for", "=", f"{self.kind}:{self.code}"),
        ]
        return dict(action, domain=waiting, context={})
