"""Screens that are used once: issue a credential, book by hand, and whatever asks for a reason first."""

from . import change_production_qty, mes_credential_issue, mes_paper_book, mes_reason
