"""Runs over all master data of a system: sends it again, or compares it with what the system was told; with progress.

Facts. A run keeps its place in its own row, so that it can be stopped and go on, and one that is killed goes on where
it was. Stopping a run that works conflicts with its step for a moment; Odoo repeats the request. How it is worked, step
by step, it shares with replays: mes_run_mixin.py.
"""

import logging

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..core import replay, states
from ..core.states import ReplayState
from .mes_master import BATCH

_logger = logging.getLogger(__name__)

CRON = "mes_connector.ir_cron_mes_publication_run"
#: What nobody sets by hand.
OWN_FIELDS = {"state", "user_id", "total", "done_count", "failed_count", "sent_count", "at_source", "at_id", "text"}


class MesPublicationRun(models.Model):
    _name = "mes.publication.run"
    _description = "Publication of Master Data"
    _inherit = ["mes.run.mixin"]
    _order = "id desc"
    _rec_name = "system_id"

    RUN_CRON = CRON

    system_id = fields.Many2one("mes.system", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="system_id.company_id", store=True)
    kind = fields.Selection(
        selection="_selection_kind", help="Empty: all kinds of master data that the system has a route for."
    )
    is_forced = fields.Boolean(
        "Also what has not changed",
        default=True,
        help="Sends everything again, with the same revision where nothing changed. Otherwise only what the system "
        "does not know yet is sent.",
    )
    state = fields.Selection(
        states.selection(ReplayState), required=True, readonly=True, copy=False, default=ReplayState.DRAFT.value
    )
    user_id = fields.Many2one(
        "res.users", "By", required=True, readonly=True, copy=False, default=lambda self: self.env.user
    )
    started_at = fields.Datetime(readonly=True, copy=False)
    ended_at = fields.Datetime(readonly=True, copy=False)
    text = fields.Char("Explanation", readonly=True, copy=False)
    total = fields.Integer("Objects", readonly=True, copy=False)
    done_count = fields.Integer("Done", readonly=True, copy=False)
    failed_count = fields.Integer("Failed", readonly=True, copy=False)
    sent_count = fields.Integer("Messages", readonly=True, copy=False)
    at_source = fields.Char(readonly=True, copy=False)
    at_id = fields.Integer(readonly=True, copy=False)
    progress = fields.Integer("Progress (%)", compute="_compute_progress")

    _running = models.Index(f"(id) WHERE state IN {states.sql_list([ReplayState.RUNNING])}")

    @api.model
    def _selection_kind(self):
        labels = dict(self.env["mes.publication"]._fields["kind"]._description_selection(self.env))
        return [(kind, labels[kind]) for kind in dict.fromkeys(one.KIND for one in self.env["mes.master"]._sources())]

    @api.depends("total", "done_count", "failed_count")
    def _compute_progress(self):
        for run in self:
            run.progress = replay.percent(run.total, run.done_count + run.failed_count) if run.started_at else 0

    # -- doors -------------------------------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_own_fields(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._check_own_fields(vals)
        return super().write(vals)

    def _check_own_fields(self, vals):
        if not self.env.su and OWN_FIELDS & vals.keys():
            raise AccessError(self.env._("These fields are written by the run itself."))

    def action_start(self):
        """Have it worked from the beginning.

        :raises UserError: it runs already, or the system is told nothing of the kind
        """
        for run in self:
            run.check_access("write")
            if run.state == ReplayState.RUNNING.value:
                raise UserError(self.env._("This runs already."))
            sources = run._sources()
            if not sources:
                raise UserError(
                    self.env._("%s is not active, or has no route for such master data.", run.system_id.display_name)
                )
            # sudo: only this door writes them, and the right to change the run was checked.
            run = run.sudo()
            run.write(
                {
                    "total": sum(run._count(source) for source in sources),
                    "done_count": 0,
                    "failed_count": 0,
                    "sent_count": 0,
                    "at_source": sources[0]._name,
                    "at_id": 0,
                    "user_id": self.env.uid,
                    "started_at": fields.Datetime.now(),
                }
            )
            run._go()

    def action_cancel(self):
        """Stop after the batch in hand; what was sent stays sent."""
        self.check_access("write")
        running = self.filtered(lambda run: run.state == ReplayState.RUNNING.value)
        # sudo: as above.
        running.sudo()._end(ReplayState.CANCELLED, self.env._("Stopped by %s.", self.env.user.name))

    def action_resume(self):
        """Go on where it was stopped.

        :raises UserError: it was not stopped
        """
        for run in self:
            run.check_access("write")
            if run.state != ReplayState.CANCELLED.value:
                raise UserError(self.env._("Only what was stopped can go on."))
            # sudo: as above.
            run.sudo()._go()

    def _go(self):
        self.write({"state": ReplayState.RUNNING.value, "ended_at": False, "text": False})
        self.env.ref(CRON)._trigger()

    # -- working it --------------------------------------------------------------------------------------------------

    @api.model
    def _cron_compare(self):
        """Compare what every system was told with what there is, so that no change is ever missed; at night."""
        ended = [("is_forced", "=", False), ("state", "!=", ReplayState.RUNNING.value)]
        self.search(ended).unlink()
        running = self.search([("state", "=", ReplayState.RUNNING.value)]).system_id
        self._compare(self._told_systems() - running)

    @api.model
    def _compare_soon(self, systems):
        """Have ``systems`` told what they do not know yet; a comparison that has not begun will see it, too.

        Such a one is held until the end of this transaction, so that it does not begin before.
        """
        # sudo: whoever maps codes need not be allowed to resend.
        runs = self.sudo()
        runs.flush_model()
        waiting = self.env.execute_query(
            SQL(
                """SELECT system_id FROM mes_publication_run
                    WHERE system_id = ANY(%s) AND state = %s AND NOT is_forced AND kind IS NULL
                      AND done_count = 0 AND failed_count = 0 FOR NO KEY UPDATE SKIP LOCKED""",
                systems.ids,
                ReplayState.RUNNING.value,
            )
        )
        found = systems.browse([system for (system,) in waiting])
        runs._compare((systems & runs._told_systems()) - found)

    def _told_systems(self):
        """The systems that are told of any master data."""
        sources, routes = self.env["mes.master"]._sources(), self.env["mes.route"]
        return self.env["mes.system"].union(*(routes._published_to(source.EVENT_TYPE) for source in sources))

    def _compare(self, systems):
        self.create([{"system_id": system.id, "is_forced": False} for system in systems]).action_start()

    def _step(self):
        """Work the next batch in this transaction; its size, or None when there is none for us."""
        if not self._take():
            return None
        source = self.env[self.at_source]
        ids = self._next_ids(source)
        values = self._publish(source, ids)
        self.write({**values, "at_id": ids[-1] if ids else self.at_id})
        if len(ids) < BATCH:
            self._next_source()
        return len(ids)

    def _publish(self, source, ids):
        """Publish a batch; one that cannot be is counted and left, so that the others get their turn."""
        try:
            with self.env.cr.savepoint():
                sent = self.env["mes.master"]._publish(
                    source, ids, self.system_id, is_forced=self.is_forced, is_urgent=self.is_forced
                )
        except (ValueError, KeyError, TypeError) as error:
            _logger.exception("mes: %s of %s could not be published", source.KIND, ids)
            return {"failed_count": self.failed_count + len(ids), "text": str(error)}
        return {"done_count": self.done_count + len(ids), "sent_count": self.sent_count + sent}

    def _next_source(self):
        names = [source._name for source in self._sources()]
        later = names[names.index(self.at_source) + 1 :] if self.at_source in names else []
        if later:
            self.write({"at_source": later[0], "at_id": 0})
        else:
            self.total = self.done_count + self.failed_count
            self._end(ReplayState.FAILED if self.failed_count else ReplayState.DONE, self.text)

    def _sources(self):
        """The sources of what the system is told of."""
        kinds = [one for one in self.env["mes.master"]._sources() if self.kind in (False, one.KIND)]
        return [one for one in kinds if self.system_id in self.env["mes.route"]._published_to(one.EVENT_TYPE)]

    def _records(self, source):
        # sudo: a system is told what concerns it, whoever starts the run.
        return source.sudo().env[source.MODEL], source.sudo()._scope(self.system_id)

    def _count(self, source):
        records, scope = self._records(source)
        return records.search_count(scope)

    def _next_ids(self, source):
        """Ids behind the place of the run, in order: of what there is, and of what the system believes there is."""
        records, scope = self._records(source)
        present = records.search(scope & Domain("id", ">", self.at_id), order="id", limit=BATCH).ids
        told = self.env["mes.publication"].search(
            [
                ("system_id", "=", self.system_id.id),
                ("kind", "=", source.KIND),
                ("res_model", "=", source.MODEL),
                ("res_id", ">", self.at_id),
                ("is_deleted", "=", False),
            ],
            order="res_id",
            limit=BATCH,
        )
        return sorted({*present, *told.mapped("res_id")})[:BATCH]

    def action_open_publications(self):
        """Show what the system was told."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("mes_connector.mes_publication_action")
        kinds = [("kind", "=", self.kind)] if self.kind else []
        return dict(action, domain=[("system_id", "=", self.system_id.id), *kinds], context={})
