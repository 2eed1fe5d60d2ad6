"""Who is calling: systems and their credentials, read by one statement; what a caller says is the intake's work."""

import hmac
import time
from dataclasses import dataclass

from odoo import api, fields, models
from odoo.tools import SQL

from .. import vault
from ..core import errors, signature, states
from ..core.flow import FlowPlan


@dataclass(frozen=True)
class Caller:
    """A system that has shown who it is, and what it may send."""

    id: int
    code: str
    company_id: int
    plants: dict  # warehouse code -> id
    event_types: dict  # what it may send: wire type -> core FlowPlan


class MesIdentity(models.AbstractModel):
    _name = "mes.identity"
    _description = "Caller Identity"

    @api.model
    def _identify(self, system_code, headers, body):
        """The caller of an HTTP request.

        :param headers: mapping with lower-case or case-insensitive names
        :param body: the raw bytes that are signed
        :raises Permanent: ``not_authenticated``, the same whatever failed
        """
        caller, credentials = self._load_caller(system_code)
        scheme, _space, key = (headers.get("authorization") or "").partition(" ")
        try:
            if scheme.lower() == "bearer":
                self._check_bearer(credentials.get(states.CredentialKind.BEARER, ()), key.strip())
            else:
                secrets = credentials.get(states.CredentialKind.SIGNATURE, ())
                signature.verify(secrets, headers, body, time.time())
        except errors.IntegrationError:
            self.env["mes.counter"]._count("not_authenticated", caller)
            raise
        return caller

    @api.model
    def _identify_publisher(self, system_code):
        """The caller behind an MQTT topic; the broker has let only that system publish there.

        :raises Permanent: ``not_authenticated``: no active MQTT system has the code
        """
        caller, _credentials = self._load_caller(system_code, states.TransportKind.MQTT)
        if not caller:
            self.env["mes.counter"]._count("not_authenticated")
            raise errors.error("not_authenticated")
        return caller

    def _check_bearer(self, keys, given):
        # No early end: the time taken does not tell which key was close.
        if not any([hmac.compare_digest(key.encode(), given.encode()) for key in keys]):
            raise errors.error("not_authenticated")

    def _load_caller(self, system_code, transport=None):
        """``(caller, {kind: [secrets]})``, or ``(None, {})`` when no such system has been activated."""
        rows = self.env.execute_query(
            SQL(
                """SELECT s.id, s.company_id,
                          ARRAY(SELECT ARRAY[c.kind, c.secret_encrypted] FROM mes_credential c
                                 WHERE c.system_id = s.id AND c.revoked_at IS NULL
                                   AND (c.expires_at IS NULL OR c.expires_at > %(now)s) ORDER BY c.id DESC),
                          (SELECT json_agg(json_build_array(r.event_type, f.id, f.kind, f.priority,
                                                            f.window_seconds, f.opens_at, f.closes_at))
                             FROM mes_route r JOIN mes_flow_class f ON f.id = r.flow_class_id
                            WHERE r.system_id = s.id AND r.active AND r.direction = %(direction)s),
                          ARRAY(SELECT ARRAY[w.code, w.id::text] FROM stock_warehouse w
                                  JOIN mes_system_stock_warehouse_rel p ON p.stock_warehouse_id = w.id
                                 WHERE p.mes_system_id = s.id)
                     FROM mes_system s
                    WHERE s.code = %(code)s AND s.state = %(state)s
                      AND (%(transport)s IS NULL OR s.transport = %(transport)s)""",
                now=fields.Datetime.now(),
                direction=states.Direction.IN.value,
                code=system_code,
                state=states.SystemState.ACTIVE.value,
                transport=transport and transport.value,
            )
        )
        if not rows:
            return None, {}
        system_id, company_id, credentials, event_types, plants = rows[0]
        plans = {
            name: FlowPlan(class_id, states.FlowClass(kind), *numbers)
            for name, class_id, kind, *numbers in event_types or ()
        }
        caller = Caller(system_id, system_code, company_id, {code: int(id_) for code, id_ in plants}, plans)
        secrets = {}
        for kind, token in credentials:
            if secret := self._open_secret(token):
                secrets.setdefault(states.CredentialKind(kind), []).append(secret)
        return caller, secrets

    def _open_secret(self, token):
        """The secret, or None when this server lacks its key: then it authenticates nobody (fail closed)."""
        try:
            return vault.decrypt(token)
        except vault.SecretUnreadable:
            return None
