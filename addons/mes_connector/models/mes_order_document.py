"""What the plant is told about an order: builds outbound payloads from Odoo's records; sends and changes nothing."""

from odoo import api, fields, models

from ..core.order_machine import OrderEvent
from .mes_message_mixin import to_wire_time

CLOSED = ("done", "cancel")


class MesOrderDocument(models.AbstractModel):
    _name = "mes.order.document"
    _description = "Order Documents"

    @api.model
    def _for_event(self, order, event, note=""):
        """``(event type, data)`` that announces a life cycle event, or None when the plant need not hear of it."""
        if event is OrderEvent.RELEASE:
            return "mes.order.released.v1", self._released(order)
        if event is OrderEvent.CHANGE:
            return "mes.order.changed.v1", dict(self._released(order), changes=note.split(", "))
        if event is OrderEvent.REOPEN:
            return "mes.order.changed.v1", dict(self._released(order), changes=["reopened"])
        if event is OrderEvent.CLOSE:
            data = {"order": order.mes_reference, "revision": order.mes_revision, "reason": note}
            return "mes.order.closed.v1", data
        if event is OrderEvent.CANCEL and order.mes_revision:
            return "mes.order.cancelled.v1", {"order": order.mes_reference, "revision": order.mes_revision}
        if event is OrderEvent.POST:
            return "mes.order.posted.v1", self._posted(order)
        if event is OrderEvent.HOLD:
            reason = order.mes_hold_reason or self.env._("No reason given")
            return "mes.hold.placed.v1", {"order": order.mes_reference, "reason": reason}
        if event is OrderEvent.RESUME:
            return "mes.hold.released.v1", {"order": order.mes_reference, "disposition": "release"}
        return None

    @api.model
    def _missing_for_release(self, order):
        """Sentences naming what keeps the order from being released; empty when nothing does."""
        if order.state not in ("confirmed", "progress"):
            return [self.env._("The order is not confirmed.")]
        missing = []
        plant = order._mes_plant()
        if not self.env["mes.route"]._targets("mes.order.released.v1", plant):
            missing.append(self.env._("No active system of plant %s takes released orders.", plant.display_name))
        moves = order.move_raw_ids | order.move_finished_ids
        for product in moves.product_id.filtered(lambda one: not one.default_code):
            missing.append(self.env._("Product %s has no internal reference.", product.display_name))
        for center in order.workorder_ids.workcenter_id.filtered(lambda one: not one.code):
            missing.append(self.env._("Work center %s has no code.", center.display_name))
        for unit in (moves.product_uom | order.product_uom_id).filtered(lambda one: not one.unece_code):
            missing.append(self.env._("Unit %s has no UN/ECE code.", unit.display_name))
        for product in self._lacking(order).product_id if plant.mes_release_reserved else ():
            missing.append(self.env._("Component %s is not all reserved.", product.display_name))
        return missing

    def _lacking(self, order):
        """The components of which the order has not reserved all."""
        return order.move_raw_ids.filtered(lambda move: move.state in ("confirmed", "partially_available", "waiting"))

    def _released(self, order):
        data = {
            "order": order.mes_reference,
            "revision": order.mes_revision,
            "plant": order._mes_plant().code,
            "product": {
                "code": order.product_id.default_code,
                "name": order.product_id.name,
                "tracking": order.product_tracking,
            },
            "quantity": self._quantity(order._mes_qty_ordered(), order.product_uom_id),
            "planned_start": to_wire_time(order.date_start),
            "planned_end": to_wire_time(order.date_finished or order.date_start),
            "priority": int(order.priority or 0),
            "operations": [self._operation(workorder) for workorder in order._mes_operations()],
            "components": self._materials(order, order.move_raw_ids, with_lots=True),
            "by_products": self._materials(order, order.move_byproduct_ids),
        }
        if order.date_deadline:
            data["due"] = to_wire_time(order.date_deadline)
        if order.origin:
            data["origin"] = order.origin
        if parent := order._get_sources()[:1]:
            data["parent"] = parent.mes_reference or parent.name
        if attributes := self._attributes(order):
            data["attributes"] = attributes
        return data

    def _attributes(self, order):
        """What was chosen for a configured product: the values of its variant, and those that make none."""
        chosen = order.product_id.product_template_attribute_value_ids
        values = chosen | order.never_product_template_attribute_value_ids
        return [self._attribute(order, value) for value in values.sorted()]

    def _attribute(self, _order, value):
        """One chosen value; an addon that knows more of it adds that."""
        return {"attribute": value.attribute_id.name, "value": value.name}

    def _operation(self, workorder):
        operation = {
            "operation": workorder.mes_operation,
            "name": workorder.name,
            "work_center": workorder.workcenter_id.code,
            "work_center_name": workorder.workcenter_id.name,
            "duration_minutes": round(workorder.duration_expected, 2),
        }
        if workorder.date_start:
            operation["planned_start"] = to_wire_time(workorder.date_start)
        if workorder.date_finished:
            operation["planned_end"] = to_wire_time(workorder.date_finished)
        if workorder.production_id.allow_workorder_dependencies:
            needs = workorder.blocked_by_workorder_ids.filtered("mes_operation")
            operation["needs"] = sorted(needs.mapped("mes_operation"), key=int)
        return operation

    def _materials(self, order, moves, with_lots=False):
        """What is planned for the whole order: one row per product, operation and unit, posted or not."""
        planned = moves.filtered(lambda move: move.state != "cancel" and move.product_uom_qty)
        groups = planned.grouped(lambda move: (move.product_id, order._mes_workorder_of(move), move.product_uom))
        rows = []
        for (product, workorder, unit), group in groups.items():
            row = {
                "product": product.default_code,
                "name": product.name,
                "tracking": product.tracking,
                "quantity": self._quantity(sum(group.mapped("product_uom_qty")), unit),
            }
            if workorder:
                row["operation"] = workorder.mes_operation
            lots = self._reserved_lots(self._open(group), unit) if with_lots else []
            rows.append(dict(row, lots=lots) if lots else row)
        return rows

    def _reserved_lots(self, moves, unit):
        return [
            {"lot": line.lot_id.name, "quantity": line.product_uom_id._compute_quantity(line.quantity, unit)}
            for line in moves.move_line_ids
            if line.lot_id and line.quantity
        ]

    def _posted(self, order):
        unit = order.product_uom_id
        return {
            "order": order.mes_reference,
            "revision": order.mes_revision,
            "good": self._quantity(order.mes_qty_good, unit),
            "scrap": self._quantity(order.mes_qty_scrapped, unit),
            "yield_variance": round(order.mes_qty_good - order._mes_qty_ordered(), 6),
            "consumption": self._consumption(order),
            "posted_at": to_wire_time(fields.Datetime.now()),
        }

    def _consumption(self, order):
        """Planned against actual per component; what was planned for the whole order counts, also when closed short."""
        rows = []
        for product in order.move_raw_ids.product_id:
            moves = order.move_raw_ids.filtered(lambda move, product=product: move.product_id == product)
            unit = product.uom_id
            planned = sum(move.product_uom._compute_quantity(move.product_uom_qty, unit, round=False) for move in moves)
            actual = order._mes_qty_consumed(product)
            rows.append(
                {
                    "product": product.default_code or product.display_name,
                    "planned": self._quantity(planned, unit),
                    "actual": self._quantity(actual, unit),
                    "deviation": round(actual - planned, 6),
                }
            )
        return rows

    def _open(self, moves):
        return moves.filtered(lambda move: move.state not in CLOSED)

    def _quantity(self, value, unit):
        return {"value": round(value, 6), "uom": unit.unece_code or unit.name}
