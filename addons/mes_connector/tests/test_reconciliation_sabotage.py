"""Every posting that is sabotaged by SQL is named by its message or record, once, and nothing else is."""

import logging
import os
import random

from odoo.tests import tagged

from ..core.reconciliation_states import DifferenceKind, ReconciliationState
from ..core.states import TimeOrigin
from .test_reconciliation import ReconciliationCase

_logger = logging.getLogger(__name__)

#: Messages of the long form; `make reconciliation` asks for 1,000.
MESSAGES = int(os.environ.get("MES_RECONCILIATION_MESSAGES", "100"))
SEED = int(os.environ.get("MES_RECONCILIATION_SEED", "25"))
SABOTAGED = 25


class Saboteur:
    """Tampers with one posting at a time by SQL; ``expected`` is what has to be found."""

    #: Those that orders have only a few of come once each.
    RARE = ("pieces", "unseen_pieces", "span", "renamed")
    WAYS = (
        *("quantity", "figure", "lot", "date", "day", "product", "place", "sum", "cancelled", "deletion"),
        *("extra", "extra_move", "proof", "altered", "copied", "elsewhere", "counted", "recounted"),
        *("longer", "gone", "copied_log", "stray_log"),
    )

    def __init__(self, case, orders, rng):
        self.cr, self.env, self.case, self.rng = case.env.cr, case.env, case, rng
        case.env.flush_all()
        effects = orders.mes_effect_ids.filtered(lambda one: not one.reversed_by_ids)
        moved = effects.filtered(lambda one: one.kind in ("consumed", "received") and one.lot)
        moved = moved.filtered(lambda one: one.inbox_id.event_type != "mes.scrap.reported.v1")
        logs = orders.workorder_ids.time_ids
        self.posted = self.shuffled(moved)
        self.counts = self.shuffled(effects.filtered(lambda one: one.kind == "confirmed"))
        self.worked = self.shuffled(logs.filtered("mes_inbox_id"))
        self.spans = self.shuffled(logs.filtered(lambda log: log.mes_origin == TimeOrigin.MARKS.value))
        self.workorders = self.shuffled(orders.workorder_ids)
        self.expected = []

    def shuffled(self, records):
        return self.rng.sample(list(records), len(records))

    def strike(self, times):
        """Sabotage as many postings, in every way there is before any comes again."""
        ways = [*self.RARE, *self.WAYS]
        ways = self.rng.sample(ways, len(ways))[:times]
        for way in ways + self.rng.choices(self.WAYS, k=times - len(ways)):
            getattr(self, way)()

    def expect(self, kind, name):
        self.expected.append((kind.value, name))

    def run(self, statement, *parameters):
        self.cr.execute(statement, parameters)
        return self.cr.fetchone()[0] if " RETURNING " in statement else None

    def clone(self, model, number, **values):
        """Insert a row like another one; its id."""
        stored = (one for one in self.env[model]._fields.values() if one.store and one.column_type)
        names = [one.name for one in stored if one.name != "id" and one.name not in values]
        columns = ", ".join(f'"{name}"' for name in [*names, *values])
        rest = ", ".join([*(f'"{name}"' for name in names), *(["%s"] * len(values))])
        table = self.env[model]._table
        statement = f"INSERT INTO {table} ({columns}) SELECT {rest} FROM {table} WHERE id = %s RETURNING id"
        return self.run(statement, *values.values(), number)

    # -- stock -------------------------------------------------------------------------------------------------------

    def line(self, kind, assignment="", *values):
        """Change the line of the next effect; its id."""
        effect = self.posted.pop()
        self.expect(kind, effect.inbox_id.event_id)
        if assignment:
            self.run(f"UPDATE stock_move_line line SET {assignment} WHERE id = %s", *values, effect.res_id)
        return effect.res_id

    def move(self, kind, assignment):
        number = self.line(kind)
        move = "(SELECT move_id FROM stock_move_line WHERE id = %s)"
        self.run(f"UPDATE stock_move SET {assignment} WHERE id = {move}", number)

    def quantity(self):
        self.line(DifferenceKind.RECORD_CHANGED, "quantity = quantity + 1")

    def figure(self):
        self.line(DifferenceKind.RECORD_CHANGED, "quantity_product_uom = 3")

    def lot(self):
        other = "SELECT max(id) FROM stock_lot lot WHERE lot.product_id = line.product_id AND lot.id <> line.lot_id"
        self.line(DifferenceKind.RECORD_CHANGED, f"lot_id = ({other})")

    def renamed(self):
        own = [one for one in self.posted if one.kind == "received" and not one.lot.endswith("-0")]
        self.posted.remove(own[0])
        self.expect(DifferenceKind.RECORD_CHANGED, own[0].inbox_id.event_id)
        lot = "(SELECT lot_id FROM stock_move_line WHERE id = %s)"
        self.run(f"UPDATE stock_lot SET name = name || 'x' WHERE id = {lot}", own[0].res_id)

    def day(self):
        self.line(DifferenceKind.RECORD_CHANGED, "date = date + interval '1 day'")

    def product(self):
        self.line(DifferenceKind.RECORD_CHANGED, "product_id = %s", self.case.oil.id)

    def date(self):
        self.move(DifferenceKind.RECORD_CHANGED, "date = date - interval '2 days'")

    def place(self):
        self.move(DifferenceKind.RECORD_CHANGED, "location_id = location_dest_id, location_dest_id = location_id")

    def sum(self):
        self.move(DifferenceKind.RECORD_CHANGED, "quantity = quantity + 1")

    def cancelled(self):
        self.move(DifferenceKind.RECORD_MISSING, "state = 'cancel'")

    def deletion(self):
        number = self.line(DifferenceKind.RECORD_MISSING)
        self.run("DELETE FROM stock_move_line WHERE id = %s", number)

    def extra(self):
        self.expect(DifferenceKind.NOT_REPORTED, self.clone("stock.move.line", self.posted.pop().res_id))

    def extra_move(self):
        line = self.env["stock.move.line"].browse(self.posted.pop().res_id)
        self.expect(DifferenceKind.NOT_REPORTED, self.clone("stock.move", line.move_id.id))

    # -- proofs ------------------------------------------------------------------------------------------------------

    def proof(self):
        effect = self.posted.pop()
        self.expect(DifferenceKind.PROOF_MISSING, effect.inbox_id.event_id)
        self.run("DELETE FROM mes_effect WHERE id = %s", effect.id)

    def altered(self):
        effect = self.posted.pop()
        self.expect(DifferenceKind.PROOF_CHANGED, effect.inbox_id.event_id)
        self.run("UPDATE mes_effect SET quantity = quantity + 2 WHERE id = %s", effect.id)

    def copied(self):
        effect = self.posted.pop()
        self.expect(DifferenceKind.PROOF_CHANGED, effect.inbox_id.event_id)
        self.clone("mes.effect", effect.id)

    def elsewhere(self):
        effect, other = self.posted.pop(), self.posted.pop()
        self.expect(DifferenceKind.PROOF_CHANGED, effect.inbox_id.event_id)
        self.run("UPDATE mes_effect SET res_id = %s WHERE id = %s", other.res_id, effect.id)

    def counted(self):
        effect = self.counts.pop()
        self.expect(DifferenceKind.PROOF_MISSING, effect.inbox_id.event_id)
        self.run("DELETE FROM mes_effect WHERE id = %s", effect.id)

    def recounted(self):
        effect = self.counts.pop()
        self.expect(DifferenceKind.PROOF_CHANGED, effect.inbox_id.event_id)
        self.run("UPDATE mes_effect SET quantity = quantity - 0.5 WHERE id = %s", effect.id)

    # -- work --------------------------------------------------------------------------------------------------------

    def pieces(self):
        number = next(one.id for one in self.workorders if one.mes_operation == "20")
        self.expect(DifferenceKind.RECORD_CHANGED, number)
        self.run("UPDATE mrp_workorder SET qty_produced = qty_produced + 3 WHERE id = %s", number)

    def unseen_pieces(self):
        number = next(one.id for one in self.workorders if one.mes_operation == "10")
        self.expect(DifferenceKind.NOT_REPORTED, number)
        self.run("UPDATE mrp_workorder SET mes_qty_scrapped = 4 WHERE id = %s", number)

    def log(self, kind, statement):
        log = self.worked.pop()
        self.expect(kind, log.mes_inbox_id.event_id)
        self.run(f"{statement} WHERE id = %s", log.id)

    def longer(self):
        self.log(DifferenceKind.RECORD_CHANGED, "UPDATE mrp_workcenter_productivity SET duration = duration + 10")

    def gone(self):
        self.log(DifferenceKind.RECORD_MISSING, "DELETE FROM mrp_workcenter_productivity")

    def copied_log(self):
        log = self.worked.pop()
        self.expect(DifferenceKind.RECORD_CHANGED, log.mes_inbox_id.event_id)
        self.clone(log._name, log.id)

    def stray_log(self):
        log = self.worked.pop()
        values = {"mes_origin": None, "mes_inbox_id": None, "create_uid": None}
        self.expect(DifferenceKind.NOT_REPORTED, self.clone(log._name, log.id, **values))

    def span(self):
        log = self.spans.pop()
        begun = self.env["mes.time.mark"].search(
            [("workorder_id", "=", log.workorder_id.id), ("at", "=", log.date_start)]
        )
        self.expect(DifferenceKind.RECORD_CHANGED, begun.inbox_id.event_id)
        earlier = "date_start = date_start - interval '1 hour'"
        self.run(f"UPDATE mrp_workcenter_productivity SET {earlier} WHERE id = %s", log.id)


@tagged("post_install", "-at_install", "mes")
class TestSabotage(ReconciliationCase):
    def test_every_sabotaged_posting_is_named_and_nothing_else(self):
        orders = self.play(MESSAGES)
        clean = self.compare()
        self.assertEqual((clean.state, self.found(clean)), (ReconciliationState.AGREES.value, []))
        saboteur = Saboteur(self, orders, random.Random(SEED))
        saboteur.strike(SABOTAGED)
        self.env.invalidate_all()
        run = self.compare()
        found = [(line.kind, line.event_id or line.res_id) for line in run.line_ids]
        self.assertCountEqual(found, saboteur.expected)
        cases = self.env["mes.case"].search([("code", "=", "books_differ"), ("production_id", "in", orders.ids)])
        self.assertEqual(cases.production_id, run.line_ids.production_id)
        _logger.info(
            "reconciliation: %s messages, %s postings compared, seed %s: %s sabotaged, %s named, %s others",
            len(orders.mes_effect_ids.inbox_id),
            run.posting_count,
            SEED,
            SABOTAGED,
            len(set(found) & set(saboteur.expected)),
            len(set(found) - set(saboteur.expected)),
        )
