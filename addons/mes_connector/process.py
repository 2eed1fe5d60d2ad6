"""How our long-lived processes open Odoo's environment; what they do in it is the gateway's and the worker's."""

import threading
from contextlib import contextmanager

import odoo
from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry


@contextmanager
def environment(database: str):
    """An environment on a fresh cursor, with a registry that follows module updates; nothing is committed."""
    threading.current_thread().dbname = database
    registry = Registry(database).check_signaling()
    with registry.cursor() as cr:
        yield api.Environment(cr, SUPERUSER_ID, {})
        cr.rollback()


def preload(database: str) -> None:
    """Load the registry of ``database`` before anything is worked.

    :raises LookupError: the database does not have the connector
    """
    odoo.tools.config["db_name"] = [database]
    with environment(database) as env:
        if "mes.intake" not in env:
            raise LookupError(f"Database {database} does not have the addon mes_connector.")
