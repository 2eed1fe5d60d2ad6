"""Doorways between sales orders, manufacturing orders and the life cycle."""

from . import mes_order_document, mes_order_lifecycle, mrp_production, sale_order_line
