"""Many snapshots at once into the outbox: a fixed number of statements, however many objects are told of."""

import uuid
from dataclasses import dataclass, field
from datetime import timedelta, timezone

from odoo import api, fields, models

from ..core import errors
from ..core.envelope import build_event, canonical_json
from ..core.flow import collect_until
from ..core.message_machine import OutboxEvent
from ..core.sharding import shard_of


@dataclass(frozen=True)
class Letter:
    """One snapshot for one system, not in the outbox yet: its ordering key, its data, and the record it is about."""

    system: models.Model
    key: str
    data: dict = field(hash=False)
    res_model: str
    res_id: int
    revision: int = 0


class MesOutboxMessage(models.Model):
    _inherit = "mes.outbox.message"

    @api.model
    def _emit_snapshots(self, event_type, letters, is_urgent=False):
        """Queue ``letters`` in the caller's transaction; what was not sent yet of the same objects gives way.

        :param letters: their data are sent as they are: in the codes of their systems
        :param is_urgent: not collected until the hours of a batch, though still behind everything of today
        """
        if not letters:
            return self.browse()
        systems = self.env["mes.system"].union(*{letter.system for letter in letters})
        classes = self.env["mes.route"]._flow_classes(event_type, systems)
        now, source = fields.Datetime.now(), self._source()
        flows = {system: self._snapshot_flow(classes[system.id], now, is_urgent) for system in systems}
        rows = [self._snapshot_row(event_type, letter, (now, source), flows[letter.system]) for letter in letters]
        # sudo: as for every message, its row is the change's own shadow.
        stored = self.sudo().create(rows)
        stored._supersede_snapshots(event_type)
        stored._wake_lanes()
        return stored

    def _only_plant(self, system):
        return system.plant_ids if len(system.plant_ids) == 1 else self.env["stock.warehouse"]

    def _snapshot_flow(self, flow_class, now, is_urgent):
        lifetime = timedelta(seconds=flow_class.expires_after_seconds)
        return {
            "flow_class_id": flow_class.id,
            "priority": flow_class.priority,
            "collect_until": False if is_urgent else collect_until(flow_class._plan(), now),
            "expires_at": now + lifetime if lifetime else False,
        }

    def _snapshot_row(self, event_type, letter, stamp, flow):
        (now, source), event_id = stamp, str(uuid.uuid4())
        plant = self._only_plant(letter.system)
        expires_at = flow["expires_at"]
        event = build_event(
            event_type,
            letter.data,
            id=event_id,
            source=source,
            time=now.replace(tzinfo=timezone.utc),
            subject=letter.key,
            plant=plant.code or "",
            expirytime=expires_at.replace(tzinfo=timezone.utc) if expires_at else None,
        )
        return {
            **flow,
            "system_id": letter.system.id,
            "company_id": letter.system.company_id.id,
            "plant_id": plant.id,
            "event_id": event_id,
            "event_type": event_type,
            "event_time": now,
            "ordering_key": letter.key,
            "shard": shard_of(letter.system.code, letter.key),
            "aggregate_type": letter.res_model,
            "aggregate_id": letter.res_id,
            "revision": letter.revision,
            "payload": canonical_json(event),
        }

    def _supersede_snapshots(self, event_type):
        """As ``_supersede_older``, for all of ``self`` at once; each is the newest of its object."""
        keys = {(message.system_id.id, message.ordering_key) for message in self}
        older = self.search(
            [
                ("system_id", "in", self.system_id.ids),
                ("event_type", "=", event_type),
                ("ordering_key", "in", self.mapped("ordering_key")),
                ("state", "in", self._values(self.DUE)),
                ("id", "<", min(self.ids)),
            ]
        ).filtered(lambda message: (message.system_id.id, message.ordering_key) in keys)
        code = errors.CODES["superseded"]
        older._lock_due()._move(OutboxEvent.SUPERSEDE, {"code": code.code, "text": code.text})
