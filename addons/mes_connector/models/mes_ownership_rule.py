"""Ownership rules, one cell of the matrix each: the system of record, and what happens to changes by anybody else."""

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..core import states
from ..core.order_machine import OrderEvent
from ..core.ownership import DEFAULTS, TRANSACTION, WHOLE, Owner, OwnershipMode, Rule
from .mes_owned import Owned


class MesOwnershipRule(models.Model):
    _name = "mes.ownership.rule"
    _description = "Ownership Rule"
    _order = "transaction, res_model, field_id, plant_id, phase, id"

    name = fields.Char(
        compute="_compute_name", store=True, readonly=False, required=True, precompute=True, translate=False
    )
    active = fields.Boolean(default=True)
    transaction = fields.Selection(
        states.selection(OrderEvent), "Step", help="A step of the life cycle of orders, whoever asks for it."
    )
    res_model = fields.Selection(selection="_select_model", string="Object")
    field_id = fields.Many2one(
        "ir.model.fields",
        "Field",
        ondelete="cascade",
        domain="[('model', '=', res_model), ('name', 'in', ownable)]",
        help="Empty: the whole object, its deletion included.",
    )
    ownable = fields.Json("Fields that can be owned", compute="_compute_ownable")
    phase = fields.Selection(states.selection(states.OrderPhase), help="Empty: in all phases.")
    plant_id = fields.Many2one("stock.warehouse", "Plant", ondelete="cascade", help="Empty: in all plants.")
    company_id = fields.Many2one(
        "res.company",
        compute="_compute_company_id",
        store=True,
        readonly=False,
        precompute=True,
        ondelete="cascade",
        help="Empty: in all companies.",
    )
    owner = fields.Selection(
        states.selection(Owner),
        "System of record",
        required=True,
        default=Owner.ODOO.value,
        help="Odoo: its people and scheduled actions. Plant: every system that serves the plant.",
    )
    system_id = fields.Many2one("mes.system", "System", ondelete="cascade", check_company=True)
    mode = fields.Selection(
        states.selection(OwnershipMode),
        "Changes by others",
        required=True,
        default=OwnershipMode.BLOCK.value,
        help="Block: refused, with the name of the rule. Flag: made, with a case for the data steward. Propose: a"
        " change request that the owner accepts or refuses.",
    )
    is_default = fields.Boolean("From the phase table", readonly=True, copy=False)

    _one_per_cell = models.UniqueIndex(
        "(COALESCE(transaction, ''), COALESCE(res_model, ''), COALESCE(field_id, 0), COALESCE(phase, ''),"
        " COALESCE(plant_id, 0), COALESCE(company_id, 0)) WHERE active",
        "Another rule speaks of the same cell.",
    )
    _one_subject = models.Constraint(
        "CHECK ((transaction IS NULL) <> (res_model IS NULL))", "A rule is about a step or about an object."
    )
    _field_of_object = models.Constraint(
        "CHECK (field_id IS NULL OR res_model IS NOT NULL)", "A field belongs to an object."
    )
    _named_system = models.Constraint(
        f"CHECK ((owner = '{Owner.SYSTEM.value}') = (system_id IS NOT NULL))",
        "Name the system where a system is the owner, and only there.",
    )

    @api.model
    def _owned_models(self):
        """Names of the models whose changes are judged."""
        return sorted(name for name, model in self.env.registry.items() if issubclass(model, Owned))

    @api.model
    def _select_model(self):
        return [(name, self.env[name]._description) for name in self._owned_models()]

    @api.depends("res_model")
    def _compute_ownable(self):
        for rule in self:
            rule.ownable = rule._ownable_names()

    def _ownable_names(self):
        return sorted(self.env[self.res_model]._mes_ownable()) if self.res_model else []

    @api.depends("transaction", "res_model", "field_id", "phase", "plant_id", "system_id", "owner")
    def _compute_name(self):
        for rule in self.filtered("owner"):
            label = rule._labels()
            what = [label("transaction"), label("res_model"), rule.field_id.field_description]
            where = [label("phase"), rule.plant_id.name]
            rule.name = f"{' · '.join(filter(None, (*what, *where)))}: {rule.system_id.name or label('owner')}"

    def _labels(self):
        def label(name):
            return self[name] and dict(self._fields[name]._description_selection(self.env)).get(self[name])

        return label

    @api.depends("plant_id")
    def _compute_company_id(self):
        for rule in self:
            rule.company_id = rule.plant_id.company_id or rule.company_id

    @api.constrains("res_model", "field_id", "phase", "plant_id")
    def _check_cell(self):
        for rule in self.filtered("res_model"):
            if rule.field_id and rule.field_id.name not in rule._ownable_names():
                raise ValidationError(self.env._("%s cannot be owned.", rule.field_id.display_name))
            if (rule.phase or rule.plant_id) and not self.env[rule.res_model].MES_ORDERS:
                raise ValidationError(
                    self.env._("%s is no part of an order: it has no phase and no plant.", rule._labels()("res_model"))
                )

    @api.model_create_multi
    def create(self, vals_list):
        rules = super().create(vals_list)
        self.env["mes.ownership"]._forget()
        return rules

    def write(self, vals):
        result = super().write(vals)
        self.env["mes.ownership"]._forget()
        return result

    def unlink(self):
        result = super().unlink()
        self.env["mes.ownership"]._forget()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_default(self):
        if any(rule.is_default for rule in self):
            raise UserError(self.env._("A rule from the phase table would come back: archive it, or change it."))

    @api.model
    def _generate_defaults(self):
        """Make the rules that the owner column of the phase table says; those that were changed or archived stay."""
        made = self.with_context(active_test=False).search([("is_default", "=", True)])
        known = {(rule.transaction, rule.phase) for rule in made}
        self.create(
            [
                {
                    "transaction": one.event.value,
                    "phase": one.phase.value,
                    "owner": one.owner.value,
                    "is_default": True,
                }
                for one in DEFAULTS
                if (one.event.value, one.phase.value) not in known
            ]
        )

    def _as_rule(self):
        """The rule as the core judges by it."""
        self.ensure_one()
        return Rule(
            id=self.id,
            name=self.name,
            subject=self.res_model or TRANSACTION,
            part=self.transaction or self.field_id.name or WHOLE,
            owner=Owner(self.owner),
            mode=OwnershipMode(self.mode),
            system=self.system_id.id,
            phase=self.phase or "",
            plant=self.plant_id.id,
            company=self.company_id.id,
        )

    @api.model
    def _owner_label(self, rule):
        """The owner of a rule of the core, in words."""
        if rule.system:
            # sudo: whoever is refused may know by whom, without reading the registry.
            return self.env["mes.system"].sudo().browse(rule.system).name
        return dict(self._fields["owner"]._description_selection(self.env))[rule.owner.value]
