"""Ten increments on one order: trace, stock and reservations against a ledger that knows only what was sent.

The ledger is plain Python and never reads Odoo; each report is linked with what was consumed since the one before.
"""

from collections import Counter, defaultdict

from odoo import Command
from odoo.tests import tagged

from .common import MesCase

INCREMENTS = 10
#: Component, pieces of it in one finished piece, operation, and after how many increments its lot alternates.
PARTS = (("HSG-100", 1, "10", 1), ("GEAR-20", 2, "20", 2), ("OIL-5", 0.25, "30", 3))


class Ledger:
    """What the plant sent, added up: component lots in each finished lot, and what was taken of each."""

    def __init__(self):
        self.up, self.used, self.made, self.open = {}, Counter(), Counter(), Counter()

    def consume(self, lot, quantity):
        self.open[lot] += quantity
        self.used[lot] += quantity

    def take_back(self, lot, quantity):
        self.consume(lot, -quantity)
        self.open = +self.open

    def receive(self, lots, each=1):
        for lot in lots:
            self.made[lot] += each
            self.up[lot] = dict(self.open)
        self.open = Counter()

    @property
    def down(self):
        """{component lot: finished lots it went into}"""
        found = defaultdict(set)
        for made, used in self.up.items():
            for lot in used:
                found[lot].add(made)
        return dict(found)


class IncrementsCase(MesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        unit = cls.env.ref("uom.product_uom_unit")
        cls.shaft, cls.pump = cls.make_product("SHAFT-L", "lot", unit), cls.make_product("PUMP-SN", "serial", unit)
        for product in (cls.shaft, cls.pump):
            cls.make_three_operations(product)

    @classmethod
    def make_three_operations(cls, product):
        bom = cls.make_bom(product)
        bom.bom_line_ids.unlink()
        bom.operation_ids = [
            Command.create({"name": "Packing", "workcenter_id": cls.bench.id, "sequence": 9, "time_cycle_manual": 1})
        ]
        operations = bom.operation_ids.sorted("sequence")
        for operation, (code, quantity, _number, _every) in zip(operations, PARTS, strict=True):
            cls.env["mrp.bom.line"].create(
                {
                    "bom_id": bom.id,
                    "product_id": cls.part(code).id,
                    "product_qty": quantity,
                    "operation_id": operation.id,
                }
            )

    @classmethod
    def part(cls, code):
        return {one.default_code: one for one in (cls.housing, cls.gear, cls.oil)}[code]

    def work(self, order, ledger, step, pieces, *serials):
        """One increment: each operation with its component, the lot of the step, then the report; its messages."""
        messages = self.env["mes.inbox.message"]
        for code, each, operation, every in PARTS:
            part = self.part(code)
            lot = self.lots[part][step // every % 2]
            messages |= self.consume(order, {(part, lot): each * pieces}, operation=operation)
            messages |= self.confirm(order, operation, pieces, minutes=pieces)
            ledger.consume(lot.name, each * pieces)
        item = {"product": order.product_id.default_code, "quantity": self.quantity(pieces)}
        made = {"serials": list(serials)} if serials else {"lot": f"F{step}"}
        messages |= self.send("production.reported", order, items=[dict(item, **made)])
        ledger.receive(serials or [f"F{step}"], 1 if serials else pieces)
        self.assertDone(*messages)
        return messages

    # -- the ledger against Odoo -------------------------------------------------------------------------------------

    def assertLedger(self, order, ledger):
        self.assertEqual(self.genealogy(order), ledger.up)
        self.assertEqual(self.downstream(order), ledger.down)
        self.assertEqual(self.reported_upstream(order.product_id, ledger), ledger.up)
        self.assertEqual(self.reported_downstream(order, ledger), ledger.down)
        for part, lots in self.lots.items():
            begun = {"HSG-100": 500, "GEAR-20": 1000, "OIL-5": 500}[part.default_code]
            for lot in lots:
                self.assertEqual(self.on_hand(part, lot), begun - ledger.used[lot.name], lot.name)
        made = self.env["stock.lot"].search([("product_id", "=", order.product_id.id)])
        self.assertEqual({lot.name: lot.product_qty for lot in made if lot.product_qty}, dict(+ledger.made))

    def assertReserved(self, order, ledger, planned):
        """The order holds what it still needs of each component, and nothing else holds any."""
        for code, each, _operation, _every in PARTS:
            part = self.part(code)
            rest = each * planned - sum(ledger.used[lot.name] for lot in self.lots[part])
            held = sum(self.env["stock.quant"].search([("product_id", "=", part.id)]).mapped("reserved_quantity"))
            self.assertAlmostEqual(held, rest, 6, code)
            of_order = order.move_raw_ids.filtered(
                lambda move, part=part: move.product_id == part and move.state not in ("done", "cancel")
            )
            self.assertAlmostEqual(sum(of_order.mapped("quantity")), rest, 6, code)

    def downstream(self, order):
        found = {}
        for line in order.move_raw_ids.filtered(lambda move: move.state == "done").move_line_ids:
            if made := line.produce_line_ids.lot_id.mapped("name"):
                found.setdefault(line.lot_id.name, set()).update(made)
        return found

    def trace(self, record, **context):
        report = self.env["stock.traceability.report"].with_context(**context)
        return report.get_lines(line_id=False, model_name=record._name, model_id=record.id, level=1)

    def reported_upstream(self, product, ledger):
        """{finished lot: {component lot: quantity}} as Odoo's own traceability report unfolds it."""
        found, report = {}, self.env["stock.traceability.report"]
        for lot in self.env["stock.lot"].search([("product_id", "=", product.id), ("name", "in", list(ledger.up))]):
            lines = self.env["stock.move.line"]
            for row in self.trace(lot):
                if row["usage"] == "in" and row["res_model"] == "mrp.production":
                    children = report.get_lines(
                        line_id=row["id"], model_name="stock.move.line", model_id=row["model_id"], level=2
                    )
                    lines |= lines.browse([child["model_id"] for child in children if child["usage"] == "out"])
            found[lot.name] = self.by_lot(lines)
        return found

    def reported_downstream(self, order, ledger):
        found = {}
        for line in order.move_raw_ids.filtered(lambda move: move.state == "done").move_line_ids:
            rows = self.trace(line, lot_name=line.lot_id.name)
            if rows and line.lot_id.name in ledger.down:
                found.setdefault(line.lot_id.name, set()).update(row["lot_name"] for row in rows)
        return found


@tagged("post_install", "-at_install", "mes")
class TestPostingIncrements(IncrementsCase):
    def test_ten_increments_by_lot(self):
        order, ledger = self.release(quantity=100, product=self.shaft), Ledger()
        for step in range(INCREMENTS):
            self.work(order, ledger, step, 9)
            self.assertReserved(order, ledger, 100)
        self.assertLedger(order, ledger)
        self.assertDone(self.complete(order, 90))
        self.assertEqual(order.state, "done")
        self.assertLedger(order, ledger)
        self.assertEqual(order.workorder_ids.mapped("duration"), [90] * 3)
        quants = self.env["stock.quant"].search([("product_id", "in", [part.id for part in self.lots])])
        self.assertEqual(sum(quants.mapped("reserved_quantity")), 0)

    def test_ten_increments_by_serial(self):
        order, ledger = self.release(quantity=20, product=self.pump), Ledger()
        for step in range(INCREMENTS):
            self.work(order, ledger, step, 2, f"S{step}a", f"S{step}b")
            self.assertReserved(order, ledger, 20)
        self.assertLedger(order, ledger)
        self.assertDone(self.complete(order, 20))
        self.assertEqual((order.state, order.qty_produced), ("done", 20))
        self.assertLedger(order, ledger)

    def test_the_trace_through_scrap_reversal_and_unbuild(self):
        order, ledger = self.release(quantity=40, product=self.shaft), Ledger()
        self.work(order, ledger, 0, 10)
        wrong = self.work(order, ledger, 1, 10)
        for message in wrong.sorted("id", reverse=True):
            self.assertDone(self.send("posting.reversed", order, reverses=message.event_id, reason="wrong order"))
        for lot, quantity in ledger.up["F1"].items():
            ledger.used[lot] -= quantity
        ledger.made["F1"], ledger.up["F1"] = 0, {}
        self.assertLedger(order, ledger)
        self.assertReserved(order, ledger, 40)
        self.work(order, ledger, 2, 10)
        scrap = self.send("scrap.reported", order, product="SHAFT-L", quantity=self.quantity(2), lot="F2")
        self.assertDone(scrap, self.complete(order, 20, 2))
        self.assertLedger(order, ledger)
        self.assertEqual(order.workorder_ids.mapped("qty_produced"), [20] * 3)
        self.unbuild(order, "F2", 3)
        ledger.made["F2"] -= 3
        for code, each, _operation, every in PARTS:
            # Of the pieces of the order a share is unbuilt; two more had been scrapped, made of nothing of their own.
            ledger.used[self.lots[self.part(code)][2 // every % 2].name] -= 3 * each * 20 / 22
        for part, lots in self.lots.items():
            for lot in lots:
                begun = {"HSG-100": 500, "GEAR-20": 1000, "OIL-5": 500}[part.default_code]
                self.assertAlmostEqual(self.on_hand(part, lot), begun - ledger.used[lot.name], 1, lot.name)
        self.assertEqual(self.genealogy(order), ledger.up, "what was unbuilt had been made of the same")

    def unbuild(self, order, lot, pieces):
        made = self.env["stock.lot"].search([("name", "=", lot), ("product_id", "=", order.product_id.id)])
        unbuild = self.env["mrp.unbuild"].create(
            {
                "product_id": order.product_id.id,
                "mo_id": order.id,
                "product_qty": pieces,
                "lot_id": made.id,
                "location_id": self.stock.id,
                "location_dest_id": self.stock.id,
            }
        )
        unbuild.action_unbuild()
