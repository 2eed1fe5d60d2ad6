"""Applies one inbox message in the caller's transaction: its turn, its handler in a savepoint, what came of it."""

import logging
import time
from functools import partial
from pathlib import Path

from psycopg2 import OperationalError

from odoo import api, fields, models, tools
from odoo.exceptions import LockError

from ..core import errors, states
from ..core.event_types import EVENT_TYPES
from ..core.message_machine import InboxEvent
from ..core.schema import SchemaSet
from ..core.sequence import turn_comes
from ..handlers.base import REPORTED, HandlerCommand
from .mes_queue_mixin import moment

_logger = logging.getLogger(__name__)

#: How long messages of one key are gathered in one transaction; locks on stock are held as long.
GROUP_SECONDS = 0.3
#: Parked codes that the next applied message of the same order may resolve.
RESUMED_BY_PROGRESS = ["too_early"]


class MesDispatcher(models.AbstractModel):
    _name = "mes.dispatcher"
    _description = "Message Dispatcher"

    @api.model
    def _event_types(self):
        """Event types by wire type; a bridge returns ``super()`` with its own added."""
        return EVENT_TYPES

    @api.model
    def _schema_directories(self):
        """Directories of JSON Schemas; a bridge returns ``super()`` with its own added."""
        return [Path(__file__).parent.parent / "schemas"]

    @api.model
    def _handlers(self):
        """Model name of the handler of each wire type; a bridge returns ``super()`` with its own added."""
        return {
            "mes.order.acknowledged.v1": "mes.handler.order.acknowledged",
            "mes.operation.started.v1": "mes.handler.operation.started",
            "mes.operation.paused.v1": "mes.handler.operation.paused",
            "mes.operation.resumed.v1": "mes.handler.operation.resumed",
            "mes.operation.confirmed.v1": "mes.handler.operation.confirmed",
            "mes.material.consumed.v1": "mes.handler.material.consumed",
            "mes.material.returned.v1": "mes.handler.material.returned",
            "mes.production.reported.v1": "mes.handler.production.reported",
            "mes.scrap.reported.v1": "mes.handler.scrap.reported",
            "mes.posting.reversed.v1": "mes.handler.posting.reversed",
            "mes.labor.reported.v1": "mes.handler.labor.reported",
            "mes.downtime.started.v1": "mes.handler.downtime.started",
            "mes.downtime.ended.v1": "mes.handler.downtime.ended",
            "mes.order.completed.v1": "mes.handler.order.completed",
            "mes.hold.placed.v1": "mes.handler.hold.placed",
            "mes.hold.released.v1": "mes.handler.hold.released",
            "mes.shift.summarized.v1": "mes.handler.shift.summarized",
        }

    @api.model
    def _code(self, code):
        """The row of the answer table for ``code``."""
        return errors.CODES[code]

    @api.model
    @tools.ormcache()
    def _schema_set(self):
        """The compiled schemas of this database's addons."""
        schemas, validators = {}, {}
        for directory in self._schema_directories():
            found = SchemaSet.load(directory)
            schemas.update(found.schemas)
            validators.update(found.validators)
        return SchemaSet(schemas, validators)

    # -- what a lane asks for ----------------------------------------------------------------------------------------

    @api.model
    def _due_shards(self, queue):
        return self.env[queue]._due_shards()

    @api.model
    def _next_due(self, queue, shard, **limits):
        return self.env[queue]._next_due(shard, **limits)

    @api.model
    def _next_ripe_in(self, queue):
        return self.env[queue]._next_ripe_in()

    @api.model
    def _work(self, in_transaction, message_id, check):
        """Apply one message, and those of its key that are due behind it, in one transaction, which commits only while
        the shard is still ours.

        Each has its own savepoint, claim and outcome; together they read the order once (ADR 9). After a conflict
        there is no group: what has to be done again shall be little.
        """
        until = time.monotonic() + (0 if self.env.context.get("mes_lost_conflict") else GROUP_SECONDS)

        def apply(env):
            message = env["mes.inbox.message"].browse(message_id)
            shard = message.shard
            while message and env["mes.dispatcher"]._apply(message) and time.monotonic() < until:
                message = message._next_of_key()
                if message:
                    in_transaction(partial(self._claim, shard, message.id))
            env.flush_all()
            check()

        in_transaction(apply)

    def _claim(self, shard, message_id, env):
        env["mes.claim"]._take("mes.inbox.message", shard, message_id, is_first=False)

    @api.model
    def _set_aside(self, message_id):
        """Try a message again later that could not even be written down as failed."""
        message = self.env["mes.inbox.message"].browse(message_id)
        if message._fence():
            self._conclude(message, errors.error("conflict"))

    @api.model
    def _note_killed(self, message):
        """Write down that the process that had ``message`` in hand is gone; after some times it is dead."""
        if message._fence():
            message._take_up()
            message.attempt_count += 1
            message._note_killed()
            self._after(message)

    @api.model
    def _looks_due(self, queue):
        return self.env[queue]._looks_due()

    # -- one message -------------------------------------------------------------------------------------------------

    @api.model
    def _apply(self, message):
        """Apply ``message``, or write down why not, and leave the commit to the caller.

        :return: False when another lane had settled it
        :raises OperationalError: a serialization or lock conflict, for the caller to try again at once
        """
        if not message._fence():
            return False
        notes = {"attempt_count": message.attempt_count + 1, **message._order_values()}
        parked_for = message._take_up() and message.code
        started_at, clock = moment(), time.monotonic()
        error = self._try(message, notes)
        code = error.code if error else message.code
        if code == parked_for:  # a look that finds nothing new is no attempt
            del notes["attempt_count"]
        else:
            self.env["mes.attempt"]._log(
                message,
                started_at,
                (time.monotonic() - clock) * 1000,
                target=self._handlers().get(message.event_type, ""),
                code=code,
                detail=str(error) if error else "",
            )
        if error:
            message.write(notes)
            self._conclude(message, error)
        self._after(message)
        return True

    def _try(self, message, notes):
        """Run the handler in a savepoint; None, or the error that undid it.

        :param notes: values of the message that are written together with what becomes of it: each update of a row
            whose state changes costs an entry in every index
        """
        try:
            with self.env.cr.savepoint():
                self._check_may_run(message)
                message.write(notes)
                self._handle(message)
        except errors.IntegrationError as error:
            return error
        except LockError:
            return errors.error("order_locked")
        except OperationalError:
            raise
        except Exception as error:
            # Whatever a handler runs into ends as a state with an owner; the traceback stays in the server's log.
            _logger.warning("mes: message %s failed", message.uuid, exc_info=True)
            return errors.error("technical", str(error))
        return None

    def _check_may_run(self, message):
        """Before anything of the message is written: its deadline and its turn."""
        if message.expires_at and message.expires_at <= fields.Datetime.now():
            raise errors.error("event_expired")
        self._check_turn(message)

    def _handle(self, message):
        envelope = message._envelope()
        # The dispatcher runs as the system user; the company is the message's own.
        handler = self.env[self._handler_of(message.event_type)].with_company(message.company_id)
        command = HandlerCommand(message, message.system_id, envelope)
        handler = handler.with_context(
            mes_reported=REPORTED,
            mes_reported_at=command.at,
            mes_acting=self.env["mes.ownership"]._system_actor(message.system_id),
            mes_code_scope=self.env["mes.code.map"]._with_kinds(message._code_scope()),
        )
        result = handler._handle(command)
        message._settle(InboxEvent.APPLY, self._code(result.code), result.text, result.effects)

    def _handler_of(self, event_type):
        name = self._handlers().get(event_type)
        if not name:
            # Its addon was uninstalled after the message was stored.
            raise errors.error("handler_missing", event_type, waiting_for=f"handler:{event_type}")
        return name

    @api.model
    def _resume_handled(self):
        """Resume what was parked for want of a handler that is there again."""
        self.env["mes.inbox.message"].search(
            [
                ("state", "=", states.InboxState.PARKED.value),
                ("code", "=", "handler_missing"),
                ("event_type", "in", list(self._handlers())),
            ],
            order="id",
        )._resume()

    def _check_turn(self, message):
        """Let a numbered event wait for the one before it, and for any before it that is in line again, such as after
        the end of a hold; a gap stops only its own key.
        """
        if message.sequence <= 1:
            return
        state, code, before = message._before()
        if not turn_comes(message.sequence, state, code):
            before = message.sequence - 1
        if before:
            raise errors.error(
                "sequence_gap", f"Number {before} has not had its turn.", waiting_for=f"sequence:{before}"
            )

    def _conclude(self, message, error):
        """Write down what becomes of a message whose handler was undone by ``error``."""
        disposition = error.spec.disposition
        if disposition is errors.Disposition.PARK:
            message._park(error)
        elif disposition is errors.Disposition.REJECT:
            message._settle(InboxEvent.REJECT, error.spec, str(error))
        elif disposition is errors.Disposition.EXPIRE:
            message._settle(InboxEvent.EXPIRE, error.spec, str(error))
        else:
            message._try_again_later(error)

    def _after(self, message):
        """Let through what waited for this message's turn or effect, and post the order if it was the last thing."""
        inbox = self.env["mes.inbox.message"]
        if message.sequence and message.code != "sequence_gap":
            inbox._resume_parked(message.ordering_key, ["sequence_gap"], f"sequence:{message.sequence}")
        if message.answer_outcome and message.production_id:
            if message.effect_ids:
                inbox._resume_parked(message.ordering_key, RESUMED_BY_PROGRESS)
                inbox._resume_parked(message.ordering_key, ["unknown_posting"], f"event:{message.event_id}")
            self.env["mes.order.lifecycle"]._post_if_ready(message.production_id)
