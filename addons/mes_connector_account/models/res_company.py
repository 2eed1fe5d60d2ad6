"""Doorway on the company: when a period is opened, what waited for it resumes."""

from odoo import models

LOCKS = {"fiscalyear_lock_date", "hard_lock_date"}


class ResCompany(models.Model):
    _inherit = "res.company"

    def write(self, vals):
        result = super().write(vals)
        if LOCKS & set(vals):
            # sudo: whoever opens a period need not work the inbox. Branches follow the locks of their parents.
            waiting = self.env["mes.inbox.message"].sudo()
            waiting.search([("company_id", "child_of", self.ids), ("code", "=", "period_closed")], order="id")._resume()
        return result
