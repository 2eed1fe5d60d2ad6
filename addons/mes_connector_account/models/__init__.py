"""Money on what the connector posts: prices of receipts, labor entries, posting days, and the figures on screens."""

from . import (
    account_move,
    mes_backlog,
    mes_books,
    mes_effect,
    mes_order_document,
    mes_order_value,
    mes_posting,
    mes_reconciliation_line,
    mrp_production,
    mrp_workcenter,
    mrp_workorder,
    res_company,
    stock_move,
    stock_scrap,
)
