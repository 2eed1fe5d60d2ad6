"""Turns the sender's codes into Odoo records, or says by name what is missing; changes nothing but finished lots.

The crosswalk is asked first, for the time of the event; a code it is silent about is Odoo's own.
"""

from odoo import api, models

from ..core import errors
from ..core.crosswalk import Scope, lot_code
from ..core.states import CodeKind


class MesResolver(models.AbstractModel):
    _name = "mes.resolver"
    _description = "Code Resolution"

    @api.model
    def _find_order(self, system, reference):
        """The manufacturing order released as ``reference`` to a plant that ``system`` serves.

        :raises Parked: ``unknown_order``
        """
        production = self._search_order(system, reference)
        if not production:
            raise errors.error(
                "unknown_order",
                f"No order {reference} has been released to {system.code}.",
                waiting_for=f"order:{reference}",
            )
        return production

    @api.model
    def _search_order(self, system, reference):
        """The same, or an empty recordset."""
        return self.env["mrp.production"].search(
            [
                ("mes_reference", "=", reference),
                ("company_id", "=", system.company_id.id),
                ("picking_type_id.warehouse_id", "in", system.plant_ids.ids),
            ],
            limit=1,
        )

    @api.model
    def _mapped(self, kind, codes):
        """``{code: record, or Odoo's own code}`` by the crosswalk; without the codes that are Odoo's own.

        :raises Parked: ``unmapped_code``
        """
        # Set by the dispatcher; an object, so that no caller from outside can claim it.
        scope = self.env.context.get("mes_code_scope")
        if not isinstance(scope, Scope):
            return {}
        found, unclear = self.env["mes.code.map"]._meanings(scope, kind, codes)
        for code, reason in unclear.items():
            self._unmapped(kind, code, reason)
        return found

    @api.model
    def _product(self, company, code):
        """The product that ``code`` means: by the crosswalk, else the one with this internal reference.

        :raises Parked: ``unmapped_code``; also when two products share the code, since neither may be guessed
        """
        if mapped := self._mapped(CodeKind.PRODUCT, [code]):
            return mapped[code]
        products = self.env["product.product"].search(
            [("default_code", "=", code), ("company_id", "in", [False, company.id])], limit=2
        )
        if len(products) != 1:
            detail = "Two products have this code" if products else "No product has this code"
            self._unmapped(CodeKind.PRODUCT, code, detail)
        return products

    @api.model
    def _operation(self, production, number):
        """The work order that is operation ``number`` of the order, as its release numbered it.

        :raises Parked: ``unmapped_code``
        """
        own = self._mapped(CodeKind.OPERATION, [number]).get(number, number)
        workorder = production.workorder_ids.filtered(lambda one: one.mes_operation == own)
        if not workorder:
            self._unmapped(CodeKind.OPERATION, number, f"{production.mes_reference} has no such operation")
        return workorder

    @api.model
    def _quantity(self, quantity, uom, product=None):
        """A wire quantity in ``uom``.

        :raises Parked: ``unmapped_code`` for a unit nobody knows
        :raises Permanent: ``uom_mismatch`` for a unit that does not convert
        """
        sent = self._unit(quantity["uom"])
        if not sent._has_common_reference(uom):
            name = product.default_code if product else ""
            raise errors.error(
                "uom_mismatch", f"{name} is kept in {uom.name}; {quantity['uom']} does not convert to it."
            )
        return sent._compute_quantity(quantity["value"], uom, rounding_method="HALF-UP")

    def _unit(self, code):
        """The unit that ``code`` means: by the crosswalk, else the one with this UN/ECE code."""
        if mapped := self._mapped(CodeKind.UNIT, [code]):
            return mapped[code]
        units = self._units_with([code])
        if len(units) != 1:
            detail = "Two units have this UN/ECE code" if units else "No unit has this UN/ECE code"
            self._unmapped(CodeKind.UNIT, code, detail)
        return units

    @api.model
    def _units_with(self, codes):
        """The units with these UN/ECE codes. Odoo hides units by archiving them: those count where no other has it."""
        units = self.env["uom.uom"].with_context(active_test=False).search([("unece_code", "in", list(codes))])
        in_use = set(units.filtered("active").mapped("unece_code"))
        return units.filtered(lambda one: one.active or one.unece_code not in in_use)

    @api.model
    def _component_lot(self, product, name, company):
        """The lot of a component; empty for an untracked product.

        :raises Permanent: ``lot_required``
        :raises Parked: ``unknown_lot``
        """
        if not self._needs_lot(product, name):
            return self.env["stock.lot"]
        lot = self._find_lot(product, name, company)
        if not lot:
            raise errors.error(
                "unknown_lot",
                f"Lot {name} of {product.default_code} does not exist.",
                waiting_for=f"{CodeKind.LOT.value}:{lot_code(product.default_code, name)}",
            )
        return lot

    @api.model
    def _produced_lot(self, product, name, company):
        """The lot of a produced piece, made when it is new: the plant names what it makes.

        :raises Permanent: ``lot_required``
        """
        if not self._needs_lot(product, name):
            return self.env["stock.lot"]
        return self._find_lot(product, name, company) or self.env["stock.lot"].create(
            {"name": name, "product_id": product.id, "company_id": company.id}
        )

    def _find_lot(self, product, name, company):
        code = lot_code(product.default_code or "", name)
        mapped = self._mapped(CodeKind.LOT, [code])
        if mapped and mapped[code].product_id == product:
            return mapped[code]
        return self.env["stock.lot"].search(
            [("name", "=", name), ("product_id", "=", product.id), ("company_id", "in", [False, company.id])], limit=1
        )

    def _needs_lot(self, product, name):
        if product.tracking == "none":
            return False
        if not name:
            raise errors.error("lot_required", f"{product.default_code} is tracked: name its lot or serial number.")
        return True

    def _unmapped(self, kind, code, detail):
        raise errors.error("unmapped_code", f"{detail}: {code}.", waiting_for=f"{kind.value}:{code}")
