"""What became of the messages that a row of the crosswalk let through; which ones those are is the look-up's work."""

from odoo import api, fields, models


class MesInboxMessage(models.Model):
    _inherit = "mes.inbox.message"

    code_map_id = fields.Many2one(
        "mes.code.map",
        "Crosswalk row",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        help="The row that let it through, when it had waited for its code.",
    )


class MesCodeMap(models.Model):
    _inherit = "mes.code.map"

    # sudo: how many they are is no secret; which ones they are, the list of them shows within the reader's plants.
    resumed_count = fields.Integer("Messages let through", compute="_compute_resumed", compute_sudo=True)
    resumed = fields.Char("What became of them", compute="_compute_resumed", compute_sudo=True)

    def _compute_resumed(self):
        messages = self.env["mes.inbox.message"]
        labels = dict(messages._fields["state"]._description_selection(self.env))
        groups = messages._read_group([("code_map_id", "in", self.ids)], ["code_map_id", "state"], ["__count"])
        found = {}
        for row, state, count in groups:
            found.setdefault(row, []).append((labels[state], count))
        for row in self:
            states = found.get(row, ())
            row.resumed_count = sum(count for _label, count in states)
            row.resumed = ", ".join(f"{label}: {count}" for label, count in states)

    def action_open_messages(self):
        """Show the messages that the rows let through, with what became of each."""
        action = self.env["ir.actions.act_window"]._for_xml_id("mes_connector.mes_inbox_message_action")
        return dict(action, domain=[("code_map_id", "in", self.ids)], context={})

    @api.model
    def _notice(self, words, **params):
        """The client action that says ``words``, and closes the window it is said from."""
        params = {"type": "success", "message": words, "next": {"type": "ir.actions.act_window_close"}, **params}
        return {"type": "ir.actions.client", "tag": "display_notification", "params": params}
