# Addon description only: what it is, what it needs and which files it loads, in load order.
{
    "name": "Plant Integration: Maintenance Bridge",
    "summary": "Equipment with the plant's codes, told to the plant's systems with the other master data",
    # Odoo would read the README as reStructuredText.
    "description": "The maintenance side of the plant integration; see README.md.",
    "version": "19.0.1.1.0",
    "category": "Manufacturing/Manufacturing",
    "author": "Plant Integration Suite contributors",
    "license": "LGPL-3",
    "depends": ["mes_connector", "maintenance"],
    "data": [
        "data/mes_event_type_data.xml",
        "views/maintenance_equipment_views.xml",
    ],
    "installable": True,
}
