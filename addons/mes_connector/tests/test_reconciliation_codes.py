"""Reconciliation of a sender with codes of its own: they mean in the books what they meant when it happened."""

from datetime import datetime

from odoo.tests import tagged

from ..core.reconciliation_states import DifferenceKind, ReconciliationState
from ..core.states import CodeKind
from .test_reconciliation import ReconciliationCase

CHANGED = datetime(2026, 11, 22, 11)


@tagged("post_install", "-at_install", "mes")
class TestMappedBooks(ReconciliationCase):
    def map(self, code, kind, **values):
        values.setdefault("system_id", self.system.id)
        return self.env["mes.code.map"].create(dict(values, code=code, kind=kind.value))

    def told_in_own_codes(self, order):
        """An event whose product, lot, unit and operation are the sender's own, and mean something else by now."""
        first, second = self.lots[self.housing]
        rows = self.map("4711", CodeKind.PRODUCT, own_code="HSG-100")
        rows |= self.map("HSG-100/L-1", CodeKind.LOT, res_id=first.id)
        rows |= self.map("OP-A", CodeKind.OPERATION, own_code="10")
        rows |= self.map("BOX", CodeKind.UNIT, own_code="DZN")
        item = {"product": "4711", "lot": "L-1", "quantity": {"value": 2, "uom": "BOX"}}
        event = self.event("material.consumed", order, operation="OP-A", items=[item], envelope=self.at())
        message = self.deliver(event)
        self.assertDone(message)
        self.assertEqual((message.effect_ids.product, message.effect_ids.lot), ("HSG-100", first.name))
        rows.valid_to = CHANGED
        self.map("4711", CodeKind.PRODUCT, own_code="GEAR-20", valid_from=CHANGED)
        self.map("HSG-100/L-1", CodeKind.LOT, res_id=second.id, valid_from=CHANGED)
        self.map("OP-A", CodeKind.OPERATION, own_code="20", valid_from=CHANGED)
        self.map("BOX", CodeKind.UNIT, own_code="C62", valid_from=CHANGED)
        return message

    def falsify(self, message, column, value):
        """Change what is proven and what is posted alike: only what was said can tell."""
        line = message.effect_ids.res_id
        statement = f"UPDATE mes_effect SET {column} = %s WHERE id = %s"
        self.env.cr.execute(statement, [value, message.effect_ids.id])
        self.env.cr.execute("UPDATE stock_move_line SET quantity = 20, quantity_product_uom = 20 WHERE id = %s", [line])
        self.env.cr.execute(
            "UPDATE stock_move SET quantity = 20 WHERE id = (SELECT move_id FROM stock_move_line WHERE id = %s)", [line]
        )
        self.env.invalidate_all()

    def test_codes_are_read_as_of_the_event(self):
        order = self.release(quantity=30)
        message = self.told_in_own_codes(order)
        run = self.compare(production_id=order.id)
        self.assertEqual((run.state, self.found(run)), (ReconciliationState.AGREES.value, []))
        self.falsify(message, "quantity", 20)
        line = self.compare(production_id=order.id).line_ids
        self.assertEqual((line.kind, line.event_id), (DifferenceKind.NOT_POSTED.value, message.event_id))
        self.assertEqual((line.product, line.lot, line.operation), ("HSG-100", message.effect_ids.lot, "10"))
        self.assertEqual(line.quantity, 4)

    def test_totals_are_read_as_of_their_events(self):
        order = self.release(quantity=30)
        message = self.told_in_own_codes(order)
        item = {"product": "SCR-M6", "quantity": self.quantity(8)}
        used = self.event("material.consumed", order, operation="OP-A", items=[item], envelope=self.at())
        self.assertDone(self.deliver(used))
        total = {"order": order.mes_reference, "kind": "consumed", "operation": "OP-A"}
        boxes = dict(total, product="4711", lot="L-1", quantity={"value": 2, "uom": "BOX"}, events=[message.event_id])
        screws = dict(total, product="SCR-M6", quantity=self.quantity(8), events=[used["id"]])
        for screw_count, found in ((8, []), (9, [(DifferenceKind.TOTAL_DIFFERS.value, False)])):
            screws["quantity"]["value"] = screw_count
            run = self.summed_up(order, boxes, screws)
            self.assertEqual(self.found(run), found)

    def summed_up(self, order, *totals):
        """The compared run of a shift's summary."""
        event = self.event("shift.summarized", order)
        period = {"from": "2026-11-22T06:00:00Z", "to": "2026-11-22T14:00:00Z"}
        event["data"] = {"shift": "2026-11-22/early", **period, "totals": list(totals)}
        message = self.deliver(event)
        self.assertDone(message)
        run = self.env["mes.reconciliation"].search([("inbox_id", "=", message.id)])
        run.action_compare()
        return run
