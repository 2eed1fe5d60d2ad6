"""Reads the codes of many events at once, each as of its own time: for comparing, when nothing may be made or refused.

A code that means nothing, or not one thing, at its time is left unread: what waits for it is the resolver's.
"""

from dataclasses import replace

from odoo import api, models
from odoo.tools import SQL

from ..core import crosswalk
from ..core.statements import Statement
from ..core.states import CodeKind


class MesResolver(models.AbstractModel):
    _inherit = "mes.resolver"

    @api.model
    def _read_statements(self, company, said):
        """What ``said`` means in Odoo's codes, as effects name it: product, lot, operation; quantity in its unit.

        :param said: ``[(core Scope, core Statement)]``
        :return: the statements in the same order; None where a code cannot be read
        """
        products = self._read_codes(CodeKind.PRODUCT, self._asked(said, "product"), self._own_products(company))
        units = self._read_codes(CodeKind.UNIT, self._asked(said, "uom"), self._own_units())
        operations = self._read_codes(CodeKind.OPERATION, self._asked(said, "operation"), lambda codes: {})
        half = [
            self._read_half(scope, one, products, units, operations.get((scope, one.operation), one.operation))
            for scope, one in said
        ]
        return self._read_lots([(scope, *read) for (scope, _one), read in zip(said, half, strict=True)])

    def _asked(self, said, name):
        return {(scope, getattr(one, name)) for scope, one in said if getattr(one, name)}

    def _read_half(self, scope, one, products, units, operation):
        """The statement but for its lot, and its product."""
        unit = units.get((scope, one.uom))
        if not one.product:
            return replace(one, operation=operation, uom=(unit and unit.unece_code) or one.uom), None
        product = products.get((scope, one.product))
        if not product or not unit or not unit._has_common_reference(product.uom_id):
            return None, None
        quantity = unit._compute_quantity(one.quantity, product.uom_id, rounding_method="HALF-UP")
        name = product.default_code or product.display_name
        return Statement(one.kind, name, one.lot, quantity, product.uom_id.unece_code or "", operation), product

    def _read_lots(self, said):
        """The statements with the names that lots have in Odoo; a product that is not told by lots has none."""
        coded = [
            (scope, crosswalk.lot_code(product.default_code or "", one.lot))
            for scope, one, product in said
            if product and one.lot
        ]
        lots = self._read_codes(CodeKind.LOT, set(coded), lambda codes: {})
        return [one and self._with_lot(scope, one, product, lots) for scope, one, product in said]

    def _with_lot(self, scope, one, product, lots):
        if not product or not one.lot:
            return one
        if product.tracking == "none":
            return replace(one, lot="")
        mapped = lots.get((scope, crosswalk.lot_code(product.default_code or "", one.lot)))
        return replace(one, lot=mapped.name) if mapped and mapped.product_id == product else one

    # -- many codes --------------------------------------------------------------------------------------------------

    def _read_codes(self, kind, asked, own):
        """``{(scope, code): record, or Odoo's own code}`` of all that can be read.

        :param asked: pairs of core Scope and code
        :param own: function from codes that are Odoo's own to ``{code: record}``
        """
        meant = self.env["mes.code.map"]._meanings_as_of(kind, asked)
        mine = own({code for (_scope, code), target in meant.items() if target is None})
        read = {key: mine.get(key[1]) if target is None else target for key, target in meant.items()}
        return {key: target for key, target in read.items() if target is not None}

    def _own_products(self, company):
        def own(codes):
            domain = [("default_code", "in", list(codes)), ("company_id", "in", [False, company.id])]
            return self._alone(self.env["product.product"].search(domain), "default_code")

        return own

    def _own_units(self):
        return lambda codes: self._alone(self._units_with(codes), "unece_code")

    def _alone(self, records, name):
        """``{code: record}`` of the codes that only one record has."""
        return {code: some for code, some in records.grouped(name).items() if len(some) == 1}


class MesInboxMessage(models.Model):
    _inherit = "mes.inbox.message"

    def _code_scope(self):
        """Whose codes the event is in, as of its time."""
        self.ensure_one()
        return self.system_id._code_scope(self.event_time, self.plant_id)

    def _own_operations(self):
        """``{message id: operation by Odoo's own number}`` of those that name one and are kept whole."""
        said = {one: one._envelope().data.get("operation") for one in self if one.payload}
        asked = {one: (one._code_scope(), operation) for one, operation in said.items() if operation}
        read = self.env["mes.resolver"]._read_codes(CodeKind.OPERATION, set(asked.values()), lambda codes: {})
        return {one.id: read.get(key, key[1]) for one, key in asked.items()}


class MesCodeMap(models.Model):
    _inherit = "mes.code.map"

    @api.model
    def _meanings_as_of(self, kind, asked):
        """What codes meant at many times.

        :param asked: pairs of core Scope and code
        :return: ``{(scope, code): record, or Odoo's own code}``; None for a code that is Odoo's own, nothing for one
            that meant nothing
        """
        places, found = {}, {}
        for scope, code in asked:
            places.setdefault((scope.system_id, scope.plant_ids), []).append((scope, code))
        # One query for each sender, however many events it sent.
        for some in places.values():
            rows = self._rows(some[0][0], kind, SQL.identifier("code"), list({code for _scope, code in some}))
            found.update(self._meanings_of(kind, some, rows))
        return self._as_records(kind, found)

    def _meanings_of(self, kind, asked, rows):
        for scope, code in asked:
            try:
                yield (scope, code), crosswalk.meaning(rows.get(code, ()), kind, scope)
            except crosswalk.Unclear:
                continue

    def _as_records(self, kind, found):
        model = self._targets().get(kind, (None,))[0]
        if not model:
            return found
        records = self.env[model].browse({target for target in found.values() if target}).exists()
        there = {record.id: record for record in records}
        return {key: target and there[target] for key, target in found.items() if target is None or target in there}
