"""Crosswalk: what a system's code means in Odoo, and from when to when; who may change that, not how it is looked up.

Facts. A row in force is never rewritten, only ended: a message that is applied again finds what its code meant then.
Overlaps are refused by PostgreSQL itself. Its constraint compares numbers and a hash as ranges of one value, for which
GiST needs no extension; columns that may be empty count as zero, since NULL would escape it (ADR 13).
"""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..core import crosswalk, states
from ..core.states import CodeKind, CodeMapState
from .mes_owned import said

#: What nobody sets by hand.
OWN_FIELDS = frozenset({"state", "asked_by_id", "approved_by_id", "is_end_asked", "wanted_to"})
_SAME_SCOPE = """int4range(COALESCE(system_id, 0), COALESCE(system_id, 0), '[]') WITH &&,
    int4range(COALESCE(plant_id, 0), COALESCE(plant_id, 0), '[]') WITH &&,
    numrange(hashtextextended(kind || ':' || {0}, 0)::numeric, hashtextextended(kind || ':' || {0}, 0)::numeric, '[]')
    WITH &&, tsrange(valid_from, valid_to, '[)') WITH &&"""
_IN_FORCE = f"state IN {states.sql_list([CodeMapState.IN_FORCE])}"


class MesCodeMap(models.Model):
    _name = "mes.code.map"
    _description = "Crosswalk Row"
    _inherit = ["mail.thread"]
    _order = "kind, code, id"
    _rec_name = "code"

    system_id = fields.Many2one("mes.system", ondelete="restrict", index="btree_not_null", tracking=True)
    plant_id = fields.Many2one(
        "stock.warehouse",
        "Plant",
        ondelete="restrict",
        index="btree_not_null",
        tracking=True,
        help="Instead of a system: for every system of the plant that has no row of its own for the code.",
    )
    company_id = fields.Many2one("res.company", compute="_compute_company_id", store=True, precompute=True)
    kind = fields.Selection(states.selection(CodeKind), required=True, default=CodeKind.PRODUCT.value, tracking=True)
    code = fields.Char("Their code", required=True, tracking=True, help="For a lot: code of the product/lot.")
    res_model = fields.Char(compute="_compute_res_model", store=True, precompute=True)
    res_id = fields.Many2oneReference("Means", model_field="res_model", help="The record the code stands for.")
    own_code = fields.Char(
        "Code in Odoo",
        tracking=True,
        help="Names the record by its code in Odoo, as in an imported sheet.",
    )
    is_alias = fields.Boolean("Only understood", help="The code is understood, but never sent: another one is told.")
    valid_from = fields.Datetime(tracking=True, help="Empty: always meant this.")
    valid_to = fields.Datetime(tracking=True, help="Up to, not including, this time. Empty: until further notice.")
    note = fields.Char()
    state = fields.Selection(
        states.selection(CodeMapState),
        required=True,
        readonly=True,
        default=CodeMapState.IN_FORCE.value,
        copy=False,
        tracking=True,
    )
    asked_by_id = fields.Many2one("res.users", "Asked for by", readonly=True, copy=False)
    approved_by_id = fields.Many2one("res.users", "Approved by", readonly=True, copy=False, tracking=True)
    is_end_asked = fields.Boolean("End asked for", readonly=True, copy=False, tracking=True)
    wanted_to = fields.Datetime("Wanted end", readonly=True, copy=False)

    _one_scope = models.Constraint(
        "CHECK (num_nonnulls(system_id, plant_id) = 1)", "A row belongs either to a system or to a plant."
    )
    _range = models.Constraint("CHECK (valid_from <= valid_to)", "The end is before the begin.")
    _one_meaning = models.Constraint(
        f"EXCLUDE USING gist ({_SAME_SCOPE.format('code')}) WHERE ({_IN_FORCE})",
        "The code has another meaning at that time.",
    )
    _one_told = models.Constraint(
        f"EXCLUDE USING gist ({_SAME_SCOPE.format('COALESCE(NULLIF(res_id, 0)::text, own_code)')})"
        f" WHERE ({_IN_FORCE} AND is_alias IS NOT TRUE)",
        "It has another code at that time: mark one of them as only understood.",
    )
    _of_system = models.Index(f"(system_id, kind) WHERE {_IN_FORCE} AND system_id IS NOT NULL")
    _of_plant = models.Index(f"(plant_id, kind) WHERE {_IN_FORCE} AND plant_id IS NOT NULL")
    _their_code = models.Index(f"(kind, code) WHERE {_IN_FORCE}")
    _our_code = models.Index(f"(kind, res_id) WHERE {_IN_FORCE}")

    @api.model
    def _targets(self):
        """``{kind: (model, field of its code)}``; kinds that are not in it lead to a code, not to a record."""
        return {
            CodeKind.PRODUCT: ("product.product", "default_code"),
            CodeKind.UNIT: ("uom.uom", "unece_code"),
            CodeKind.WORK_CENTER: ("mrp.workcenter", "code"),
            CodeKind.REASON: ("mrp.workcenter.productivity.loss", "mes_code"),
            CodeKind.SCRAP_REASON: ("stock.scrap.reason.tag", "mes_code"),
            CodeKind.LOCATION: ("stock.location", "complete_name"),
            CodeKind.LOT: ("stock.lot", "name"),
            CodeKind.OPERATOR: ("res.users", "mes_operator_code"),
        }

    @api.depends("kind")
    def _compute_res_model(self):
        targets = self._targets()
        for row in self:
            row.res_model = targets.get(CodeKind(row.kind), (False,))[0] if row.kind else False

    @api.depends("system_id", "plant_id")
    def _compute_company_id(self):
        for row in self:
            row.company_id = row.system_id.company_id or row.plant_id.company_id

    @api.onchange("kind")
    def _onchange_kind(self):
        self.res_id = self.own_code = False

    @api.depends("code", "own_code")
    def _compute_display_name(self):
        for row in self:
            row.display_name = f"{row.code} → {row.own_code or ''}"

    # -- doors -------------------------------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_own_fields(said(self, vals))
        # The end of a row that was just written makes room for the next one.
        self.flush_model()
        rows = super().create(self._completed([dict(vals, **self._own_values(vals)) for vals in vals_list]))
        rows._take_effect()
        return rows

    def write(self, vals):
        if self.env.su:
            return super().write(vals)
        self._check_own_fields(vals)
        vals = self._changes(vals)
        self._check_frozen(vals)
        if "valid_to" in vals and any(one._is_asked_by_another() for one in self):
            raise UserError(self.env._("A proposed row is changed by whoever proposed it: refuse it."))
        asking = self.filtered(lambda one: "valid_to" in vals and one._needs_second_person())
        result = super(MesCodeMap, self - asking).write(vals)
        if asking:
            self.check_access("write")
            # sudo: only the doors write these fields.
            asking.sudo().write({"is_end_asked": True, "wanted_to": vals["valid_to"], "asked_by_id": self.env.uid})
            super(MesCodeMap, asking).write({name: value for name, value in vals.items() if name != "valid_to"})
        if "valid_to" in vals:
            (self - asking)._take_effect()
        return result

    def _is_asked_by_another(self):
        """Whether somebody else proposed the row; who asks for its end would release them from the second person."""
        return self.state == CodeMapState.PROPOSED.value and self.asked_by_id != self.env.user

    @api.ondelete(at_uninstall=False)
    def _unlink_except_in_force(self):
        if any(row.state == CodeMapState.IN_FORCE.value for row in self):
            raise UserError(self.env._("Messages may have been read by a row in force: end it."))

    def _own_values(self, vals):
        state = CodeMapState.PROPOSED if self._needs_second_person(vals) else CodeMapState.IN_FORCE
        return {"asked_by_id": self.env.uid, "state": state.value}

    def _check_own_fields(self, vals):
        if not self.env.su and OWN_FIELDS & vals.keys():
            raise AccessError(self.env._("These fields are written by the crosswalk itself."))

    def action_approve(self):
        """Put proposed rows, and ends that were asked for, into force, and say which messages go on by that.

        :raises AccessError: the user asked for it; a second person is needed
        :raises UserError: nothing was asked for
        """
        self.check_access("write")
        asked = self.filtered(lambda one: one.state == CodeMapState.PROPOSED.value or one.is_end_asked)
        if not asked:
            raise UserError(self.env._("Nothing of this waits for approval."))
        for row in asked:
            if row.asked_by_id == self.env.user:
                raise AccessError(self.env._("%s needs the approval of a second person.", row.display_name))
            values = {"state": CodeMapState.IN_FORCE.value, "approved_by_id": self.env.uid}
            if row.is_end_asked:
                values.update(valid_to=row.wanted_to, is_end_asked=False, wanted_to=False)
            row.sudo().write(values)
        before = sum(asked.mapped("resumed_count"))
        asked._take_effect()
        asked.invalidate_recordset(["resumed_count"])
        count = sum(asked.mapped("resumed_count")) - before
        return self._notice(self.env._("Approved: %s messages go on.", count))

    def action_refuse(self):
        """Drop what was asked for: ends stay as they were, proposed rows go."""
        self.check_access("write")
        proposed = self.filtered(lambda one: one.state == CodeMapState.PROPOSED.value)
        (self - proposed).sudo().write({"is_end_asked": False, "wanted_to": False})
        # sudo: who may approve may refuse; what was never in force leaves no gap.
        proposed.sudo().unlink()

    # -- what it leads to --------------------------------------------------------------------------------------------

    @api.model
    def _completed(self, vals_list):
        """The values of new rows, each with the record a code of Odoo names, or with the code of the record.

        :raises ValidationError: nothing or several things have the code
        """
        found = {}
        for kind in {CodeKind(vals.get("kind") or CodeKind.PRODUCT) for vals in vals_list}:
            codes = {vals.get("own_code") for vals in vals_list if vals.get("kind", CodeKind.PRODUCT) == kind}
            found[kind] = self._own_records(kind, [code for code in codes if code])
        return [self._completed_row(vals, found) for vals in vals_list]

    def _completed_row(self, vals, found):
        kind, own_code = CodeKind(vals.get("kind") or CodeKind.PRODUCT), vals.get("own_code")
        if kind not in self._targets():
            if own_code:
                return dict(vals, res_id=False)
        elif vals.get("res_id") or own_code:
            named = self.env[self._targets()[kind][0]].browse(vals.get("res_id") or ())
            records = self._of_company(self._owner_of(vals).company_id, named or found[kind].get(own_code, named))
            if len(records) == 1:
                return dict(vals, res_id=records.id, own_code=self._code_of(kind, records) or records.display_name)
            raise ValidationError(self._not_one(vals, kind, own_code or named.display_name, records))
        raise ValidationError(self.env._("%s: say what the code means in Odoo.", vals.get("code") or ""))

    def _not_one(self, vals, kind, own, records):
        """The sentence for a code of Odoo's that nothing has, or several have."""
        label = dict(self._fields["kind"]._description_selection(self.env))[kind.value]
        names = {"code": vals.get("code") or "", "own": own, "kind": label}
        if records:
            return self.env._("%(code)s: several in Odoo are called %(own)s (%(kind)s).", **names)
        return self.env._("%(code)s: nothing in Odoo is called %(own)s (%(kind)s).", **names)

    def _of_company(self, company, records):
        """Those of ``records`` that are the company's, or everybody's."""
        if records._name == "res.users":
            # sudo: whoever maps codes need not see for which companies somebody works.
            return records.filtered(lambda one: company in one.sudo().company_ids)
        return records.filtered(lambda one: "company_id" not in one or one.company_id in (company, company.browse()))

    @api.model
    def _own_records(self, kind, codes):
        """``{Odoo's code: records}``; of kinds without records nothing."""
        model, field = self._targets().get(kind, (None, None))
        if not model or not codes:
            return {}
        names = codes
        if kind is CodeKind.LOT:
            # Both a product's code and a lot's name may hold a slash.
            names = [code[place + 1 :] for code in codes for place, sign in enumerate(code) if sign == "/"]
        # sudo: whoever maps codes, or releases an order, need not see every user and every lot.
        records = self.env[model].sudo().with_context(active_test=False).search([(field, "in", names)])
        return records.grouped(lambda one: self._code_of(kind, one))

    @api.model
    def _code_of(self, kind, record):
        if kind is CodeKind.LOT:
            return crosswalk.lot_code(record.product_id.default_code or "", record.name)
        return record[self._targets()[kind][1]]

    @api.model
    def _owner_of(self, vals):
        """The system or plant that new values name."""
        # sudo: a plant's rule counts for whoever may not see the plant, too.
        system = self.env["mes.system"].sudo().browse(vals.get("system_id") or ())
        return system or self.env["stock.warehouse"].sudo().browse(vals.get("plant_id") or ())

    def _needs_second_person(self, vals=None):
        owner = self._owner_of(vals or {"system_id": self.system_id.id, "plant_id": self.plant_id.id})
        plants = owner.plant_ids if owner._name == "mes.system" else owner
        return any(plants.mapped("mes_second_person"))
