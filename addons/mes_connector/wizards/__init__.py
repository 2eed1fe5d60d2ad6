"""Screens that are used once: issue a credential, hold an order, discard, pause or drain with a reason."""

from . import mes_credential_issue, mes_reason
