"""The pure rules of the connector: no Odoo, no network, no clock, no randomness.

Only the standard library and ``jsonschema_rs`` are imported here, so that every rule is tested
in milliseconds without a database; time, random bytes and random generators are arguments.
"""
