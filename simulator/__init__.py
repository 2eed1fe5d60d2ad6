"""The virtual plant: a separate process that plays an MES against the public API and never imports Odoo."""
