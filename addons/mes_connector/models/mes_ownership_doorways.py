"""Doorways on the models whose values rules can own: the parts of orders, and master data that systems are told of."""

from odoo import models

from . import mes_master_doorways as master
from . import mrp_workorder_buttons, stock_move_order
from .mes_owned import Owned


class MrpWorkorder(Owned, models.Model):
    _inherit = "mrp.workorder"

    MES_OWNED = mrp_workorder_buttons.INTENT - {"leave_id"}
    MES_BOOKED = frozenset({"date_start", "date_finished", "duration_expected"})
    MES_ORDERS = ("production_id",)

    def _mes_part_label(self):
        return self.name


class StockMove(Owned, models.Model):
    _inherit = "stock.move"

    MES_OWNED = stock_move_order.INTENT - {"raw_material_production_id", "production_id"}
    # Posting a part of a move splits it, and what nobody planned gets a move of its own.
    MES_BOOKED = MES_OWNED
    MES_ORDERS = ("raw_material_production_id", "production_id")

    def _mes_part_label(self):
        return self.product_id.display_name

    def write(self, vals):
        if vals.get("state") == "cancel":
            # What is not to be used any more: by Odoo's own method, or written directly.
            left = self.filtered(lambda move: move.state != "cancel")
            self.env["mes.ownership"]._judge_whole(left, self.env._("The existence"))
        return super().write(vals)


class ProductTemplate(Owned, models.Model):
    _inherit = "product.template"

    MES_OWNED = master.ProductTemplate.MES_WATCHED


class ProductProduct(Owned, models.Model):
    _inherit = "product.product"

    MES_OWNED = master.ProductProduct.MES_WATCHED


class MrpBom(Owned, models.Model):
    _inherit = "mrp.bom"

    MES_OWNED = master.MrpBom.MES_WATCHED


class MrpBomLine(Owned, models.Model):
    _inherit = "mrp.bom.line"

    MES_OWNED = master.MrpBomLine.MES_WATCHED


class MrpBomByproduct(Owned, models.Model):
    _inherit = "mrp.bom.byproduct"

    MES_OWNED = master.MrpBomByproduct.MES_WATCHED


class MrpRoutingWorkcenter(Owned, models.Model):
    _inherit = "mrp.routing.workcenter"

    MES_OWNED = master.MrpRoutingWorkcenter.MES_WATCHED


class MrpWorkcenter(Owned, models.Model):
    _inherit = "mrp.workcenter"

    MES_OWNED = master.MrpWorkcenter.MES_WATCHED


class MrpWorkcenterProductivityLoss(Owned, models.Model):
    _inherit = "mrp.workcenter.productivity.loss"

    MES_OWNED = master.MrpWorkcenterProductivityLoss.MES_WATCHED


class StockScrapReasonTag(Owned, models.Model):
    _inherit = "stock.scrap.reason.tag"

    MES_OWNED = master.StockScrapReasonTag.MES_WATCHED


class StockLot(Owned, models.Model):
    _inherit = "stock.lot"

    MES_OWNED = master.StockLot.MES_WATCHED
