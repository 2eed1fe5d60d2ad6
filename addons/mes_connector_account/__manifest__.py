# Addon description only: what it is, what it needs and which files it loads, in load order.
{
    "name": "Plant Integration: MES Connector and Accounting",
    "summary": "What the plant reports is worth what it cost: valuation in increments, labor once, locked periods",
    # Odoo would read the README as reStructuredText.
    "description": "Values what mes_connector posts where mrp_account is installed; see README.md.",
    "version": "19.0.1.0.0",
    "category": "Manufacturing/Manufacturing",
    "author": "Plant Integration Suite contributors",
    "license": "LGPL-3",
    "depends": ["mes_connector", "mrp_account"],
    "data": [
        "security/ir.model.access.csv",
        "security/mes_rules.xml",
        "views/mes_backlog_views.xml",
        "views/mes_effect_views.xml",
        "views/mrp_production_views.xml",
        "views/mrp_workcenter_views.xml",
    ],
    "auto_install": True,
    "installable": True,
}
