"""Reconciliations: one comparison of the books of some orders, and what it found; how books are read is elsewhere.

The automatic ones are left here by handlers and compared by a scheduled action, after the messages they are about.
"""

import logging
from datetime import timedelta
from itertools import islice

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..core import states
from ..core.reconciliation import compare
from ..core.reconciliation_states import ReconciliationState, ReconciliationTrigger, SettledAs
from ..core.reconciliation_totals import compare_totals
from .mes_message_mixin import to_wire_time
from .mes_owned import said

_logger = logging.getLogger(__name__)

#: Orders whose messages are read at once.
BATCH = 100
#: An event may seem to be received before it happened: clocks differ.
SKEW = timedelta(days=1)
#: Rows that are forgotten at once.
GC_STEP = 1000
#: Comparisons of one run of the scheduled action.
RUN = 50
REQUESTED = "mes.shift.summary.requested.v1"
#: What the comparison itself writes, and nobody by hand.
OWN_FIELDS = {"failure", "name", "state", "trigger", "shift", "inbox_id", "compared_at", "order_count", "posting_count"}


def batched(values, size):
    """Yield the values in lists of so many."""
    rest = iter(values)
    while some := list(islice(rest, size)):
        yield some


class MesReconciliation(models.Model):
    _name = "mes.reconciliation"
    _description = "Reconciliation"
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(readonly=True, copy=False)
    trigger = fields.Selection(
        states.selection(ReconciliationTrigger),
        "Why",
        required=True,
        readonly=True,
        default=ReconciliationTrigger.DEMAND.value,
    )
    state = fields.Selection(
        states.selection(ReconciliationState),
        required=True,
        readonly=True,
        copy=False,
        default=ReconciliationState.PENDING.value,
    )
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    plant_id = fields.Many2one(
        "stock.warehouse", "Plant", check_company=True, help="Empty: every plant of the system or the company."
    )
    system_id = fields.Many2one(
        "mes.system", "System", check_company=True, help="Whose reports; empty: those of every system."
    )
    production_id = fields.Many2one(
        "mrp.production", "Order", index="btree_not_null", ondelete="cascade", check_company=True
    )
    since = fields.Datetime("From", help="Orders with reports or postings from this time on.")
    until = fields.Datetime("To", help="Orders with reports or postings before this time.")
    shift = fields.Char(readonly=True)
    inbox_id = fields.Many2one(
        "mes.inbox.message", "Message", readonly=True, copy=False, index="btree_not_null", ondelete="set null"
    )
    failure = fields.Char("What went wrong", readonly=True, copy=False)
    compared_at = fields.Datetime(readonly=True, copy=False)
    order_count = fields.Integer("Orders", readonly=True, copy=False)
    posting_count = fields.Integer("Postings compared", readonly=True, copy=False)
    line_ids = fields.One2many("mes.reconciliation.line", "reconciliation_id", "Differences", readonly=True)
    open_count = fields.Integer("Open differences", compute="_compute_open_count")

    _scope = models.Constraint(
        "CHECK (production_id IS NOT NULL OR (since IS NOT NULL AND until IS NOT NULL AND since < until))",
        "Name an order, or a time with its begin before its end.",
    )
    _due = models.Index(f"(id) WHERE state IN {states.sql_list([ReconciliationState.PENDING])}")

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_own_fields(said(self, vals))
        created = super().create(vals_list)
        for one in created.sudo():  # sudo: the name is ours
            one.name = f"REC/{one.id:05d}"
        return created

    def write(self, vals):
        self._check_own_fields(vals)
        return super().write(vals)

    def _check_own_fields(self, vals):
        if not self.env.su and OWN_FIELDS & vals.keys():
            raise AccessError(self.env._("These fields are written by the reconciliation itself."))

    @api.depends("line_ids.settled_as")
    def _compute_open_count(self):
        counts = dict(
            self.env["mes.reconciliation.line"]._read_group(
                [("reconciliation_id", "in", self.ids), ("settled_as", "=", False)], ["reconciliation_id"], ["__count"]
            )
        )
        for one in self:
            one.open_count = counts.get(one, 0)

    # -- who asks for one --------------------------------------------------------------------------------------------

    @api.model
    def _on_completion(self, message):
        """Have the books of an order compared that the plant has just completed."""
        return self.create(
            {
                "trigger": ReconciliationTrigger.COMPLETION.value,
                "company_id": message.company_id.id,
                "plant_id": message.production_id._mes_plant().id,
                "system_id": message.system_id.id,
                "production_id": message.production_id.id,
                "inbox_id": message.id,
            }
        )

    @api.model
    def _on_summary(self, message, data, period):
        """Have the books of a shift compared; the run that asked for the summary, or a new one.

        :param period: begin and end, naive UTC
        """
        values = {"inbox_id": message.id, "shift": data["shift"], "state": ReconciliationState.PENDING.value}
        self.env.ref("mes_connector.ir_cron_mes_reconcile")._trigger()
        asked = self.search(
            [
                ("name", "=", data.get("request", False)),
                ("system_id", "=", message.system_id.id),
                ("state", "=", ReconciliationState.ASKED.value),
            ]
        )
        if asked:
            asked.write(values)
            return asked
        return self.create(
            dict(
                values,
                trigger=ReconciliationTrigger.SHIFT.value,
                company_id=message.company_id.id,
                plant_id=message.plant_id.id,
                system_id=message.system_id.id,
                since=period[0],
                until=period[1],
            )
        )

    def action_ask(self):
        """Ask the system what it reported; its answer is compared by itself.

        :raises UserError: there is no system, no time, or the system is not sent such requests
        """
        self.ensure_one()
        self.check_access("write")
        if not (self.system_id and self.since and self.until):
            raise UserError(self.env._("Name the system and the time it shall sum up."))
        outbox, plants = self.env["mes.outbox.message"], self.plant_id or self.system_id.plant_ids
        if self.system_id not in self.env["mes.route"]._targets(REQUESTED, plants):
            raise UserError(
                self.env._("%(system)s has no route for %(event)s.", system=self.system_id.name, event=REQUESTED)
            )
        period = {"from": to_wire_time(self.since), "to": to_wire_time(self.until)}
        orders = {"orders": [self.production_id.mes_reference]} if self.production_id else {}
        data = {"request": self.name, **period, **orders}
        plant = self.plant_id or outbox._only_plant(self.system_id)
        outbox._emit(REQUESTED, data, self.production_id, systems=self.system_id, plant=plant, key=self.name)
        # sudo: the state is ours; the right to write the run was checked with the record.
        self.sudo().state = ReconciliationState.ASKED.value

    def action_compare(self):
        """Compare the books now."""
        self.check_access("write")
        # sudo: what is found is written by the comparison alone.
        for one in self.sudo():
            one._compare()

    @api.model
    def _cron_compare(self):
        """Compare what handlers asked for, the oldest first, and anew where a message came that was missing."""
        due = self.search(
            [("state", "=", ReconciliationState.PENDING.value), ("inbox_id", "!=", False)], order="id", limit=RUN
        )
        due |= self.env["mes.reconciliation.line"]._arrived().reconciliation_id
        for number, one in enumerate(due, start=1):
            one._try_compare()
            self.env["ir.cron"]._commit_progress(1, remaining=len(due) - number)

    # -- comparing ---------------------------------------------------------------------------------------------------

    def _try_compare(self):
        """Compare; what cannot be compared waits for a person, and holds up no other run."""
        try:
            with self.env.cr.savepoint():
                self._compare()
        except OperationalError:
            raise
        except Exception as error:
            # Whatever the books hold that nobody foresaw; the traceback stays in the server's log.
            _logger.warning("mes: %s could not be compared", self.name, exc_info=True)
            values = {"state": ReconciliationState.FAILED.value, "compared_at": fields.Datetime.now()}
            self.write({**values, "failure": str(error)})

    def _compare(self):
        """Compare the books of the orders of this run, and keep every difference as a line."""
        self.ensure_one()
        orders, lines = self._orders(), self.env["mes.reconciliation.line"]
        step = 10 ** -self.env["decimal.precision"].precision_get("Product Unit")
        found, count = [], 0
        for some in batched(orders.ids, BATCH):
            told, proven, held = self.env["mes.books"]._read_all(orders.browse(some))
            found += compare(told, proven, held, step)
            count += len({line.record or line for line in (*proven, *held) if line.quantity or not line.is_sum})
            self.env["mes.inbox.message"].invalidate_model(["payload"])
        if self.shift:
            found += compare_totals(*self.env["mes.shift.totals"]._read_all(self), step)
        kept = lines._keep(self, orders, found)
        self.write(
            {
                "state": (ReconciliationState.DIFFERS if kept else ReconciliationState.AGREES).value,
                "compared_at": fields.Datetime.now(),
                "order_count": len(orders),
                "posting_count": count,
                "failure": False,
            }
        )
        self.env["mes.case"]._follow_differences(self, orders)

    def _orders(self):
        """The orders with reports or postings in the time of this run, each compared whole."""
        if self.production_id:
            return self.production_id
        within = [*self._received(), ("event_time", ">=", self.since), ("event_time", "<", self.until)]
        own = [("company_id", "=", self.company_id.id), ("production_id", "!=", False)]
        if self.plant_id:
            own.append(("plant_id", "=", self.plant_id.id))
        if self.system_id:
            own.append(("system_id", "=", self.system_id.id))
        reported = self.env["mes.inbox.message"]._read_group([*own, *within], [], ["production_id:recordset"])[0][0]
        plants = self.plant_id or self.system_id.plant_ids
        place = [("picking_type_id.warehouse_id", "in", plants.ids)] if plants else []
        moved = self.env["mrp.production"].search(
            [
                ("company_id", "=", self.company_id.id),
                ("mes_phase", "!=", False),
                *place,
                "|",
                ("move_raw_ids", "any", self._done_within()),
                ("move_finished_ids", "any", self._done_within()),
            ]
        )
        return (reported | moved).sorted("id")

    def _received(self):
        """The messages that can be about the time of this run, by an index: the journal is not read from its begin."""
        return [("received_at", ">=", self.since - SKEW)] if self.since else []

    def _done_within(self):
        return [("state", "=", "done"), ("date", ">=", self.since), ("date", "<", self.until)]

    @api.autovacuum
    def _gc_settled(self):
        """Forget differences that ended, and runs without any, behind the horizon; a person's reason stays."""
        before = self.env["mes.retention"]._horizon()
        ended = [("settled_as", "not in", [False, SettledAs.ADJUSTED.value]), ("settled_at", "<", before)]
        lines = self.env["mes.reconciliation.line"].search(ended, limit=GC_STEP)
        lines.unlink()
        runs = self.search([("compared_at", "<", before), ("line_ids", "=", False)], limit=GC_STEP)
        runs.unlink()
        return len(lines) + len(runs), GC_STEP in (len(lines), len(runs))

    def action_open_lines(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("mes_connector.mes_reconciliation_line_action")
        return dict(action, domain=[("reconciliation_id", "=", self.id)], context={})
