"""Differences that a reconciliation found, by order, operation, lot and day; what is done about one is its repair."""

from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..core import states
from ..core.reconciliation_states import DifferenceKind, Repair, SettledAs
from ..core.states import InboxState

#: Differences of the sender's totals; the others are of the order's own books.
OF_TOTALS = (DifferenceKind.EVENT_MISSING, DifferenceKind.EVENT_EXTRA, DifferenceKind.TOTAL_DIFFERS)
#: Open differences, the newest, whose messages are looked for again and again.
LOOKED_AT = 1000
#: How a difference ended that is gone after something was tried.
ENDS = {Repair.REPLAY.value: SettledAs.REPLAYED, Repair.REQUEST_RESEND.value: SettledAs.RESENT}
WAITING = (InboxState.PARKED.value, InboxState.DEAD.value)


class MesReconciliationLine(models.Model):
    _name = "mes.reconciliation.line"
    _description = "Difference of Books"
    _order = "reconciliation_id desc, production_id, id"
    _rec_name = "kind"

    reconciliation_id = fields.Many2one("mes.reconciliation", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="reconciliation_id.company_id", store=True)
    plant_id = fields.Many2one("stock.warehouse")
    production_id = fields.Many2one("mrp.production", "Order", index="btree_not_null", ondelete="cascade")
    kind = fields.Selection(states.selection(DifferenceKind), "Difference", required=True)
    posting = fields.Char(help="What is, or was to be, posted: consumed, received, time, …")
    operation = fields.Char()
    product = fields.Char()
    lot = fields.Char()
    day = fields.Date()
    quantity = fields.Float("Expected", digits="Product Unit", help="As reported and proven, or as the sender sums up.")
    held_quantity = fields.Float("Found", digits="Product Unit")
    aspects = fields.Char("What differs", help="Figures of a record that contradict each other are given with /.")
    text = fields.Char("Found instead")
    inbox_id = fields.Many2one("mes.inbox.message", "Message", index="btree_not_null", ondelete="set null")
    event_id = fields.Char("Event", help="The id the sender gave the event that is missing, extra or not as posted.")
    effect_id = fields.Many2one("mes.effect", index="btree_not_null", ondelete="set null")
    res_model = fields.Char()
    res_id = fields.Many2oneReference(model_field="res_model")
    repair = fields.Selection(states.selection(Repair), "Suggested")
    tried = fields.Selection(states.selection(Repair), readonly=True, help="The difference ends when the books agree.")
    tried_at = fields.Datetime(readonly=True)
    settled_as = fields.Selection(states.selection(SettledAs), readonly=True)
    settled_by_id = fields.Many2one("res.users", readonly=True)
    settled_at = fields.Datetime(readonly=True)
    reason = fields.Char(readonly=True)
    fingerprint = fields.Char(required=True, index=True)

    _missed = models.Index("(id) WHERE settled_as IS NULL AND event_id IS NOT NULL")

    @api.depends("kind", "production_id")
    def _compute_display_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for line in self:
            line.display_name = " · ".join(filter(None, (labels.get(line.kind), line.production_id.name)))

    def write(self, vals):
        if not self.env.su:
            raise AccessError(self.env._("Differences are written by the reconciliation: settle them instead."))
        return super().write(vals)

    @api.model
    def _keep(self, run, orders, found):
        """Store the differences ``found`` by ``run``, but for those a person has given a reason for; settle what was
        found before and is gone, or is found again.

        :return: the lines of the run that are open
        """
        rows = self._without_accepted(self._prepare(run, found))
        prints, older = {row["fingerprint"] for row in rows}, self._still_open(run, orders)
        again = older.filtered(lambda line: line.fingerprint in prints)
        (older - again)._settle_gone()
        mine = again.filtered(lambda line: line.reconciliation_id == run)
        others = (again - mine).grouped("fingerprint")
        (again - mine)._end(SettledAs.FOUND_AGAIN)
        known = set(mine.mapped("fingerprint"))
        new = [row for row in rows if row["fingerprint"] not in known]
        for row in new:
            before = others.get(row["fingerprint"], self)[:1]
            row.update(tried=before.tried, tried_at=before.tried_at)
        return mine | self.create(new)

    def _without_accepted(self, rows):
        accepted = self.search(
            [
                ("fingerprint", "in", [row["fingerprint"] for row in rows]),
                ("settled_as", "=", SettledAs.ADJUSTED.value),
            ]
        )
        known = set(accepted.mapped("fingerprint"))
        return [row for row in rows if row["fingerprint"] not in known]

    def _still_open(self, run, orders):
        """What was found of the same books and has not ended: of the orders, and of totals of a time ``run`` covers."""
        of_totals = [kind.value for kind in OF_TOTALS]
        lines = self.search(
            [("settled_as", "=", False), ("production_id", "in", orders.ids), ("kind", "not in", of_totals)]
        )
        if run.shift:
            within = [
                ("reconciliation_id.system_id", "=", run.system_id.id),
                ("reconciliation_id.since", ">=", run.since),
                ("reconciliation_id.until", "<=", run.until),
            ]
            only = [("production_id", "=", run.production_id.id)] if run.production_id else []
            lines |= self.search([("settled_as", "=", False), ("kind", "in", of_totals), *within, *only])
        return lines

    def _settle_gone(self):
        """End what is found no more, by what was tried of it."""
        for tried, lines in self.grouped("tried").items():
            lines._end(ENDS.get(tried, SettledAs.GONE))

    def _end(self, how, **values):
        self.write({"settled_as": how.value, "settled_at": fields.Datetime.now(), **values})

    @api.model
    def _arrived(self):
        """Open lines whose message was applied after they were found: their books are to be compared again."""
        lines = self.search(
            [
                ("settled_as", "=", False),
                ("event_id", "!=", False),
                ("production_id", "!=", False),
                "|",
                ("kind", "=", DifferenceKind.EVENT_MISSING.value),
                ("tried", "!=", False),
            ],
            order="id desc",
            limit=LOOKED_AT,
        )
        applied = self.env["mes.inbox.message"]._read_group(
            [
                ("production_id", "in", lines.production_id.ids),
                ("event_id", "in", lines.mapped("event_id")),
                ("state", "=", InboxState.DONE.value),
            ],
            ["system_id", "event_id"],
            ["settled_at:max"],
        )
        at = {(system, event): settled_at for system, event, settled_at in applied}

        def is_newer(line):
            known = at.get((line._system(), line.event_id))
            return known and known >= line.reconciliation_id.compared_at

        return lines.filtered(is_newer)

    def _system(self):
        return self.inbox_id.system_id or self.reconciliation_id.system_id

    def _prepare(self, run, found):
        """Values of the lines of ``found``; messages and orders are read at once."""
        events = self._by_event(run, found)
        messages = self.env["mes.inbox.message"].browse({one.posting.message for one in found} - {0}).exists()
        names = {message.id: message for message in messages | self._union(events)}
        orders = self.env["mrp.production"].browse({one.posting.order for one in found} - {0})
        plants = {order.id: order._mes_plant().id for order in orders}
        operations, rows = (messages | self._union(events))._own_operations(), []
        for one in found:
            message = names.get(one.posting.message) or events.get(one.event) or messages.browse()
            rows.append(
                {
                    "reconciliation_id": run.id,
                    "plant_id": plants.get(one.posting.order, run.plant_id.id),
                    "operation": one.posting.operation or operations.get(message.id, False),
                    **self._values(one, message),
                    "fingerprint": self._fingerprint(run, one),
                }
            )
        return rows

    def _union(self, events):
        return self.env["mes.inbox.message"].union(*events.values())

    def _by_event(self, run, found):
        """The messages of events that were named by their ids alone, if they are here."""
        ids = [one.event for one in found if one.event and not one.posting.message]
        messages = self.env["mes.inbox.message"].search(
            [
                *run._received(),
                ("event_id", "in", ids),
                ("system_id", "=", run.system_id.id),
                ("is_quarantined", "!=", True),
            ]
        )
        return {message.event_id: message for message in messages}

    def _values(self, one, message):
        posting, held = one.posting, one.held
        model, number = self._record_of(held or posting)
        booked = held.quantity if held else one.booked
        if one.kind in (DifferenceKind.NOT_REPORTED, DifferenceKind.EVENT_EXTRA):
            booked = booked or posting.quantity
        return {
            "production_id": posting.order or message.production_id.id,
            "kind": one.kind.value,
            "posting": posting.kind,
            "product": posting.product,
            "lot": posting.lot,
            "day": (posting.at or (held and held.at) or message.event_time) or False,
            "quantity": 0.0 if one.kind is DifferenceKind.NOT_REPORTED else one.told or posting.quantity,
            "held_quantity": booked,
            "aspects": ", ".join(one.aspects),
            "text": self._instead(one),
            "inbox_id": message.id,
            "event_id": one.event or message.event_id,
            "effect_id": posting.proof or False,
            "res_model": model,
            "res_id": number,
            "repair": self._repair_of(one, message).value,
        }

    def _record_of(self, posting):
        """Model and id of the record, where it has one of its own."""
        record = posting.record
        if not record or len(record) != 2:
            return False, False
        return ("stock.move", record[1]) if record[0] == "counter" else record

    def _instead(self, one):
        """What the record has where it differs, in words."""
        if not one.held or one.kind is DifferenceKind.NOT_REPORTED:
            return False
        figures = dict.fromkeys(f"{figure:g}" for figure in (one.held.quantity, *one.held.echoes))
        values = {
            "quantity": " / ".join(figures),
            "product": one.held.product,
            "lot": one.held.lot,
            "date": str(one.held.at or ""),
            "order": self.env["mrp.production"].browse(one.held.order).name,
        }
        return ", ".join(f"{name} {values[name]}" for name in one.aspects if values.get(name))

    def _repair_of(self, one, message):
        """The suggestion of core, as far as the message allows it."""
        if one.kind is DifferenceKind.EVENT_MISSING and message.state in WAITING:
            return Repair.REPLAY
        if one.repair is Repair.REPLAY and message.effect_ids:
            # Applied again, it would also post what of it is there.
            return Repair.ADJUST
        return one.repair

    def _fingerprint(self, run, one):
        posting, held = one.posting, one.held
        found = held and (held.quantity, held.product, held.lot, held.order, str(held.at), held.echoes, held.flaws)
        about = (posting.order, posting.record, posting.message, *posting.what, posting.quantity)
        parts = (one.kind.value, *about, one.event, one.told, one.booked, found, *self._said_of(run, one.kind))
        return "|".join(str(part) for part in parts)

    def _said_of(self, run, kind):
        """Whose word a difference of totals is: ids of events are a sender's own, and each shift may sum up alike."""
        if kind not in OF_TOTALS:
            return ()
        return (run.system_id.id, *((run.shift, run.since) if kind is DifferenceKind.TOTAL_DIFFERS else ()))
