"""What released orders lack: told to the plant and to the buyer when it begins or grows, ended when it is covered."""

from odoo import api, fields, models

from ..core import shortage
from ..core.states import ShortageNotice
from .mes_message_mixin import to_wire_time

SHORTAGE = "mes.material.shortage.detected.v1"
#: Deliveries that somebody has ordered.
COMING = ("waiting", "confirmed", "partially_available", "assigned")


class MesShortage(models.Model):
    _name = "mes.shortage"
    _description = "Shortage of a Component"
    _order = "covered_at desc, id desc"
    _rec_name = "product_id"

    production_id = fields.Many2one("mrp.production", required=True, ondelete="cascade", index=True)
    product_id = fields.Many2one("product.product", required=True, ondelete="cascade")
    plant_id = fields.Many2one("stock.warehouse", required=True, ondelete="cascade")
    company_id = fields.Many2one(related="plant_id.company_id", store=True)
    uom_id = fields.Many2one(related="product_id.uom_id")
    required = fields.Float(digits="Product Unit", help="How much the order still needs.")
    reserved = fields.Float(digits="Product Unit")
    missing = fields.Float(digits="Product Unit", help="What is neither reserved for the order nor free in stock.")
    expected_at = fields.Datetime("Next delivery")
    covered_at = fields.Datetime("Covered")
    activity_id = fields.Many2one("mail.activity", "Asked of the buyer", ondelete="set null")
    buyer_id = fields.Many2one("res.users", "Buyer")

    _one_open = models.UniqueIndex(
        "(production_id, product_id) WHERE covered_at IS NULL", "This shortage is known already."
    )
    _open_products = models.Index("(product_id) WHERE covered_at IS NULL")

    @api.model
    def _follow(self, plant, products, stock, needing):
        """Bring the shortages of ``products`` in a plant up to date; who must know of new ones is told.

        :param stock: ``{product: {lot: (on hand, reserved)}}``
        :param needing: ``{product: open component moves of released orders}``, first come, first served
        """
        known = self.search(
            [("plant_id", "=", plant.id), ("product_id", "in", products.ids), ("covered_at", "=", False)]
        )
        rows = {(row.production_id, row.product_id): row for row in known}
        lacks = self._lacks(products, stock, needing)
        expected = self._expected(plant, self.env["product.product"].union(*(product for _order, product in lacks)))
        grown = self.browse()
        for key, values in lacks.items():
            values["expected_at"] = expected.get(key[1], False)
            row = rows.pop(key, None)
            is_news = not row or key[1].uom_id.compare(values["missing"], row.missing) > 0
            if row:
                row.write(values)
            else:
                row = self.create({"production_id": key[0].id, "product_id": key[1].id, "plant_id": plant.id, **values})
            grown |= row if is_news else self.browse()
        self.union(*rows.values())._cover()
        grown._tell_plant()
        grown._tell_buyer()

    def _lacks(self, products, stock, needing):
        """``{(order, product): required, reserved and missing}`` of all that is lacking."""
        found = {}
        for product in products:
            available = sum(quantity - reserved for quantity, reserved in stock[product].values())
            needs = {}
            for move in needing.get(product, ()):
                order, (required, reserved) = move.raw_material_production_id, self.env["mes.availability"]._need(move)
                before = needs.get(order, shortage.Need(order.id, 0.0, 0.0))
                needs[order] = shortage.Need(order.id, before.required + required, before.reserved + reserved)
            missing = shortage.shortages(needs.values(), available)
            for order, need in needs.items():
                if not product.uom_id.is_zero(missing.get(order.id, 0.0)):
                    found[order, product] = {
                        "required": need.required,
                        "reserved": need.reserved,
                        "missing": missing[order.id],
                    }
        return found

    def _expected(self, plant, products):
        """``{product: time}`` of the next delivery to the plant that somebody has ordered."""
        groups = self.env["stock.move"]._read_group(
            [
                ("product_id", "in", products.ids),
                ("state", "in", COMING),
                ("location_dest_id.warehouse_id", "=", plant.id),
                "|",
                ("location_id.warehouse_id", "=", False),
                ("location_id.warehouse_id", "!=", plant.id),
            ],
            ["product_id"],
            ["date:min"],
        )
        return dict(groups) if products else {}

    def _cover(self):
        """What was lacking is there, or nobody needs it any more: the buyer's activity is done."""
        if not self:
            return
        self.write({"covered_at": fields.Datetime.now(), "missing": 0})
        if self.activity_id:
            self.activity_id.action_feedback(feedback=self.env._("Covered: the order no longer lacks it."))

    def _tell_plant(self):
        """Announce the orders of these shortages with all that each of them lacks."""
        orders = self.production_id
        lacking = self.search([("production_id", "in", orders.ids), ("covered_at", "=", False)], order="id")
        for order, rows in lacking.grouped("production_id").items():
            data = {"order": order.mes_reference, "items": [row._item() for row in rows]}
            self.env["mes.outbox.message"]._emit(SHORTAGE, data, order, revision=order.mes_revision)

    def _item(self):
        unit = self.uom_id.unece_code or self.uom_id.name
        item = {"product": self.product_id.default_code}
        for name in ("required", "reserved", "missing"):
            item[name] = {"value": round(self[name], 6), "uom": unit}
        if self.expected_at:
            item["expected_at"] = to_wire_time(self.expected_at)
        return item

    def _tell_buyer(self):
        """Do what the rule of the plant says: an activity for the buyer, or a replenishment."""
        for plant, rows in self.grouped("plant_id").items():
            notice = ShortageNotice(plant.mes_shortage_notice)
            if notice is ShortageNotice.REPLENISH:
                rows._replenish(plant)
            elif notice is ShortageNotice.ACTIVITY:
                for row in rows.filtered(lambda one: not one.activity_id):
                    row._ask_buyer(plant)

    def _ask_buyer(self, plant):
        order, product = self.production_id, self.product_id.with_company(plant.company_id)
        buyer = plant.mes_buyer_id or product.responsible_id or order.user_id or self.env.ref("base.user_admin")
        self.buyer_id = buyer
        self.activity_id = order.activity_schedule(
            "mail.mail_activity_data_todo",
            date_deadline=order.date_start.date() if order.date_start else None,
            user_id=buyer.id,
            summary=self.env._("%(product)s is missing", product=product.display_name),
            note=self.env._(
                "%(order)s lacks %(missing)s %(unit)s of %(product)s.",
                order=order.name,
                missing=f"{self.missing:g}",
                unit=self.uom_id.name,
                product=product.display_name,
            ),
        )

    def _replenish(self, plant):
        """Have Odoo order what the plant's forecast lacks; what is on its way already is not ordered again."""
        points = self.env["stock.warehouse.orderpoint"].with_company(plant.company_id)
        place = [("location_id", "=", plant.lot_stock_id.id)]
        found = points.search([("product_id", "in", self.product_id.ids), *place])
        found |= points.create(
            [
                {
                    "product_id": product.id,
                    "location_id": plant.lot_stock_id.id,
                    "warehouse_id": plant.id,
                    "product_min_qty": 0,
                    "product_max_qty": 0,
                    # Only for this once: whether stock is kept is not decided here.
                    "trigger": "manual",
                }
                for product in self.product_id - found.product_id
            ]
        )
        found._compute_qty_to_order_computed()
        # Odoo leaves an activity with the product's responsible for what cannot be ordered.
        found._procure_orderpoint_confirm(company_id=plant.company_id, raise_user_error=False)

    def action_open_order(self):
        """Open the order that lacks it."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "mrp.production",
            "res_id": self.production_id.id,
            "view_mode": "form",
        }
