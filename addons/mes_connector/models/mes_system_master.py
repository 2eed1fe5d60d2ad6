"""Doorway of the registry to master data: what a system was told, and telling it all again."""

from odoo import fields, models


class MesSystem(models.Model):
    _inherit = "mes.system"

    publication_count = fields.Integer("Told of", compute="_compute_publication_count")

    def _compute_publication_count(self):
        domain = [("system_id", "in", self.ids), ("is_deleted", "=", False), ("sent_at", "!=", False)]
        counts = dict(self.env["mes.publication"]._read_group(domain, ["system_id"], ["__count"]))
        for system in self:
            system.publication_count = counts.get(system, 0)

    def action_open_publications(self):
        """Show of which objects the systems were told."""
        action = self.env["ir.actions.act_window"]._for_xml_id("mes_connector.mes_publication_action")
        return dict(action, domain=[("system_id", "in", self.ids)], context={})

    def action_resend_master_data(self):
        """Open a run that sends the system all its master data again."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Resend master data"),
            "res_model": "mes.publication.run",
            "view_mode": "form",
            "context": {"default_system_id": self.id, "default_is_forced": True},
        }
