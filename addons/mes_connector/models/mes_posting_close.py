"""Ends an order: what stays open is cancelled, what is posted is locked."""

from odoo import api, fields, models

from .mes_posting import CLOSED


class MesPosting(models.AbstractModel):
    _inherit = "mes.posting"

    @api.model
    def _close_rest(self, order):
        """Cancel what will not be produced or consumed any more, so that closing can neither post nor receive it."""
        rest = (order.move_raw_ids | order.move_finished_ids).filtered(lambda move: move.state not in CLOSED)
        rest.with_context(skip_mo_check=True)._action_cancel()

    @api.model
    def _close(self, order):
        """End a fully posted order; its phase is ``posted`` already, which lets Odoo compute the state ``done``.

        Not ``button_mark_done``: that asks for lots again and re-links genealogy to nothing (traps 4, 10).
        """
        order.write({"date_finished": fields.Datetime.now(), "is_locked": True, "priority": "0"})
