"""What ownership adds to our own models: its cases, the account of a system, the steps of orders, messages that ask."""

from odoo import api, fields, models

from ..core import states
from ..core.order_machine import OrderEvent
from ..core.ownership import Place

#: Codes whose cases are the data steward's.
STEWARDS_CODES = ("not_owner", "owner_asked")


class MesCase(models.Model):
    _inherit = "mes.case"

    @api.model
    def _raise_for_rule(self, rule_id, place, text, system_id=0, *, order=None):
        """Open or join the case of an ownership rule; the data steward's, who has it in their activities."""
        # sudo: whoever writes against a rule need not read or write cases.
        cases = self.sudo()
        company = self.env["res.company"].browse(place.company or self.env.company.id)
        fingerprint = self._rule_fingerprint(rule_id, company.id, place.plant)
        case = cases.search([("fingerprint", "=", fingerprint), ("state", "=", states.CaseState.OPEN.value)], limit=1)
        if case:
            case.write({"count": case.count + 1, "last_seen_at": fields.Datetime.now(), "text": text})
            return
        cases._open(
            "not_owner",
            fingerprint,
            text,
            company_id=company.id,
            plant_id=place.plant or False,
            system_id=system_id or False,
            production_id=order.id if order else False,
            owner_id=cases._find_steward(company, place.plant).id,
        )

    @api.model
    def _close_for_rules(self, places):
        """Close the cases of rules whose proposals are all decided there.

        :param places: (rule, company, plant) as ids
        """
        fingerprints = [self._rule_fingerprint(*place) for place in places]
        # sudo: as above.
        self.sudo().search(
            [("fingerprint", "in", fingerprints), ("state", "=", states.CaseState.OPEN.value)]
        ).action_close()

    @api.model
    def _rule_fingerprint(self, rule_id, company_id, plant_id):
        """One case for each place: its text names records that are nobody else's business."""
        return f"not_owner|rule {rule_id}|{company_id}|{plant_id or 0}"

    @api.model
    def _find_steward(self, company, plant_id=0):
        """The data steward of a plant, else of the company, else the administrator."""
        group = self.env.ref("mes_connector.group_mes_steward").sudo()
        stewards = group.all_user_ids.filtered(lambda user: company in user.company_ids).sorted("id")
        of_plant = stewards.filtered(lambda user: plant_id and plant_id in user.mes_plant_ids.ids)
        everywhere = stewards.filtered(lambda user: not user.mes_plant_ids)
        return (of_plant or everywhere or stewards or self.env.ref("base.user_admin"))[0]


class MesMessageMixin(models.AbstractModel):
    _inherit = "mes.message.mixin"

    def _find_owner(self):
        if self.code in STEWARDS_CODES:
            return self.env["mes.case"]._find_steward(self.company_id, self.plant_id.id)
        return super()._find_owner()


class MesInboxMessage(models.Model):
    _inherit = "mes.inbox.message"

    def _park(self, error):
        result = super()._park(error)
        if error.code == "owner_asked":
            # Only now: what the handler wrote is undone.
            _consent, rule_id, event = error.waiting_for.split(":")
            rule = self.env["mes.ownership.rule"].browse(int(rule_id))._as_rule()
            order = self.production_id
            place = Place(order.mes_phase or "", self.plant_id.id, self.company_id.id)
            self.env["mes.change.request"]._propose_step(rule, place, order, OrderEvent(event), message=self)
        return result


class MesSystem(models.Model):
    _inherit = "mes.system"

    account_user_id = fields.Many2one(
        "res.users",
        "Account in Odoo",
        copy=False,
        help="The user by which this system reads and writes Odoo itself. What that user writes is the system's doing.",
    )

    _one_account = models.UniqueIndex(
        "(account_user_id) WHERE account_user_id IS NOT NULL", "This user is the account of another system."
    )

    @api.model_create_multi
    def create(self, vals_list):
        systems = super().create(vals_list)
        self.env["mes.ownership"]._forget()
        return systems

    def write(self, vals):
        result = super().write(vals)
        if not {"account_user_id", "plant_ids"}.isdisjoint(vals):
            self.env["mes.ownership"]._forget()
        return result

    def unlink(self):
        result = super().unlink()
        self.env["mes.ownership"]._forget()
        return result


class MesOrderLifecycle(models.AbstractModel):
    _inherit = "mes.order.lifecycle"

    @api.model
    def _release(self, order):
        # Before anything of the release is written: where the plant's rule releases, a refusal is a case.
        if order.mes_phase:
            self.env["mes.ownership"]._judge_step(order, OrderEvent.RELEASE)
        return super()._release(order)

    @api.model
    def _apply(self, order, event, message=None, note=""):
        self.env["mes.ownership"]._judge_step(order, event, message)
        return super()._apply(order, event, message, note)
