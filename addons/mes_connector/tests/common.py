"""The world of the addon's tests, built once per class: a plant, a system, a product with two operations, stock."""

import itertools
import json
from contextlib import contextmanager

from odoo import fields
from odoo.tests import TransactionCase

from ..core.states import InboxState, SystemState

COUNTER = itertools.count(1)


class AlwaysMine:
    """A shard guard for tests, whose single connection cannot exclude anybody; it is its own hold."""

    @contextmanager
    def hold(self, _shard):
        yield self

    def check(self):
        """The shard is ours."""

    @contextmanager
    def alone(self):
        yield


class MesCase(TransactionCase):
    """Order 1: 100 gearboxes; housing and gear by lot at operation 10, oil by lot at operation 20, screws untracked."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Nothing is collected, unless a test is about that.
        cls.env.ref("mes_connector.flow_class_window").window_seconds = 0
        # The events of these tests stay where they are in time.
        cls.env["ir.config_parameter"].set_param("mes_connector.idempotency_days", 36500)
        cls.plant = cls.env["stock.warehouse"].search([("company_id", "=", cls.env.company.id)], limit=1)
        cls.stock = cls.plant.lot_stock_id
        cls.system = cls.env["mes.system"].create(
            {
                "name": "North MES",
                "code": "mes-north",
                "plant_ids": cls.plant.ids,
                "endpoint_url": "https://mes.example.com/events",
                "state": SystemState.ACTIVE.value,
                # Nearly all events of these tests happen at one instant.
                "holds_suspects": False,
            }
        )
        unit, litre = cls.env.ref("uom.product_uom_unit"), cls.env.ref("uom.product_uom_litre")
        cls.gearbox = cls.make_product("GBX-100", "lot", unit)
        cls.housing = cls.make_product("HSG-100", "lot", unit)
        cls.gear = cls.make_product("GEAR-20", "lot", unit)
        cls.oil = cls.make_product("OIL-5", "lot", litre)
        cls.screw = cls.make_product("SCR-M6", "none", unit)
        cls.assembly = cls.env["mrp.workcenter"].create({"name": "Assembly line 1", "code": "ASM1"})
        cls.bench = cls.env["mrp.workcenter"].create({"name": "Test bench 1", "code": "TST1"})
        cls.bom = cls.make_bom()
        cls.lots = {}
        for product, quantity in ((cls.housing, 500), (cls.gear, 1000), (cls.oil, 500)):
            cls.lots[product] = [cls.add_stock(product, quantity, f"{product.default_code}-{name}") for name in "AB"]
        cls.add_stock(cls.screw, 10000)

    @classmethod
    def make_product(cls, code, tracking, unit):
        return cls.env["product.product"].create(
            {"name": code, "default_code": code, "is_storable": True, "tracking": tracking, "uom_id": unit.id}
        )

    @classmethod
    def make_bom(cls, product=None, **values):
        product = product or cls.gearbox
        bom = cls.env["mrp.bom"].create(
            dict(
                values,
                product_tmpl_id=product.product_tmpl_id.id,
                product_qty=1,
                operation_ids=[
                    fields.Command.create(
                        {"name": name, "workcenter_id": center.id, "sequence": sequence, "time_cycle_manual": 2}
                    )
                    for sequence, (name, center) in enumerate((("Assembly", cls.assembly), ("Final test", cls.bench)))
                ],
            )
        )
        assembly, test = bom.operation_ids
        for component, quantity, operation in (
            (cls.housing, 1, assembly),
            (cls.gear, 2, assembly),
            (cls.screw, 8, assembly),
            (cls.oil, 0.25, test),
        ):
            cls.env["mrp.bom.line"].create(
                {
                    "bom_id": bom.id,
                    "product_id": component.id,
                    "product_qty": quantity,
                    "operation_id": operation.id,
                }
            )
        return bom

    @classmethod
    def add_stock(cls, product, quantity, lot_name=None):
        lot = cls.env["stock.lot"]
        if lot_name:
            lot = lot.create({"name": lot_name, "product_id": product.id})
        cls.env["stock.quant"]._update_available_quantity(product, cls.stock, quantity, lot_id=lot)
        return lot

    def make_order(self, quantity=100.0, product=None, confirm=True, **values):
        order = self.env["mrp.production"].create(
            dict(
                values,
                product_id=(product or self.gearbox).id,
                product_qty=quantity,
                picking_type_id=self.plant.manu_type_id.id,
            )
        )
        if confirm:
            order.action_confirm()
        return order

    def release(self, quantity=100.0, **values):
        order = self.make_order(quantity, **values)
        order.action_mes_release()
        return order

    # -- events ------------------------------------------------------------------------------------------------------

    def event(self, event_type, order, **data):
        """A CloudEvent about ``order``; keyword ``envelope`` holds further attributes."""
        number = next(COUNTER)
        envelope = {
            "specversion": "1.0",
            "id": f"e-{number}",
            "source": "/plant/north",
            "type": f"mes.{event_type}.v1",
            "time": "2026-11-22T10:00:00Z",
        }
        envelope.update(data.pop("envelope", {}))
        reference = order if isinstance(order, str) else order.mes_reference
        return dict(envelope, data=dict(data, order=reference))

    def deliver(self, *events):
        """Store ``events`` as the doors do, and let the dispatcher work until nothing is due; the inbox rows."""
        intake = self.env["mes.intake"]
        caller, _secrets = self.env["mes.identity"]._load_caller(self.system.code)
        _is_batch, readings = intake._read(caller, json.dumps(list(events)).encode())
        for reading in readings:
            if reading.error:
                raise reading.error
        results = intake._store(caller, readings)
        self.drain()
        uuids = [result["message"] for result in results]
        messages = self.env["mes.inbox.message"].search([("uuid", "in", uuids)])
        return messages.sorted(lambda message: uuids.index(message.uuid))

    def drain(self):
        """Work the inbox in this transaction, in the order a lane would."""
        inbox, dispatcher = self.env["mes.inbox.message"], self.env["mes.dispatcher"]
        progress = True
        while progress:
            progress = False
            for shard, _priority in inbox._due_shards():
                while message := inbox._next_due(shard):
                    dispatcher._apply(message)
                    progress = True

    def send(self, event_type, order, **data):
        """Deliver one event and return its row."""
        return self.deliver(self.event(event_type, order, **data))

    # -- shorthand for the usual facts -------------------------------------------------------------------------------

    def consume(self, order, quantities, operation="10", **extra):
        """``quantities``: {(product, lot or None): quantity}."""
        items = [
            dict(
                {"product": product.default_code, "quantity": self.quantity(value, product)},
                **({"lot": lot.name} if lot else {}),
            )
            for (product, lot), value in quantities.items()
        ]
        return self.send("material.consumed", order, operation=operation, items=items, **extra)

    def report(self, order, quantity, lot, **extra):
        item = {"product": order.product_id.default_code, "quantity": self.quantity(quantity), "lot": lot}
        return self.send("production.reported", order, items=[item], **extra)

    def confirm(self, order, operation, good, minutes=0, final=False, **extra):
        return self.send(
            "operation.confirmed",
            order,
            operation=operation,
            work_center="ASM1",
            good=self.quantity(good),
            minutes={"machine": minutes},
            final=final,
            **extra,
        )

    def complete(self, order, good, scrap=0):
        totals = {"good": self.quantity(good), "scrap": self.quantity(scrap)}
        return self.send("order.completed", order, totals=totals)

    def quantity(self, value, product=None):
        return {"value": value, "uom": (product or self.gearbox).uom_id.unece_code}

    # -- assertions --------------------------------------------------------------------------------------------------

    def assertPhase(self, order, phase):
        self.assertEqual(order.mes_phase, phase.value)

    def assertDone(self, *messages):
        for message in messages:
            self.assertEqual(
                (message.state, message.text or ""),
                (InboxState.DONE.value, message.text or ""),
                f"{message.event_type}: {message.code} {message.text}",
            )

    def assertStopped(self, message, state, code):
        self.assertEqual((message.state, message.code), (state.value, code), message.text)

    def on_hand(self, product, lot=None):
        quants = self.env["stock.quant"].search(
            [("product_id", "=", product.id), ("location_id", "child_of", self.stock.id)]
        )
        return sum((quants.filtered(lambda quant: quant.lot_id == lot) if lot else quants).mapped("quantity"))

    def genealogy(self, order):
        """{finished lot: {component lot: quantity}} over tracked components."""
        used = {}
        for line in order.move_finished_ids.filtered(lambda move: move.state == "done").move_line_ids:
            used[line.lot_id.name] = used.get(line.lot_id.name, line.browse()) | line.consume_line_ids
        return {name: self.by_lot(lines.filtered("lot_id")) for name, lines in used.items()}

    def by_lot(self, lines):
        """{lot: quantity} of done lines, less what came back."""
        found = {}
        for line in lines:
            found[line.lot_id.name] = found.get(line.lot_id.name, 0) + line.move_id._mes_net_by_lot()[line.lot_id]
        return found
