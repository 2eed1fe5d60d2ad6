# Addon description only: what it is, what it needs and which files it loads, in load order.
{
    "name": "Plant Integration: MES Connector",
    "summary": "Manufacturing orders flow out to the plant, what happened flows back: once, in order, provably",
    "version": "19.0.1.0.0",
    "category": "Manufacturing/Manufacturing",
    "author": "Plant Integration Suite contributors",
    "license": "LGPL-3",
    "depends": ["mrp", "mail", "bus"],
    "external_dependencies": {"python": ["requests", "paho-mqtt", "jsonschema-rs", "cryptography"]},
    "data": [
        "security/mes_groups.xml",
        "security/ir.model.access.csv",
        "security/mes_rules.xml",
        "data/uom_data.xml",
        "data/ir_cron_data.xml",
    ],
    "application": True,
    "installable": True,
}
