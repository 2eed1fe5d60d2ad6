"""The way in for both wires: what is said, and storing it once; who says it is settled before (mes_identity.py)."""

import hashlib
import json
import uuid
from dataclasses import dataclass

from odoo import api, models
from odoo.tools import SQL

from ..core import errors, states
from ..core.envelope import BATCH, content_hash, media_type, parse_json, read_event, split_events
from ..core.event_types import event_type, ordering_key
from ..core.flow import collect_until
from ..core.messages import Envelope
from ..core.sharding import shard_of

#: How much of an invalid event is kept, and how many invalid events per system.
QUARANTINE_CHARACTERS = 65536
QUARANTINE_ROWS = 500


#: How much of an identifier of an invalid event is kept.
IDENTIFIER_CHARACTERS = 255


#: Stores what is new of a request in one statement, and says of each event which row it is.
STORE = """
    WITH incoming AS (
            SELECT * FROM json_to_recordset(%(rows)s) AS x(
                uuid text, source text, event_id text, event_type text, event_time timestamp,
                ordering_key text, shard int, sequence int, expires_at timestamp, plant_id int,
                correlation_id text, causation_id text, traceparent text, payload text,
                content_hash text, flow_class_id int, priority int, collect_until timestamp,
                position int)),
        new AS (
            SELECT incoming.* FROM incoming
             WHERE NOT EXISTS (SELECT 1 FROM mes_inbox_message known
                                WHERE known.system_id = %(system)s AND known.source = incoming.source
                                  AND known.event_id = incoming.event_id
                                  AND known.is_quarantined IS NOT TRUE AND known.replay_of_id IS NULL)),
        inserted AS (
            INSERT INTO mes_inbox_message (
                system_id, company_id, state, received_at, create_date, write_date, create_uid, write_uid,
                attempt_count, uuid, source, event_id, event_type, event_time, ordering_key, shard,
                sequence, expires_at, plant_id, correlation_id, causation_id, traceparent, payload,
                content_hash, flow_class_id, priority, collect_until)
            SELECT %(system)s, %(company)s, %(state)s, %(now)s, %(now)s, %(now)s, %(uid)s, %(uid)s, 0,
                   uuid, source, event_id, event_type, event_time, ordering_key, shard,
                   sequence, expires_at, plant_id, correlation_id, causation_id, traceparent, payload,
                   content_hash, flow_class_id, priority,
                   CASE WHEN collect_until IS NOT NULL THEN least(collect_until, (
                        SELECT min(open.collect_until) FROM mes_inbox_message open
                         WHERE open.system_id = %(system)s AND open.ordering_key = new.ordering_key
                           AND open.state IN %(blocking)s AND open.collect_until > %(now)s)) END
              FROM new ORDER BY position
            ON CONFLICT (system_id, source, event_id)
                  WHERE is_quarantined IS NOT TRUE AND replay_of_id IS NULL DO NOTHING
            RETURNING uuid, source, event_id, content_hash)
    SELECT incoming.position, incoming.event_id, incoming.source, incoming.uuid = inserted.uuid,
           coalesce(inserted.uuid, known.uuid),
           coalesce(inserted.content_hash, known.content_hash) = incoming.content_hash
      FROM incoming
      LEFT JOIN inserted USING (source, event_id)
      LEFT JOIN mes_inbox_message known
             ON known.system_id = %(system)s AND known.source = incoming.source
            AND known.event_id = incoming.event_id AND known.is_quarantined IS NOT TRUE
            AND known.replay_of_id IS NULL
     ORDER BY incoming.position"""


@dataclass(frozen=True)
class Reading:
    """One event of a request: either an envelope that may be stored, or the error that refuses it.

    ``event_id``, ``source`` and ``type`` are what could be read of them, also of an invalid event.
    """

    raw: str
    hash: str
    error: errors.IntegrationError | None = None
    event_id: str = ""
    source: str = ""
    type: str = ""
    envelope: Envelope | None = None


class MesIntake(models.AbstractModel):
    _name = "mes.intake"
    _description = "Message Intake"

    @api.model
    def _read(self, caller, body, content_type=None):
        """The events of a body, each checked against envelope rules, routes and its schema.

        :param content_type: of the HTTP request; over MQTT there is none, and the body's shape decides
        :return: ``(is_batch, [Reading])``
        :raises Permanent: ``media_type_unsupported``, ``json_invalid`` or ``too_large`` for the body as a whole
        """
        kind = "" if content_type is None else media_type(content_type)
        parsed = parse_json(body)
        is_batch = kind == BATCH or isinstance(parsed, list)
        return is_batch, [self._read_one(caller, event) for event in split_events(parsed, kind)]

    @api.model
    def _read_one(self, caller, event):
        try:
            envelope = read_event(event)
            self._check_contract(caller, envelope)
        except errors.IntegrationError as error:
            return self._unreadable(event, error)
        return Reading(envelope.raw, content_hash(event), event_id=envelope.id, envelope=envelope)

    def _unreadable(self, event, error):
        """An invalid event, with as much of its identity as there is."""
        said = event if isinstance(event, dict) else {"not_an_event": event}
        identity = [said.get(name) for name in ("id", "source", "type")]
        identity = [one[:IDENTIFIER_CHARACTERS] if isinstance(one, str) else "" for one in identity]
        return Reading(json.dumps(event, ensure_ascii=False), content_hash(said), error, *identity)

    @api.model
    def _keep_body(self, caller, body, error):
        """Quarantine a whole body that could not be read, for senders that get no status code."""
        text = body.decode(errors="replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
        self._quarantine(caller, [Reading(text, hashlib.sha256(body).hexdigest(), error)])

    def _check_contract(self, caller, envelope):
        """Refuse what the caller may not send, and what does not follow its schema."""
        dispatcher = self.env["mes.dispatcher"]
        event_type(envelope.type, dispatcher._event_types())
        if envelope.type not in caller.event_types:
            raise errors.error("not_authorized_for_type", f"{caller.code} has no route for {envelope.type}.")
        if envelope.plant and envelope.plant not in caller.plants:
            raise errors.error("not_authorized_for_type", f"{caller.code} does not serve plant {envelope.plant}.")
        faults = dispatcher._schema_set().validate(envelope.type, envelope.data)
        if faults:
            raise errors.error("schema_invalid", errors=faults)
        if envelope.time.replace(tzinfo=None) < (horizon := self.env["mes.retention"]._horizon()):
            raise errors.error("too_old", f"Events are taken from {horizon:%Y-%m-%d %H:%M} UTC on.")

    @api.model
    def _store(self, caller, readings):
        """Store the good events once and the bad ones in quarantine; wake the lane.

        :return: one dict per reading, as the answer of the events endpoint shows it
        """
        good = [reading for reading in readings if reading.envelope]
        stored = self._insert(caller, good) if good else {}
        bad = [reading for reading in readings if not reading.envelope]
        if bad:
            self._quarantine(caller, bad)
        if any(found["status"] == "stored" for found in stored.values()):
            self.env["mes.lane"]._wake("mes.inbox.message")
        duplicates = sum(found["status"] == "duplicate" for found in stored.values())
        if duplicates:
            self.env["mes.counter"]._count("duplicate", caller, duplicates)
        return [
            stored[position] if reading.envelope else self._invalid(reading)
            for position, reading in self._positions(readings)
        ]

    def _positions(self, readings):
        """Pairs of (position among the good ones, reading), in the order of the request."""
        position = 0
        for reading in readings:
            yield position, reading
            position += bool(reading.envelope)

    def _invalid(self, reading):
        return {"id": reading.event_id, "status": "invalid", "error": reading.error}

    def _insert(self, caller, readings):
        """Insert what is new in one statement; ``{position: result}``. A known identity returns its first row.

        What is known is left out before the insertion, not only by the index: a repetition that comes while its first
        copy is being worked is no conflict. Two that come at once are, and the request is run again by Odoo.
        """
        now = self.env.cr.now()
        only_plant = next(iter(caller.plants.values())) if len(caller.plants) == 1 else None
        rows = [
            dict(self._row(caller, reading, only_plant, now), position=position)
            for position, reading in enumerate(readings)
        ]
        # Not logged: the text of a failed statement would put payloads into the server's log.
        self.env.cr.execute(
            SQL(
                STORE,
                rows=json.dumps(rows),
                system=caller.id,
                company=caller.company_id,
                state=states.InboxState.PENDING.value,
                blocking=tuple(state.value for state in self.env["mes.inbox.message"].BLOCKING),
                now=now,
                uid=self.env.uid or 1,
            ),
            log_exceptions=False,
        )
        return {row[0]: self._stored(caller, row) for row in self.env.cr.fetchall()}

    def _stored(self, caller, row):
        """What became of one event, as the answer of the events endpoint shows it."""
        _position, event_id, source, is_new, message, same = row
        return {
            "id": event_id,
            "source": source,
            "status": "stored" if is_new else "duplicate" if same else "conflict",
            "message": message,
            "status_url": f"/mes/v1/{caller.code}/messages/{message}",
        }

    def _row(self, caller, reading, only_plant, now):
        envelope = reading.envelope
        plan = caller.event_types[envelope.type]
        key = ordering_key(envelope, self.env["mes.dispatcher"]._event_types())
        return {
            "uuid": str(uuid.uuid4()),
            "source": envelope.source,
            "event_id": envelope.id,
            "event_type": envelope.type,
            "event_time": self._to_column(envelope.time),
            "ordering_key": key,
            "shard": shard_of(caller.code, key),
            "sequence": envelope.sequence or 0,
            "expires_at": self._to_column(envelope.expires_at),
            "plant_id": caller.plants.get(envelope.plant, only_plant),
            "correlation_id": envelope.correlation_id,
            "causation_id": envelope.causation_id,
            "traceparent": envelope.traceparent,
            "payload": reading.raw,
            "content_hash": reading.hash,
            "flow_class_id": plan.class_id,
            "priority": plan.priority,
            "collect_until": self._to_column(collect_until(plan, now)),
        }

    def _to_column(self, moment):
        """A wire time as Odoo keeps times: UTC without offset, whole seconds."""
        return moment and moment.strftime("%Y-%m-%d %H:%M:%S")

    def _quarantine(self, caller, readings):
        """Keep invalid events for the sender's engineers: each content once, the newest few hundred, cut to size."""
        # sudo: the request runs as nobody; what may be kept is decided above.
        quarantine = self.env["mes.inbox.message"].sudo()
        known = quarantine.search(
            [
                ("system_id", "=", caller.id),
                ("is_quarantined", "=", True),
                ("content_hash", "in", [reading.hash for reading in readings]),
            ]
        ).mapped("content_hash")
        for reading in {reading.hash: reading for reading in readings if reading.hash not in known}.values():
            quarantine._keep_invalid(caller, reading, reading.raw[:QUARANTINE_CHARACTERS])
        quarantine.search(
            [("system_id", "=", caller.id), ("is_quarantined", "=", True)], order="id desc", offset=QUARANTINE_ROWS
        ).unlink()
