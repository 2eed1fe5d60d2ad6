"""Doorway on the manufacturing order: the line of a sale it is made for, through all its levels."""

from odoo import fields, models


class MrpProduction(models.Model):
    _inherit = "mrp.production"

    sale_line_id = fields.Many2one(index="btree_not_null")

    def _mes_sale_line(self):
        """The line of the sale that needs the order, or that needs the order it is a part of."""
        self.ensure_one()
        order, seen = self, self.browse()
        while order and order not in seen and not order.sale_line_id:
            seen |= order
            order = order._get_sources()[:1]
        return order.sale_line_id

    def _mes_tell_sale(self, note):
        """Write the phase that was just entered into the discussion of the sale."""
        # sudo: a lane, a planner or quality moves the order; the sale need not be theirs.
        line = self.sudo().sale_line_id
        if line:
            text = self.env._(
                "%(product)s: order %(order)s is now %(phase)s in the plant.",
                product=self.product_id.display_name,
                order=self.name,
                phase=self._mes_phase_label(),
            )
            line.order_id.message_post(
                body=f"{text} {note or ''}".strip(), message_type="notification", subtype_xmlid="mail.mt_note"
            )
