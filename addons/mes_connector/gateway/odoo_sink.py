"""Where the gateway meets Odoo: one message is one cursor, one commit; and outbound lanes over MQTT."""

import logging
from functools import partial

from psycopg2 import InterfaceError, OperationalError
from psycopg2.pool import PoolError

from odoo.service.model import retrying

from ..core import errors
from ..core.envelope import MAX_BODY_BYTES
from ..core.topics import parse_inbound
from ..process import environment
from ..transports.mqtt import MqttTransport
from .client import MqttClient

_logger = logging.getLogger(__name__)

#: The database is down, full of connections, or in conflict: none of it is the publication's fault.
DatabaseUnavailable = (OperationalError, InterfaceError, PoolError)


class OdooSink:
    """Takes what the broker delivers into the inbox of one database, and sends what its outbox holds."""

    def __init__(self, database: str):
        self._database = database

    def take(self, topic: str, body: bytes) -> bool:
        """Store one publication; True once it is committed, so that the broker may forget it.

        One publication never stops those behind it: what cannot be read goes to quarantine.

        :raises psycopg2.Error: the database does not take it now; the broker keeps it
        """
        system_code = parse_inbound(topic)
        if not system_code:
            return True
        try:
            self._commit(self._store, system_code, body)
        except DatabaseUnavailable:
            raise
        except Exception as error:
            _logger.exception("mes: a publication of %s could not be stored", system_code)
            self._commit(self._keep, system_code, body, errors.error("technical", str(error)))
        return True

    def _commit(self, work, *arguments):
        """Run ``work(env, *arguments)`` in a transaction that is committed when this returns."""
        with environment(self._database) as env:
            retrying(partial(work, env, *arguments), env)

    def deliver(self, client: MqttClient) -> int:
        """Work the outbox of MQTT systems once; returns how many messages were worked."""
        with environment(self._database) as env:
            return env["mes.lane"]._run("mes.outbox.message", transport=MqttTransport(client)).worked

    def _store(self, env, system_code, body):
        intake, caller = env["mes.intake"], self._identify(env, system_code)
        if not caller:
            return
        try:
            if len(body) > MAX_BODY_BYTES:
                raise errors.error("too_large")
            _is_batch, readings = intake._read(caller, body)
        except errors.IntegrationError as error:
            intake._keep_body(caller, body, error)
            return
        results = intake._store(caller, readings)
        # A publisher gets no status code: a repeated event gets its first answer again as a message.
        repeated = [result["message"] for result in results if result["status"] == "duplicate"]
        env["mes.outbox.message"]._answer_again(repeated)

    def _keep(self, env, system_code, body, error):
        caller = self._identify(env, system_code)
        if caller:
            env["mes.intake"]._keep_body(caller, body, error)

    def _identify(self, env, system_code):
        """The publisher; None for a system that is not active, which is counted: delivering again would not help."""
        try:
            return env["mes.identity"]._identify_publisher(system_code)
        except errors.IntegrationError as error:
            _logger.info("mes: publication of %s refused: %s", system_code, error)
            return None
