"""Screens that are used once: issue a credential, map a code, book by hand, show the ownership matrix, ask for a reason."""

from . import (
    change_production_qty,
    mes_code_assign,
    mes_credential_issue,
    mes_ownership_matrix,
    mes_paper_book,
    mes_reason,
)
