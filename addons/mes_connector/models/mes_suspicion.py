"""Suspicion: reports that look told twice or told in another unit wait for a person; how they are told is core's."""

import json

from odoo import api, fields, models

from ..core import crosswalk, duplicates
from ..core.errors import Parked
from ..core.states import CodeKind
from ..core.unit_shift import find_shift, quantities_of
from .mes_code_map_lookup import NO_CODE
from .mes_fact import ALIKE, HISTORY, RECENT, USUAL

DUPLICATE, UNIT_SHIFT = "suspected_duplicate", "suspected_unit_shift"


class Suspected(Parked):
    """A report that a person must decide on; ``values`` is what its message shows beside it."""

    def __init__(self, code, detail, waiting_for="", **values):
        super().__init__(code, detail, waiting_for)
        self.values = values


class MesSuspicion(models.AbstractModel):
    _name = "mes.suspicion"
    _description = "Suspicion of Reports"

    @api.model
    def _watched_types(self):
        """Event types that post something each time they are applied; a bridge returns ``super()`` with its own."""
        return frozenset(
            f"mes.{name}.v1"
            for name in (
                "operation.confirmed",
                "material.consumed",
                "material.returned",
                "production.reported",
                "scrap.reported",
                "labor.reported",
            )
        )

    @api.model
    def _report(self, message):
        """``(core Fact, its quantities)`` of a report, or None for what is not watched."""
        if message.event_type not in self._watched_types() or not message.system_id.holds_suspects:
            return None
        event, order = json.loads(message.payload), message.production_id
        event["data"] = self._in_own_terms(message, event["data"])
        has_usual = order and message.system_id.holds_unit_shifts
        quantities = quantities_of(event, order.product_id.default_code or "", order.product_qty) if has_usual else []
        return duplicates.fact_of(event), quantities

    @api.model
    def _in_own_terms(self, message, data):
        """What a message said, with Odoo's codes as they were when it happened, and in units that everybody knows: what
        is told again by another name of the product is the same fact.
        """
        scope = message.system_id._code_scope(message.event_time, message.plant_id)
        data = self.env["mes.code.map"]._heard(scope, data)
        units = self._units(crosswalk.codes_in(data).get(CodeKind.UNIT, ()))
        return duplicates.in_units(data, units) if units else data

    def _units(self, codes):
        """``{code: (code of its reference unit, factor)}`` of the units that only Odoo can convert."""
        codes = [code for code in codes if not duplicates.is_known_unit(code)]
        if not codes:
            return {}
        units = self.env["uom.uom"].search([("unece_code", "in", codes)])
        if any(code.startswith(NO_CODE) for code in codes):
            # Compared as text: the sender, too, may have written something like it.
            unnamed = units.search([("unece_code", "=", False)])
            units |= unnamed.filtered(lambda unit: self._code_of(unit) in codes)
        roots = {unit: units.browse(int(unit.parent_path.partition("/")[0])) for unit in units}
        return {self._code_of(unit): (self._code_of(root), unit.factor) for unit, root in roots.items() if unit != root}

    def _code_of(self, unit):
        return unit.unece_code or f"{NO_CODE}{unit.id}"

    @api.model
    def _judge(self, message, fact, quantities):
        """Hold a report that looks told twice or in another unit.

        :raises Suspected: ``suspected_duplicate`` or ``suspected_unit_shift``
        """
        if message.let_through_id or message.replay_of_id:
            return
        known = self.env["mes.fact"]._look(message.system_id, fact, quantities)
        usual = min(known[USUAL].get(fact.context, ()), default=None)
        suspicion = duplicates.judge(fact, known[ALIKE], known[RECENT], usual)
        if suspicion:
            raise self._told_twice(fact, suspicion)
        for quantity in quantities:
            shift = find_shift(quantity, known[HISTORY][quantity.context], known[USUAL][quantity.context])
            if shift and not self._is_rest(message.production_id, quantity, shift):
                raise self._shifted(quantity, shift)

    def _told_twice(self, fact, suspicion):
        original = self.env["mes.inbox.message"].browse(suspicion.original.reference)
        return Suspected(
            DUPLICATE,
            f"It looks like {original.event_id}. {suspicion.reason}",
            suspect_of_id=original.id,
            suspect_context=fact.context if suspicion.gap else False,
            suspect_value=suspicion.gap or 0.0,
        )

    def _shifted(self, quantity, shift):
        times = f"{10**shift.power:g} times" if shift.power > 0 else f"1/{10**-shift.power:g} of"
        return Suspected(
            UNIT_SHIFT,
            f"{quantity.product}: {quantity.value:g} {quantity.unit}, about {times} the usual {shift.usual:.4g}.",
            f"quantity:{quantity.product}",
            suspect_of_id=False,
            suspect_context=quantity.context,
            suspect_value=quantity.value,
        )

    def _is_rest(self, order, quantity, shift):
        """Whether a small number of pieces completes the order."""
        if shift.power > 0 or quantity.product != order.product_id.default_code:
            return False
        unit = order.product_uom_id
        left = order._mes_qty_ordered() - order._mes_qty_received(unit)
        return unit.compare(quantity.value, left) >= 0


class MesDispatcher(models.AbstractModel):
    _inherit = "mes.dispatcher"

    def _handle(self, message):
        report = self.env["mes.suspicion"]._report(message)
        if report:
            self.env["mes.suspicion"]._judge(message, *report)
        super()._handle(message)
        facts = self.env["mes.fact"]
        if report and message.code == "accepted":
            facts._keep(message, *report)
        if undone := message.effect_ids.reverses_id.inbox_id:
            facts._take_back(undone)

    def _conclude(self, message, error):
        super()._conclude(message, error)
        if isinstance(error, Suspected):
            message.write(error.values)


class MesSystem(models.Model):
    _inherit = "mes.system"

    holds_suspects = fields.Boolean(
        "Hold suspected reports",
        default=True,
        tracking=True,
        help="Reports that look told twice under two ids wait for a person.",
    )
    holds_unit_shifts = fields.Boolean(
        "Hold shifted quantities",
        default=True,
        tracking=True,
        help="Reports of ten, a hundred or a thousand times the usual quantity of a product, or a part of it as small,"
        " wait for a person. For systems whose quantities have a usual size.",
    )
