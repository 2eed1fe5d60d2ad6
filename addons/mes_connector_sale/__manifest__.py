# Addon description only: what it is and what it needs.
{
    "name": "Plant Integration: Make to Order",
    "summary": "The plant learns whom an order is for and how it was configured; the sale learns how far the plant is",
    # Odoo would read the README as reStructuredText.
    "description": "Connects sales orders with the plant integration; see README.md.",
    "version": "19.0.1.0.0",
    "category": "Manufacturing/Manufacturing",
    "author": "Plant Integration Suite contributors",
    "license": "LGPL-3",
    "depends": ["mes_connector", "sale_mrp"],
    "data": [
        "views/sale_order_views.xml",
        "views/mrp_production_views.xml",
    ],
    "auto_install": True,
    "installable": True,
}
