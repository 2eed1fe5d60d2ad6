"""Odoo's own tests, run with and without the suite; the suite's own tests are elsewhere."""
