"""What a plant is told of the sale behind an order: sales order, customer's reference, custom values."""

from odoo import models


class MesOrderDocument(models.AbstractModel):
    _inherit = "mes.order.document"

    def _released(self, order):
        data = super()._released(order)
        # sudo: whoever releases an order need not read sales; the plant is told names only.
        sale = order.sudo()._mes_sale_line().order_id
        if sale:
            data["sale"] = {"order": sale.name}
            if sale.client_order_ref:
                data["sale"]["customer_reference"] = sale.client_order_ref
        return data

    def _attribute(self, order, value):
        attribute = super()._attribute(order, value)
        # sudo: as above. Only the configured product itself has custom values, not what goes into it.
        custom = order.sudo().sale_line_id.product_custom_attribute_value_ids.filtered(
            lambda one: one.custom_product_template_attribute_value_id == value and one.custom_value
        )
        return dict(attribute, custom=custom.custom_value) if custom else attribute
