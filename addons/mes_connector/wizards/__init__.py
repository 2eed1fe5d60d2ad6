"""Screens that are used once: credentials, codes, bookings by hand, the ownership matrix, and asking for a reason."""

from . import (
    change_production_qty,
    mes_code_assign,
    mes_credential_issue,
    mes_ownership_matrix,
    mes_paper_book,
    mes_reason,
)
