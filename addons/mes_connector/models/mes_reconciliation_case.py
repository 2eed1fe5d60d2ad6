"""Cases of orders whose books differ: one for each order, which names the messages; closed when nothing is open."""

from odoo import api, models

from ..core.reconciliation_states import DifferenceKind
from ..core.states import CaseState

CODE = "books_differ"
#: How many messages the sentence of a case names; the reconciliation names all.
NAMED = 10


class MesCase(models.Model):
    _inherit = "mes.case"

    @api.model
    def _follow_differences(self, run, orders):
        """Open, renew or close the cases of ``orders`` by what is open of their books."""
        open_lines = run.line_ids.filtered(lambda line: not line.settled_as)
        by_order = open_lines.grouped("production_id")
        known = {case.fingerprint: case for case in self._of_orders(by_order)}
        for order, lines in by_order.items():
            text = self._sentence(run, lines)
            case = known.pop(self._order_fingerprint(order, CODE), None)
            if case:
                case.write({"text": text, "count": len(lines)})
            else:
                self._open_difference(run, order, text)
        self._close_agreed(orders)

    def _open_difference(self, run, order, text):
        plant = order._mes_plant() or run.plant_id
        owner = plant.mes_case_owner_id or run.system_id.owner_id or order.user_id or self.env.ref("base.user_admin")
        self._open(
            CODE,
            self._order_fingerprint(order, CODE),
            text,
            company_id=run.company_id.id,
            plant_id=plant.id,
            production_id=order.id,
            system_id=run.system_id.id,
            owner_id=owner.id,
        )

    @api.model
    def _close_agreed(self, orders):
        """Close the cases of ``orders`` of which no difference is open."""
        open_lines = self.env["mes.reconciliation.line"]._read_group(
            [("production_id", "in", orders.ids), ("settled_as", "=", False)], ["production_id"]
        )
        agreed = orders - orders.browse().union(*(order for (order,) in open_lines))
        self._of_orders(agreed).action_close()

    def _of_orders(self, orders):
        fingerprints = [self._order_fingerprint(order, CODE) for order in orders]
        return self.search([("fingerprint", "in", fingerprints), ("state", "=", CaseState.OPEN.value)])

    def _sentence(self, run, lines):
        """What differs, with the ids of the events, each kind once."""
        labels = dict(lines._fields["kind"]._description_selection(self.env))
        parts = []
        for kind in DifferenceKind:
            mine = lines.filtered(lambda line, kind=kind: line.kind == kind.value)
            if mine:
                ids = list(dict.fromkeys(name for name in mine.mapped("event_id") if name))
                more = ["…"] if len(ids) > NAMED else []
                named = ", ".join([*ids[:NAMED], *more]) or "-"
                parts.append(f"{labels[kind.value]} ({len(mine)}): {named}")
        return f"{run.name}: " + "; ".join(parts)
