"""Where the gateway meets Odoo: one message is one cursor, one commit; and outbound lanes over MQTT."""

import logging
import threading
from functools import partial

import odoo
from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.service.model import retrying

from ..core import errors
from ..core.envelope import MAX_BODY_BYTES
from ..core.topics import parse_inbound
from ..transports.mqtt import MqttTransport
from .client import MqttClient

_logger = logging.getLogger(__name__)


class OdooSink:
    """Takes what the broker delivers into the inbox of one database, and sends what its outbox holds."""

    def __init__(self, database: str):
        self._database = database

    def take(self, topic: str, body: bytes) -> bool:
        """Store one publication; True once it is committed, so that the broker may forget it.

        What can never be stored (unknown system, not JSON) is counted and let go: delivering it again would not help.
        """
        system_code = parse_inbound(topic)
        if not system_code:
            return True
        with self._environment() as env:
            # retrying() commits; the broker is told only after that.
            retrying(partial(self._store, env, system_code, body), env)
        return True

    def deliver(self, client: MqttClient) -> int:
        """Work the outbox of MQTT systems once; returns how many messages were worked."""
        with self._environment() as env:
            return env["mes.lane"]._run("mes.outbox.message", transport=MqttTransport(client))

    def _store(self, env, system_code, body):
        intake, caller = env["mes.intake"], None
        try:
            caller = env["mes.identity"]._identify_publisher(system_code)
            if len(body) > MAX_BODY_BYTES:
                raise errors.error("too_large")
            _is_batch, readings = intake._read(caller, body)
        except errors.IntegrationError as error:
            _logger.warning("mes: publication of %s refused: %s", system_code, error)
            if caller:
                env["mes.counter"]._count(error.code, caller)
            return
        results = intake._store(caller, readings)
        # A publisher gets no status code: a repeated event gets its first answer again as a message.
        repeated = [result["message"] for result in results if result["status"] == "duplicate"]
        env["mes.outbox.message"]._answer_again(repeated)

    def _environment(self):
        """An environment on a fresh cursor, with a registry that follows module updates."""
        return _Environment(self._database)


class _Environment:
    """Opens a cursor for one unit of work, as Odoo's own long-running processes do."""

    def __init__(self, database):
        self._database = database

    def __enter__(self):
        threading.current_thread().dbname = self._database
        registry = Registry(self._database).check_signaling()
        self._cr = registry.cursor()
        return api.Environment(self._cr, SUPERUSER_ID, {})

    def __exit__(self, *_failure):
        self._cr.close()


def preload(database: str) -> None:
    """Load the registry of ``database`` before anything is taken from the broker.

    :raises LookupError: the database does not have the connector
    """
    odoo.tools.config["db_name"] = [database]
    with _Environment(database) as env:
        if "mes.intake" not in env:
            raise LookupError(f"Database {database} does not have the addon mes_connector.")
