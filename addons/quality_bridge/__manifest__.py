# Addon description only: what it is and what it needs.
{
    "name": "Plant Integration: Quality Bridge",
    "summary": "Place for the quality side of the plant integration; installs without changing anything yet",
    # Odoo would read the README as reStructuredText.
    "description": "The quality side of the plant integration; see README.md.",
    "version": "19.0.1.0.0",
    "category": "Manufacturing/Manufacturing",
    "author": "Plant Integration Suite contributors",
    "license": "LGPL-3",
    "depends": ["mes_connector", "stock"],
    "installable": True,
}
