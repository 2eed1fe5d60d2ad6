"""Credentials of a system: validity, last use, revocation; making and checking signatures is core's work."""

from contextlib import suppress

from odoo import api, fields, models

from .. import vault
from ..core import states


class MesCredential(models.Model):
    _name = "mes.credential"
    _description = "System Credential"
    _order = "id desc"
    _rec_name = "hint"

    system_id = fields.Many2one("mes.system", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="system_id.company_id", store=True)
    kind = fields.Selection(states.selection(states.CredentialKind), required=True, readonly=True)
    hint = fields.Char("Ends with", readonly=True, help="The last characters of the secret, to tell keys apart.")
    # No group may read it: it leaves the table only in memory, to sign and to verify.
    secret_encrypted = fields.Char(readonly=True, required=True, copy=False, groups=fields.NO_ACCESS)
    expires_at = fields.Datetime(help="Empty: valid until revoked.")
    revoked_at = fields.Datetime(readonly=True)
    is_valid = fields.Boolean(compute="_compute_is_valid")

    @api.depends("expires_at", "revoked_at")
    def _compute_is_valid(self):
        valid = self._valid()
        for credential in self:
            credential.is_valid = credential in valid

    def _valid(self):
        now = fields.Datetime.now()
        return self.filtered(lambda one: not one.revoked_at and (not one.expires_at or one.expires_at > now))

    def action_revoke(self):
        """Refuse this credential from now on; cannot be undone, a new one can be issued."""
        self.filtered(lambda one: not one.revoked_at).write({"revoked_at": fields.Datetime.now()})

    def _signing_secrets(self):
        """The valid signing secrets of these credentials that this server can read, newest first."""
        # sudo: the field is closed to every group so that no screen and no API can show it.
        signing = self.sudo()._valid().filtered(lambda one: one.kind == states.CredentialKind.SIGNATURE.value)
        secrets = []
        for credential in signing:
            with suppress(vault.SecretUnreadable):
                secrets.append(vault.decrypt(credential.secret_encrypted))
        return tuple(secrets)
