"""Issues a credential and shows its secret this one time; the registry keeps it encrypted."""

from odoo import fields, models

from ..core import states


class MesCredentialIssue(models.TransientModel):
    _name = "mes.credential.issue"
    _description = "Issue a Credential"

    system_id = fields.Many2one("mes.system", required=True)
    kind = fields.Selection(
        states.selection(states.CredentialKind), required=True, default=states.CredentialKind.SIGNATURE.value
    )
    # Never stored: the screen gets it in the action's context and forgets it when it is closed.
    secret = fields.Char(store=False, readonly=True)

    def action_issue(self):
        """Make the credential and show its secret."""
        self.ensure_one()
        secret = self.system_id.issue_credential(self.kind)["secret"]
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Copy the secret now: it is not shown again"),
            "res_model": self._name,
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_system_id": self.system_id.id,
                "default_kind": self.kind,
                "default_secret": secret,
            },
        }
