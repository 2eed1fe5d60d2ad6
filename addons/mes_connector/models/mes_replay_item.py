"""Messages of a replay: what is to be done with each, and what came of it; which ones is the replay's choice."""

import logging

from psycopg2 import OperationalError

from odoo import fields, models
from odoo.exceptions import LockError, UserError

from ..core import errors, states
from ..core.states import ReplayAction

_logger = logging.getLogger(__name__)


class MesReplayItem(models.Model):
    _name = "mes.replay.item"
    _description = "Message of a Replay"
    _order = "id"
    _log_access = False

    replay_id = fields.Many2one("mes.replay", required=True, readonly=True, ondelete="cascade", index=True)
    inbox_id = fields.Many2one("mes.inbox.message", readonly=True, ondelete="cascade", index="btree_not_null")
    outbox_id = fields.Many2one("mes.outbox.message", readonly=True, ondelete="cascade", index="btree_not_null")
    target_id = fields.Many2one("mes.system", "Send to", readonly=True, ondelete="cascade")
    worked_at = fields.Datetime(readonly=True)
    failure = fields.Char(readonly=True)

    _to_do = models.Index("(replay_id, id) WHERE worked_at IS NULL")
    _failed = models.Index("(replay_id) WHERE failure IS NOT NULL")

    def _work(self):
        """Do what the replay says with this message; what stands against it is written down, not raised.

        :raises OperationalError: a conflict, for the caller to try the step again
        """
        failure = False
        try:
            with self.env.cr.savepoint():
                self._do()
                self.env.flush_all()
        except OperationalError:
            raise
        except (UserError, LockError) as error:
            failure = str(error)
        except errors.IntegrationError as error:
            failure = error.message
        except Exception as error:
            _logger.warning("mes: replay %s, message %s", self.replay_id.id, self._message().id, exc_info=True)
            failure = str(error) or type(error).__name__
        self.write({"worked_at": fields.Datetime.now(), "failure": failure})

    def _message(self):
        return self.inbox_id or self.outbox_id

    def _do(self):
        replay, action = self.replay_id, ReplayAction(self.replay_id.action)
        # Whoever started it acts: the rights are those of the moment it is done.
        message = self._message().with_user(replay.user_id)
        message.check_access("write")
        if action is ReplayAction.RETRY:
            message._replay_retry()
        elif action is ReplayAction.DISCARD:
            message._replay_discard(replay.reason)
        elif action is ReplayAction.APPLY_AGAIN:
            message._apply_again(replay)
        else:
            message._send_again(replay, self.target_id)


class MesMessageMixin(models.AbstractModel):
    _inherit = "mes.message.mixin"

    replay_id = fields.Many2one("mes.replay", "Made by", readonly=True, index="btree_not_null", ondelete="set null")

    def action_replay(self):
        """Open a replay of these messages, ready to be started; context key ``mes_replay_action`` names the action."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Replay"),
            "res_model": "mes.replay",
            "view_mode": "form",
            "context": {
                "default_action": self.env.context.get("mes_replay_action", ReplayAction.RETRY.value),
                "default_direction": self.DIRECTION.value,
                "default_message_ids": self.ids,
            },
        }

    def _select_for_replay(self, domain, target):
        """Query for ``(message_id, target_id)`` of the messages of ``domain`` that the user may see."""
        raise NotImplementedError


class MesSystem(models.Model):
    _inherit = "mes.system"

    def action_replay(self):
        """Open a replay of what these systems missed, ready to be changed and started."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Replay"),
            "res_model": "mes.replay",
            "view_mode": "form",
            "context": {
                "default_action": ReplayAction.MISSED.value,
                "default_direction": states.Direction.OUT.value,
                "default_system_ids": self.ids,
            },
        }
