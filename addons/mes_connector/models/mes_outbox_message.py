"""Outbox rows: one per event and target system, written with the change that causes it; sending is delivery's."""

import functools
import uuid
from datetime import timedelta, timezone

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..core import errors, message_machine, states
from ..core.envelope import build_event, canonical_json
from ..core.flow import collect_until
from ..core.message_machine import OutboxEvent
from ..core.sharding import shard_of
from ..core.states import OutboxState
from .mes_lane import CHANNEL
from .mes_message_mixin import to_wire_time


class MesOutboxMessage(models.Model):
    _name = "mes.outbox.message"
    _description = "Outbox Message"
    _inherit = ["mes.message.mixin"]

    TRANSITIONS = message_machine.OUTBOX_TRANSITIONS
    WAIT, DIE = OutboxEvent.WAIT, OutboxEvent.DIE
    DIRECTION = states.Direction.OUT
    DUE = (OutboxState.PENDING, OutboxState.WAITING)
    BLOCKING = (OutboxState.PENDING, OutboxState.WAITING)
    WAITING = (OutboxState.PENDING, OutboxState.WAITING)
    FAILED = (OutboxState.REFUSED, OutboxState.DEAD, OutboxState.EXPIRED)

    state = fields.Selection(states.selection(OutboxState), required=True, default=OutboxState.PENDING.value)
    aggregate_type = fields.Char(help="Model of the record the event is about.")
    aggregate_id = fields.Many2oneReference(model_field="aggregate_type")
    answers_id = fields.Many2one("mes.inbox.message", "Answers", index="btree_not_null", ondelete="cascade")
    revision = fields.Integer()
    http_status = fields.Integer("Last HTTP status", readonly=True)
    sent_at = fields.Datetime(readonly=True)
    confirmed_at = fields.Datetime(readonly=True)
    attempt_ids = fields.One2many("mes.attempt", "outbox_id", "Attempts made")

    expires_at = fields.Datetime(help="Not sent later than this.")
    replay_of_id = fields.Many2one("mes.outbox.message", "Repeats", readonly=True, index="btree_not_null")

    _identity = models.UniqueIndex(
        "(system_id, event_id) WHERE replay_of_id IS NULL", "This event is in the outbox of that system already."
    )
    _expiring = models.Index(f"(expires_at) WHERE expires_at IS NOT NULL AND state IN {states.sql_list(DUE)}")
    _due = models.Index(f"(shard, priority, id) WHERE (state IN {states.sql_list(DUE)}) IS TRUE")
    _key = models.Index(f"(ordering_key, system_id, id) WHERE state IN {states.sql_list(BLOCKING)}")

    @api.model
    def _state_enum(self, value):
        return OutboxState(value)

    @api.model
    def _emit(self, event_type, data, production, **options):
        """Queue ``event_type`` about ``production`` for every system routed to it, in the caller's transaction.

        :param options: ``systems`` (instead of the routes' targets), ``causation_id``, ``correlation_id``,
            ``answers_id`` (inbox row), ``revision``
        :return: the rows, which share one event id
        """
        plant = options.get("plant") or production._mes_plant()
        systems = options.get("systems")
        if systems is None:
            systems = self.env["mes.route"]._targets(event_type, plant)
        event_id, now = str(uuid.uuid4()), fields.Datetime.now()
        key = options.get("key") or production.mes_reference or event_id
        event = functools.partial(
            build_event,
            event_type,
            data,
            id=event_id,
            source=self._source(),
            time=now.replace(tzinfo=timezone.utc),
            subject=key,
            plant=plant.code or "",
            correlationid=options.get("correlation_id"),
            causationid=options.get("causation_id"),
        )
        values = {
            "event_id": event_id,
            "event_type": event_type,
            "event_time": now,
            "ordering_key": key,
            "production_id": production.id,
            "plant_id": plant.id,
            "aggregate_type": production._name if production else False,
            "aggregate_id": production.id,
            "correlation_id": options.get("correlation_id"),
            "causation_id": options.get("causation_id"),
            "answers_id": options.get("answers_id"),
            "revision": options.get("revision", 0),
        }
        return self._queue(values, event, systems)

    def _queue(self, values, event, systems):
        """Store one row of ``values`` for each system and have them sent; older snapshots give way.

        :param event: function of the attribute ``expirytime`` (None: never) that returns the event
        """
        event_type, now = values["event_type"], values["event_time"]
        classes = self.env["mes.route"]._flow_classes(event_type, systems)
        rows = []
        for system in systems:
            flow_class = classes[system.id]
            lifetime = timedelta(seconds=flow_class.expires_after_seconds)
            expires_at = now + lifetime if lifetime else None
            payload = event(expirytime=expires_at and expires_at.replace(tzinfo=timezone.utc))
            payload["data"] = self.env["mes.code.map"]._told(system, values["plant_id"], payload["data"])
            flow = self._flow_values(system, flow_class, values["ordering_key"])
            rows.append({**values, **flow, "expires_at": expires_at, "payload": canonical_json(payload)})
        # sudo: whoever may change the order may not write the queue; the queue row is the change's own shadow.
        stored = self.sudo().create(rows)
        known = self.env["mes.dispatcher"]._event_types().get(event_type)
        if known and known.is_snapshot:
            stored._supersede_older()
        stored._wake_lanes()
        return stored

    def _source(self):
        # sudo: the database's id is public, the model that keeps it is not.
        return f"/odoo/{self.env['ir.config_parameter'].sudo().get_param('database.uuid')}"

    def _wake_lanes(self):
        """Have the messages sent; the gateway looks for those that go over MQTT by itself."""
        transports = set(self.system_id.mapped("transport"))
        if states.TransportKind.HTTP.value in transports:
            self.env["mes.lane"]._wake(self._name)
        elif transports:
            self.env.cr.execute("SELECT pg_notify(%s, %s)", [CHANNEL, self._name])

    def _supersede_older(self):
        """What has not been sent yet and is older of the same object says nothing any more.

        One that is just being sent keeps this state: its outcome is only logged, as for every message that was settled.
        """
        for message in self:
            older = self.search(
                [
                    ("system_id", "=", message.system_id.id),
                    ("event_type", "=", message.event_type),
                    ("ordering_key", "=", message.ordering_key),
                    ("state", "in", self._values(self.DUE)),
                    ("id", "<", message.id),
                ]
            )
            code = errors.CODES["superseded"]
            older._lock_due()._move(OutboxEvent.SUPERSEDE, {"code": code.code, "text": code.text})

    def _flow_values(self, system, flow_class, key):
        """Values of a new row that depend on its target: shard, class, and how long it is collected."""
        until = collect_until(flow_class._plan(), fields.Datetime.now())
        if until:
            until = min(filter(None, (until, self._key_deadline(system.id, key))))
        return {
            "system_id": system.id,
            "company_id": system.company_id.id,
            "shard": shard_of(system.code, key),
            "flow_class_id": flow_class.id,
            "priority": flow_class.priority,
            "collect_until": until,
        }

    @api.model
    def _answer(self, message, effects):
        """Queue the business answer to ``message`` for its sender. Answers are never answered."""
        outcome = states.Outcome(message.answer_outcome)
        event_type = f"mes.message.{outcome.value}.v1"
        routed = self.env["mes.route"].search_count(
            [
                ("system_id", "=", message.system_id.id),
                ("event_type", "=", event_type),
                ("direction", "=", states.Direction.OUT.value),
            ],
            limit=1,
        )
        systems = message.system_id._takes_outbound() if routed else message.system_id.browse()
        if not systems:
            return self
        code = self.env["mes.dispatcher"]._code(message.code)
        data = {
            "message": {"id": message.event_id, "source": message.source, "type": message.event_type},
            "code": message.code,
            "text": message.text or code.text,
            "effects": [self.env["mes.effect"]._to_wire(effect) for effect in effects],
            "answered_at": to_wire_time(fields.Datetime.now()),
        }
        if message.production_id.mes_reference:
            data["order"] = message.production_id.mes_reference
        if code.hint and outcome is not states.Outcome.ACCEPTED:
            data["next_action"] = code.hint
        return self._emit(
            event_type,
            data,
            message.production_id,
            systems=systems,
            plant=message.plant_id,
            key=message.ordering_key,
            causation_id=message.event_id,
            correlation_id=message.correlation_id or None,
            answers_id=message.id,
        )

    @api.model
    def _answer_again(self, uuids):
        """Send the first answers to the inbox messages ``uuids`` once more."""
        sent = self.search(
            [
                ("answers_id.uuid", "in", uuids),
                ("state", "=", OutboxState.SENT.value),
                ("payload_removed_at", "=", False),
            ]
        )
        if sent:
            sent.action_resend()

    @api.model
    def _acknowledge(self, production, system, accepted, revision):
        """Mark what told ``system`` of a revision of the order as confirmed or refused by it."""
        releases = self.search(
            [
                ("production_id", "=", production.id),
                ("system_id", "=", system.id),
                ("event_type", "in", ["mes.order.released.v1", "mes.order.changed.v1"]),
                ("revision", "=", revision),
                ("state", "in", [state.value for state in (*self.DUE, OutboxState.SENT)]),
            ]
        )
        event = OutboxEvent.CONFIRM if accepted else OutboxEvent.REFUSE
        # The outcome of the delivery itself may be written just now: a conflict, and the answer is applied again.
        self.env.cr.execute(
            SQL("SELECT id FROM %s WHERE id = ANY(%s) FOR NO KEY UPDATE", SQL.identifier(self._table), releases.ids),
            log_exceptions=False,
        )
        releases._move(event, {"confirmed_at": fields.Datetime.now()})

    def action_resend(self):
        """Send again what was sent, refused or given up, with the same event id: receivers treat it as a duplicate."""
        resendable = self.filtered(lambda one: (OutboxState(one.state), OutboxEvent.RESEND) in self.TRANSITIONS)
        if not resendable:
            raise UserError(self.env._("Messages that wait already cannot be sent again."))
        cases = resendable.case_id
        resendable._move(
            OutboxEvent.RESEND,
            {
                "attempt_count": 0,
                "next_attempt_at": False,
                "retrying_since": False,
                "case_id": False,
                # It matters again: somebody says so.
                "expires_at": False,
            },
        )
        cases._close_if_done()
        resendable._wake_lanes()

    def action_discard(self):
        """Never send these messages.

        :raises UserError: all have ended already
        """
        discarded = self._allowing(OutboxEvent.DISCARD)
        discarded._move(OutboxEvent.DISCARD, {"text": self.env._("Discarded by %s", self.env.user.name)})
        discarded.case_id._close_if_done()
