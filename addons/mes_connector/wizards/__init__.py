"""Screens that are used once: issue a credential; hold, close, reopen, discard, pause or drain with a reason."""

from . import change_production_qty, mes_credential_issue, mes_reason
