"""Shows the ownership matrix of a plant: the system of record of each step and each owned value, phase by phase."""

from odoo import api, fields, models

from ..core.ownership import MOVES, TRANSACTION, Place
from ..core.states import OrderPhase


class MesOwnershipMatrix(models.TransientModel):
    _name = "mes.ownership.matrix"
    _description = "Ownership Matrix"

    plant_id = fields.Many2one(
        "stock.warehouse",
        "Plant",
        default=lambda self: self.env["stock.warehouse"].search([("company_id", "=", self.env.company.id)], limit=1),
    )
    table = fields.Html(compute="_compute_table", sanitize=False)

    @api.depends("plant_id")
    def _compute_table(self):
        for matrix in self:
            matrix.table = self.env["ir.qweb"]._render(
                "mes_connector.mes_ownership_matrix_table",
                {
                    "phases": matrix._label("phase").values(),
                    "steps": matrix._steps(),
                    "values": matrix._values(),
                    "modes": matrix._label("mode"),
                    "owner_label": self.env["mes.ownership.rule"]._owner_label,
                },
            )

    def _label(self, name):
        return dict(self.env["mes.ownership.rule"]._fields[name]._description_selection(self.env))

    def _steps(self):
        """Rows of steps: label and one cell a phase; False where the table has no such step."""
        reachable = {event.value: [(phase, event) in MOVES for phase in OrderPhase] for _phase, event in MOVES}
        labels = self._label("transaction").items()
        return [(label, self._cells(TRANSACTION, event, reachable[event])) for event, label in labels]

    def _values(self):
        """Rows of values that some rule owns: object, field, and one cell a phase."""
        rows = []
        # sudo: the matrix shows every rule that judges, as refusals name it too.
        rules = self.env["mes.ownership.rule"].sudo().search([("res_model", "!=", False)])
        everywhere = [True] * len(OrderPhase)
        for (name, field), _rules in rules.grouped(lambda rule: (rule.res_model, rule.field_id)).items():
            label = field.field_description or self.env._("Whole object")
            rows.append((self.env[name]._description, label, self._cells(name, field.name or "", everywhere)))
        return rows

    def _cells(self, subject, part, is_open):
        rules, plant = self.env["mes.ownership"]._rules(), self.plant_id
        company = (plant.company_id or self.env.company).id
        is_of_order = subject == TRANSACTION or bool(self.env[subject].MES_ORDERS)
        places = [
            Place(phase.value, plant.id, company) if is_of_order else Place("", 0, company) for phase in OrderPhase
        ]
        return [
            is_reachable and (rules.find(subject, part, place) or "")
            for place, is_reachable in zip(places, is_open, strict=True)
        ]
