"""The part of the resolver that is about people, work centers, equipment and reasons of stops."""

from odoo import api, models

from ..core import errors
from ..core.states import CodeKind


class MesResolver(models.AbstractModel):
    _inherit = "mes.resolver"

    @api.model
    def _operators(self, company, codes):
        """The users with these operator codes; archived ones too, whose reports may come late.

        :raises Parked: ``unmapped_code``
        """
        # sudo: whoever resumes a message may have fewer users in sight than the plant has operators.
        users = self.env["res.users"].sudo().with_context(active_test=False)
        by_code = self._mapped(CodeKind.OPERATOR, codes) if codes else {}
        others = [code for code in codes if code not in by_code]
        found = users.search([("mes_operator_code", "in", others), ("company_ids", "in", company.ids)])
        by_code.update(found.grouped("mes_operator_code"))
        for code in codes:
            if len(by_code.get(code, users)) != 1:
                detail = "Two users have this code" if code in by_code else "No user has it"
                self._unmapped(CodeKind.OPERATOR, code, detail)
        return self.env["res.users"].browse({by_code[code].id for code in codes})

    @api.model
    def _work_center(self, company, code):
        """The work center with ``code``.

        :raises Parked: ``unmapped_code``
        """
        if mapped := self._mapped(CodeKind.WORK_CENTER, [code]):
            return mapped[code]
        centers = self.env["mrp.workcenter"].search(
            [("code", "=", code), ("company_id", "in", [False, company.id])], limit=2
        )
        if len(centers) != 1:
            detail = "Two work centers have this code" if centers else "No work center has this code"
            self._unmapped(CodeKind.WORK_CENTER, code, detail)
        return centers

    @api.model
    def _loss(self, code):
        """The loss a reason of a stop is mapped to; without a code the first loss of availability.

        :raises Parked: ``unmapped_code``
        """
        if mapped := self._mapped(CodeKind.REASON, [code] if code else []):
            return mapped[code]
        losses = self.env["mrp.workcenter.productivity.loss"]
        domain = [("mes_code", "=", code)] if code else [("loss_type", "=", "availability")]
        loss = losses.search(domain, limit=1)
        if not loss:
            detail = "No productivity loss has this plant code"
            if code:
                self._unmapped(CodeKind.REASON, code, detail)
            raise errors.error("unmapped_code", f"{detail}.", waiting_for="loss:availability")
        return loss

    @api.model
    def _equipment(self, code):
        """What Odoo calls the equipment that stands still; without a row in the crosswalk, as the plant does.

        :raises Parked: ``unmapped_code``
        """
        return self._mapped(CodeKind.EQUIPMENT, [code]).get(code, code) if code else code
