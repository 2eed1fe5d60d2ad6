"""Maps one code that messages wait for, after showing which of them will go on, and what would become of them."""

from collections import Counter

from odoo import SUPERUSER_ID, api, fields, models

from ..core import states
from ..core.states import CodeKind, CodeMapState, InboxState

#: How many messages a rehearsal applies; at about 20 ms each it is over in seconds.
REHEARSED = 200


class _Undo(Exception):
    """Ends a rehearsal: everything it did is rolled back."""


class MesCodeAssign(models.TransientModel):
    _name = "mes.code.assign"
    _description = "Map a Code"

    system_id = fields.Many2one("mes.system", required=True, readonly=True)
    plant_id = fields.Many2one(
        "stock.warehouse",
        "For every system of",
        domain="[('id', 'in', plant_ids)]",
        help="Empty: the code is this system's own.",
    )
    plant_ids = fields.Many2many(related="system_id.plant_ids")
    kind = fields.Selection(states.selection(CodeKind), required=True, readonly=True)
    code = fields.Char("Their code", required=True, readonly=True)
    res_model = fields.Char(compute="_compute_res_model")
    res_id = fields.Many2oneReference("Means", model_field="res_model")
    own_code = fields.Char("Code in Odoo")
    valid_from = fields.Datetime(help="Empty: always meant this, so that everything that waits for it goes on.")
    message_ids = fields.Many2many("mes.inbox.message", compute="_compute_messages", string="Will go on")
    message_count = fields.Integer("Messages", compute="_compute_messages")
    order_count = fields.Integer("Orders", compute="_compute_messages")
    needs_approval = fields.Boolean(compute="_compute_needs_approval")
    outcome = fields.Text("What would become of them", readonly=True)

    @api.depends("kind")
    def _compute_res_model(self):
        for one in self:
            one.res_model = self.env["mes.code.map"]._targets().get(CodeKind(one.kind), (False,))[0]

    @api.depends("system_id", "plant_id", "kind", "code", "valid_from")
    def _compute_messages(self):
        for one in self:
            waiting = self.env["mes.code.map"].new(one._values())._waiting()
            one.message_ids = waiting.sudo(False)._filtered_access("read")
            one.message_count = len(waiting)
            one.order_count = len(set(waiting.mapped("ordering_key")))

    @api.depends("system_id", "plant_id")
    def _compute_needs_approval(self):
        for one in self:
            one.needs_approval = self.env["mes.code.map"]._needs_second_person(one._values())

    def _values(self):
        system = False if self.plant_id else self.system_id.id
        values = {"system_id": system, "plant_id": self.plant_id.id, "kind": self.kind, "code": self.code}
        means = {"res_id": self.res_id} if self.res_id else {"own_code": self.own_code}
        return dict(values, **means, valid_from=self.valid_from)

    def action_rehearse(self):
        """Say what would become of the messages, and change nothing."""
        self.ensure_one()
        self.outcome = self._rehearse()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Map a code"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    def _rehearse(self):
        """One line per code messages would end with; those beyond the first are counted as not tried."""
        messages = self.env["mes.code.map"].new(self._values())._waiting()
        outcomes, labels = Counter(), dict(messages._fields["state"]._description_selection(self.env))
        try:
            with self.env.cr.savepoint():
                # sudo: a rehearsal shows the time after the approval.
                row = self.env["mes.code.map"].create(self._values()).sudo()
                row.state = CodeMapState.IN_FORCE.value
                row._let_through()
                # As a lane applies them: as the system.
                dispatcher = self.env["mes.dispatcher"].with_user(SUPERUSER_ID)
                for message in messages.with_env(dispatcher.env)[:REHEARSED]:
                    dispatcher._apply(message)
                    outcomes[self._outcome(message, labels)] += 1
                raise _Undo
        except _Undo:
            self.env.invalidate_all()
        if len(messages) > REHEARSED:
            outcomes[self.env._("not tried")] = len(messages) - REHEARSED
        return "\n".join(f"{count} × {what}" for what, count in outcomes.most_common())

    def _outcome(self, message, labels):
        """What became of a message: its state, and unless it is done, what it would wait for or why."""
        why = message.waiting_for or message.text
        return labels[message.state] if message.state == InboxState.DONE.value else f"{labels[message.state]}: {why}"

    def action_map(self):
        """Add the row, and say what goes on: at once, or when a second person has approved it."""
        self.ensure_one()
        # Before: afterwards nothing waits for it any more.
        orders = self.order_count
        row = self.env["mes.code.map"].create(self._values())
        link = [{"label": self.env._("Follow them"), "url": f"/odoo/mes-crosswalk/{row.id}"}]
        if row.state == CodeMapState.PROPOSED.value:
            return row._notice(self.env._("A second person has to approve it; then the messages go on."))
        words = self.env._(
            "%(code)s means %(what)s: %(count)s messages of %(orders)s orders go on.",
            code=row.code,
            what=row.own_code,
            count=row.resumed_count,
            orders=orders,
        )
        return row._notice(words.replace("%", "%%") + " %s", links=link)
