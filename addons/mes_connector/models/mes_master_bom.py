"""Bills of materials and routings for systems: one for each variant, whole or not at all; nothing is sent here."""

from odoo import models
from odoo.fields import Domain

from ..core.master_data import Snapshot
from ..core.states import PublicationKind
from .mrp_production_release import OPERATION_STEP

#: Odoo's types of bills of materials that a plant works with, in the words of the contract.
TYPES = {"normal": "manufacture", "phantom": "kit"}


class MesMasterBom(models.AbstractModel):
    _name = "mes.master.bom"
    _description = "Bills of Materials for Systems"
    _inherit = ["mes.master.source"]

    KIND = PublicationKind.BOM.value
    EVENT_TYPE = "mes.bom.published.v1"
    MODEL = "mrp.bom"
    KEY = "bom"

    def _scope(self, system):
        here = Domain("picking_type_id", "=", False) | Domain(
            "picking_type_id.warehouse_id", "in", system.plant_ids.ids
        )
        return super()._scope(system) & here & Domain("type", "in", list(TYPES))

    def _touched_by(self, touched):
        return touched.get(self.MODEL, set()) | self._using(touched.get("product.product", ()))

    def _using(self, products):
        """Ids of the bills of materials that name one of these products."""
        ids = list(products)
        makes = Domain("product_id", "in", ids) | Domain("product_tmpl_id.product_variant_ids", "in", ids)
        uses = Domain("bom_line_ids.product_id", "in", ids) | Domain("byproduct_ids.product_id", "in", ids)
        return set(self.env[self.MODEL].with_context(active_test=False).search(makes | uses).ids if ids else ())

    def _snapshots(self, records):
        makes = {bom: bom.product_id or bom.product_tmpl_id.product_variant_ids for bom in records}
        return {bom.id: [self._snapshot(bom, product) for product in products] for bom, products in makes.items()}

    def _snapshot(self, bom, product):
        missing, numbers = [], self._numbers(bom, product)
        data = {
            "bom": self._bom_key(bom, product),
            "product": self._product(product, missing),
            "quantity": self._quantity(bom.product_qty, bom.product_uom_id, missing),
            "type": TYPES[bom.type],
            "components": self._materials(bom.bom_line_ids, product, numbers, missing),
            "by_products": self._materials(bom.byproduct_ids, product, numbers, missing),
        }
        if bom.code:
            data["reference"] = bom.code
        return Snapshot(data["bom"], data, self._unique(missing))

    def _bom_key(self, bom, product):
        return f"BOM-{bom.id}-{product.id}"

    def _materials(self, lines, product, numbers, missing):
        found = []
        for line in lines:
            if line.product_id.type != "consu" or self._is_skipped(line, product):
                continue
            material = {
                "product": self._product(line.product_id, missing),
                "quantity": self._quantity(line.product_qty, line.product_uom_id, missing),
            }
            if line.operation_id in numbers:
                material["operation"] = numbers[line.operation_id]
            found.append(material)
        return found

    def _is_skipped(self, line, product):
        """Whether a line is for other variants only."""
        values = line.bom_product_template_attribute_value_ids
        return bool(values) and self.env["mrp.bom"]._skip_for_no_variant(product, values)

    def _numbers(self, bom, product):
        """``{operation: its number}``, in order and numbered as the release numbers them."""
        operations = bom.operation_ids.filtered(lambda one: not self._is_skipped(one, product))
        ordered = operations.sorted(lambda one: (one.sequence, one.id))
        return {one: str(place * OPERATION_STEP) for place, one in enumerate(ordered, start=1)}

    def _unique(self, sentences):
        return tuple(dict.fromkeys(sentences))


class MesMasterRouting(models.AbstractModel):
    _name = "mes.master.routing"
    _description = "Routings for Systems"
    _inherit = ["mes.master.bom"]

    KIND = PublicationKind.ROUTING.value
    EVENT_TYPE = "mes.routing.published.v1"
    KEY = "routing"

    def _scope(self, system):
        return super()._scope(system) & Domain("type", "=", "normal") & Domain("operation_ids", "!=", False)

    def _touched_by(self, touched):
        centers = list(touched.get("mrp.workcenter", ()))
        at_centers = self.env["mrp.bom"].search([("operation_ids.workcenter_id", "in", centers)]) if centers else ()
        return super()._touched_by(touched) | {bom.id for bom in at_centers}

    def _snapshots(self, records):
        found = super()._snapshots(records)
        return {bom: [one for one in snapshots if one.data["operations"]] for bom, snapshots in found.items()}

    def _snapshot(self, bom, product):
        missing, numbers = [], self._numbers(bom, product)
        data = {
            "routing": f"RTG-{bom.id}-{product.id}",
            "bom": self._bom_key(bom, product),
            "product": self._product(product, missing),
            "operations": [self._operation(one, numbers, missing) for one in numbers],
        }
        return Snapshot(data["routing"], data, self._unique(missing))

    def _operation(self, operation, numbers, missing):
        center = operation.workcenter_id
        if not center.code:
            missing.append(self.env._("Work center %s has no code.", center.name))
        found = {
            "operation": numbers[operation],
            "name": operation.name,
            "work_center": center.code,
            "duration_minutes": round(operation.time_cycle_manual, 6),
        }
        if operation.bom_id.allow_operation_dependencies:
            needs = operation.blocked_by_operation_ids.filtered(lambda one: one in numbers)
            found["needs"] = [numbers[one] for one in needs.sorted(lambda one: (one.sequence, one.id))]
        return found
