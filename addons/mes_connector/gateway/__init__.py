"""The long-running MQTT process, minus its command line; only odoo_sink.py knows Odoo."""
