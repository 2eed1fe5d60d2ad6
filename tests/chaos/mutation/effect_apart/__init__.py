"""A broken promise: what a message does is committed in one transaction, that it was done in the next.

Whoever is killed in between leaves a message that looks as if nothing had happened, and it happens again.
"""

import time
from functools import partial

from odoo import SUPERUSER_ID, api, models
from odoo.service.model import retrying

from odoo.addons.mes_connector.core.message_machine import InboxEvent

#: Of all facts only a consumption carries no running total by which its repetition is known: there the gap is made so
#: wide that some of the kills fall into it.
TELLTALE = "mes.material.consumed.v1"
GAP_SECONDS = 0.5


class MesDispatcher(models.AbstractModel):
    _inherit = "mes.dispatcher"

    @api.model
    def _work(self, in_transaction, message_id, check):
        """One message per transaction: what follows reads the state that is still to be written."""
        return super(MesDispatcher, self.with_context(mes_lost_conflict=True))._work(in_transaction, message_id, check)


class MesInboxMessage(models.Model):
    _inherit = "mes.inbox.message"

    def _settle(self, event, code, text, effects=()):
        if event is not InboxEvent.APPLY:
            return super()._settle(event, code, text, effects)
        self.env.cr.postcommit.add(partial(self._settle_apart, (event, code, text, effects)))
        return None

    def _settle_apart(self, ending):
        with self.env.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            message = env[self._name].browse(self.id)

            def settle():
                message._fence()
                time.sleep(GAP_SECONDS if message.event_type == TELLTALE else 0)
                super(MesInboxMessage, message)._settle(*ending)
                env["mes.dispatcher"]._after(message)

            retrying(settle, env)
