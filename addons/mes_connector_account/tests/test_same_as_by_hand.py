"""An order that was reported by the plant in one part is the same as one that people booked in Odoo, field by field."""

from datetime import timedelta

from odoo.fields import Datetime
from odoo.tests import Form, tagged

from .common import MoneyCase

#: Fields of these types tell which record it is, or when; what they say of the order is in its picture.
NOT_COMPARED = {"datetime", "many2many", "one2many", "many2one_reference", "properties", "json", "binary"}
#: What other records are called is the same for both orders, if they are of these models.
NAMED = {
    "account.account",
    "account.journal",
    "mrp.routing.workcenter",
    "mrp.workcenter",
    "mrp.workcenter.productivity.loss",
    "product.product",
    "res.company",
    "res.currency",
    "stock.location",
    "uom.uom",
}
#: Numbers and names of the orders, of their lots and of their entries.
OWN = {
    "id",
    "name",
    "barcode",
    "display_name",
    "reference",
    "origin",
    "sequence",
    "sequence_number",
    "ref",
    "move_name",
}
#: A lot that a plant names is of the plant's company; one typed in by hand is everybody's, as its product.
DIFFERENT = {("stock.lot", "company_id")}


@tagged("post_install", "-at_install", "mes")
class TestSameAsByHand(MoneyCase):
    """Both orders make 10 gearboxes of lots A; 30 minutes of assembly, 12 of the bench."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.now = Datetime.now() - timedelta(minutes=1)
        # A plant without systems: its orders are plain Odoo.
        cls.other = cls.env["stock.warehouse"].create({"name": "By hand", "code": "HAND"})

    def by_events(self):
        stamp = {"time": f"{self.now:%Y-%m-%dT%H:%M:%SZ}"}
        order = self.release(10)
        housing, gear = (self.lots[product][0] for product in (self.housing, self.gear))
        untracked = {(self.screw, None): 80}
        self.assertDone(
            self.consume(order, {(self.housing, housing): 10, (self.gear, gear): 20, **untracked}, envelope=stamp),
            self.consume(order, {(self.oil, self.lots[self.oil][0]): 2.5}, operation="20", envelope=stamp),
            self.confirm(order, "10", 10, minutes=30, final=True, envelope=stamp),
            self.send(
                "operation.confirmed",
                order,
                operation="20",
                work_center="TST1",
                good=self.quantity(10),
                minutes={"machine": 12},
                final=True,
                envelope=stamp,
            ),
            self.report(order, 10, "F1", envelope=stamp),
            self.complete(order, 10),
        )
        return order

    def by_hand(self):
        order = self.env["mrp.production"].create(
            {"product_id": self.gearbox.id, "product_qty": 10, "location_src_id": self.stock.id}
            | {"picking_type_id": self.other.manu_type_id.id, "location_dest_id": self.stock.id}
        )
        order.action_confirm()
        order.action_assign()
        lot = self.env["stock.lot"].create({"name": "H1", "product_id": self.gearbox.id})
        with Form(order) as form:
            form.qty_producing = 10
            form.lot_producing_ids = lot
        for workorder, minutes in zip(order.workorder_ids, (30, 12), strict=True):
            begin = self.now - timedelta(minutes=minutes)
            values = workorder._prepare_timeline_vals(minutes, begin, self.now)
            self.env["mrp.workcenter.productivity"].create(values)
        order.workorder_ids.button_finish()
        self.assertIs(order.button_mark_done(), True)
        return order

    def picture(self, order):
        """What a person sees of a closed order, without names and ids."""
        moves = order.move_raw_ids | order.move_finished_ids
        finished = {order.move_finished_ids.move_line_ids.lot_id.name: "made"}
        entries = moves.account_move_id | order.workorder_ids.time_ids.account_move_line_id.move_id
        return {
            "state": (order.state, order.qty_produced, order.qty_producing, order.is_locked),
            "moves": sorted(self.picture_of_move(move) for move in moves),
            "lines": sorted(
                (line.product_id.default_code, finished.get(line.lot_id.name, line.lot_id.name or ""), line.quantity)
                for line in moves.move_line_ids
            ),
            "genealogy": sorted(
                (line.product_id.default_code, line.lot_id.name or "", line.quantity)
                for line in order.move_finished_ids.move_line_ids.consume_line_ids
            ),
            "work orders": [
                (one.name, one.state, one.qty_produced, one.duration, one.costs_hour, round(one._cal_cost(), 2))
                for one in order.workorder_ids
            ],
            "times": sorted(
                (log.workcenter_id.code, log.duration, log.loss_id.name, log.date_end)
                for log in order.workorder_ids.time_ids
            ),
            "journal": sorted(
                (line.account_id.code, line.debit, line.credit, line.date, line.journal_id.code, line.parent_state)
                for line in entries.line_ids
            ),
        }

    def picture_of_move(self, move):
        return (
            move.product_id.default_code,
            move.state,
            move.product_uom_qty,
            move.quantity,
            round(move.value, 2),
            move.picked,
            move.date.date(),
            move.location_id.usage,
            move.location_dest_id.usage,
        )

    def fields_of(self, records):
        """All stored fields of records by what they say, in any order."""
        compared = {
            name: field
            for name, field in records._fields.items()
            if field.store
            and field.type not in NOT_COMPARED
            and (field.type != "many2one" or field.comodel_name in NAMED)
            and name not in OWN
            and (records._name, name) not in DIFFERENT
            and not name.startswith("mes_")
        }
        return sorted(
            repr([(name, self.plain(record[name], field)) for name, field in sorted(compared.items())])
            for record in records
        )

    def plain(self, value, field):
        if field.type == "many2one":
            return value.display_name
        return round(value, 6) if isinstance(value, float) else value

    def everything(self, order):
        moves = order.move_raw_ids | order.move_finished_ids
        entries = moves.account_move_id | order.workorder_ids.time_ids.account_move_line_id.move_id
        return (
            order,
            moves,
            moves.move_line_ids,
            moves.move_line_ids.lot_id & order.move_finished_ids.move_line_ids.lot_id,
            order.workorder_ids,
            order.workorder_ids.time_ids,
            # Not their entries: each report of the plant is one, and what people post at once is one, too.
            entries.line_ids,
        )

    def compare(self, method):
        self.value_by(method)
        before = self.gearbox.total_value
        told = self.by_events()
        between = self.gearbox.total_value
        done = self.by_hand()
        after = self.gearbox.total_value
        pictures = self.picture(told), self.picture(done)
        for part in pictures[0]:
            self.assertEqual(pictures[0][part], pictures[1][part], part)
        for ours, theirs in zip(self.everything(told), self.everything(done), strict=True):
            self.assertEqual(self.fields_of(ours), self.fields_of(theirs), ours._name)
        self.assertEqual(len(pictures[0]["journal"]), 2 * 5 + 2, "components, pieces, labor")
        self.assertMoney(between - before, after - between)

    def test_standard(self):
        self.compare("standard")

    def test_average(self):
        self.compare("average")

    def test_fifo(self):
        self.compare("fifo")
