"""Reported facts: by what each applied report tells itself from others, for as long as repetitions are recognised.

Facts. Rows are written by the dispatcher alone, one for each report and one more for each further product of it, by one
statement; looked up by one statement, through partial indexes that a lookup reads from one end. ``happened_at`` is kept
to the microsecond, which Odoo's own fields are not: rows are written and compared by SQL. Nothing is ever updated but
what its sender takes back, so that two lanes that work two orders of one product do not conflict here.
"""

from collections import defaultdict
from datetime import timedelta, timezone

from psycopg2.extras import Json

from odoo import api, fields, models
from odoo.tools import SQL

from ..core.duplicates import Fact
from ..core.unit_shift import WINDOW, Reported
from .mes_retention import STEP_ROWS

#: How many facts with one fingerprint are looked at: before the event's time, after it, and with its very mark.
NEAR_BEFORE, NEAR_AFTER, MARKED = 8, 4, 2
#: Times told less exactly than others are at most this far from them.
COARSEST = timedelta(seconds=1)
#: What of a core ``Fact`` is kept as it is.
TOLD = ("digits", "source", "sequence", "counters", "beside", "adds", "is_unique")
ALIKE, RECENT, HISTORY, USUAL = "alike", "recent", "history", "usual"


class MesFact(models.Model):
    _name = "mes.fact"
    _description = "Reported Fact"
    _log_access = False
    _order = "id desc"
    _rec_name = "product"

    system_id = fields.Many2one("mes.system", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    plant_id = fields.Many2one("stock.warehouse", readonly=True)
    inbox_id = fields.Many2one(
        "mes.inbox.message", "Message", required=True, readonly=True, ondelete="cascade", index=True
    )
    happened_at = fields.Datetime(required=True, readonly=True)
    fingerprint = fields.Char(readonly=True, help="Natural key of the report; empty on the further products of it.")
    context = fields.Char(readonly=True, help="By what the rhythm of such reports is measured.")
    mark = fields.Char(readonly=True, help="The sender's own counts after the report, else its number.")
    told = fields.Json(readonly=True, help="What else the report said that tells it from others.")
    measure = fields.Char(readonly=True, help="By what the history of the quantity is kept.")
    product = fields.Char(readonly=True)
    quantity = fields.Float(readonly=True)
    unit = fields.Char(readonly=True)
    share = fields.Float("Share of the order", readonly=True)
    is_undone = fields.Boolean("Taken back", readonly=True)

    _alike = models.Index("(system_id, fingerprint, happened_at) WHERE fingerprint IS NOT NULL")
    _marked = models.Index("(system_id, fingerprint, mark) WHERE mark IS NOT NULL")
    _recent = models.Index("(system_id, context, id) WHERE context IS NOT NULL")
    _history = models.Index("(system_id, measure, id) WHERE measure IS NOT NULL AND is_undone IS NOT TRUE")

    @api.model
    def _look(self, system, fact, quantities):
        """What is known that bears on a report: one statement.

        :param fact: core ``Fact``
        :param quantities: its core ``Reported``, each with its context
        :return: ``{ALIKE: [Fact], RECENT: [Fact], HISTORY: {context: [Reported]}, USUAL: {context: [number]}}``; the
            reference of a fact is the id of its message
        """
        found = {ALIKE: [], RECENT: [], HISTORY: defaultdict(list), USUAL: defaultdict(list)}
        for look, *values in self.env.execute_query(self._lookup(system.id, fact, quantities)):
            context, at, quantity, share, told, fingerprint, inbox_id, is_undone = values
            if look in (ALIKE, RECENT):
                at = at.replace(tzinfo=timezone.utc)
                known = Fact(fingerprint, "", at, **told, is_undone=bool(is_undone), reference=inbox_id)
                found[look].append(known)
            else:
                found[look][context].append(Reported(quantity, share) if look == HISTORY else quantity)
        return found

    def _lookup(self, system_id, fact, quantities):
        row = SQL(
            "f.context, f.happened_at, f.quantity, f.share, f.told, f.fingerprint, f.inbox_id, f.is_undone"
            " FROM mes_fact f WHERE f.system_id = %s",
            system_id,
        )
        at = fact.at.replace(tzinfo=None)
        alike = SQL("SELECT %s AS look, %s AND f.fingerprint = %s", ALIKE, row, fact.fingerprint)
        until = at + COARSEST
        branches = [
            SQL("%s AND f.happened_at <= %s ORDER BY f.happened_at DESC LIMIT %s", alike, until, NEAR_BEFORE),
            SQL("%s AND f.happened_at > %s ORDER BY f.happened_at LIMIT %s", alike, until, NEAR_AFTER),
            SQL("SELECT %s, %s AND f.context = %s ORDER BY f.id DESC LIMIT %s", RECENT, row, fact.context, WINDOW),
            self.env["mes.habit"]._lookup(system_id, [fact.context, *(one.context for one in quantities)], USUAL),
        ]
        if fact.mark:
            branches.append(SQL("%s AND f.mark = %s LIMIT %s", alike, fact.mark, MARKED))
        branches += [
            SQL(
                """SELECT %s, f.measure, f.happened_at, f.quantity, f.share, NULL, NULL, f.inbox_id, NULL
                     FROM mes_fact f
                    WHERE f.system_id = %s AND f.measure = %s AND f.is_undone IS NOT TRUE
                    ORDER BY f.id DESC LIMIT %s""",
                HISTORY,
                system_id,
                one.context,
                WINDOW,
            )
            for one in quantities
        ]
        return SQL(" UNION ALL ").join(SQL("(%s)", branch) for branch in branches)

    @api.model
    def _keep(self, message, fact, quantities):
        """Remember an applied report: one statement."""
        head = [fact.fingerprint, fact.context, fact.mark or None, Json({name: getattr(fact, name) for name in TOLD})]
        measured = [[one.context, one.product, one.value, one.unit, one.share] for one in quantities] or [[None] * 5]
        heads = [head, *([[None] * 4] * (len(measured) - 1))]
        whose = [message.system_id.id, message.company_id.id, message.plant_id.id or None, message.id]
        rows = [(*whose, fact.at.replace(tzinfo=None), *one, *of) for one, of in zip(heads, measured, strict=True)]
        self.env.cr.execute(
            SQL(
                """INSERT INTO mes_fact (system_id, company_id, plant_id, inbox_id, happened_at, fingerprint, context,
                                         mark, told, measure, product, quantity, unit, share) VALUES %s""",
                SQL(", ").join(SQL("%s", row) for row in rows),
            )
        )

    @api.model
    def _take_back(self, messages):
        """Note that what ``messages`` reported was taken back: it may happen anew."""
        self.env.cr.execute("UPDATE mes_fact SET is_undone = TRUE WHERE inbox_id = ANY(%s)", [messages.ids])


class MesRetention(models.AbstractModel):
    _inherit = "mes.retention"

    def _passes(self):
        yield from super()._passes()
        yield (self._forget_step,)

    def _forget_step(self, position):
        """Forget the next facts that happened before the horizon: no event is taken that could repeat them."""
        last, count = self.env.execute_query(
            SQL(
                """WITH batch AS (SELECT id, happened_at FROM mes_fact WHERE id > %s ORDER BY id LIMIT %s),
                        gone AS (DELETE FROM mes_fact f USING batch
                                  WHERE f.id = batch.id AND batch.happened_at < %s RETURNING f.id)
                   SELECT (SELECT max(id) FROM batch), (SELECT count(*) FROM gone)""",
                position[1],
                STEP_ROWS,
                self._horizon(),
            )
        )[0]
        # Rows are in the order they were written: behind a step of young ones there are hardly any old ones.
        return ((position[0], last) if count else None), count
