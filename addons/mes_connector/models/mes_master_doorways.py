"""Doorways on master data: which of its fields systems are told of; what a change of them does is the mixin's."""

from odoo import fields, models

from ..core.states import PublicationKind as Kind


class ProductTemplate(models.Model):
    _name = "product.template"
    _inherit = ["product.template", "mes.master.mixin", "mes.published.mixin"]

    MES_WATCHED = frozenset({"name", "uom_id", "uom_ids", "tracking", "type", "is_storable", "company_id", "active"})
    MES_KINDS = (Kind.PRODUCT.value, Kind.BOM.value, Kind.ROUTING.value)

    def _mes_objects(self):
        return self.with_context(active_test=False).product_variant_ids

    def _mes_published(self):
        return self._mes_objects()


class ProductProduct(models.Model):
    _name = "product.product"
    _inherit = ["product.product", "mes.master.mixin", "mes.published.mixin"]

    MES_WATCHED = frozenset({"default_code", "barcode", "active", "product_template_attribute_value_ids"})
    MES_KINDS = (Kind.PRODUCT.value, Kind.BOM.value, Kind.ROUTING.value)


class MrpBom(models.Model):
    _name = "mrp.bom"
    _inherit = ["mrp.bom", "mes.master.mixin", "mes.published.mixin"]

    MES_WATCHED = frozenset(
        {
            "active",
            "allow_operation_dependencies",
            "bom_line_ids",
            "byproduct_ids",
            "code",
            "company_id",
            "operation_ids",
            "picking_type_id",
            "product_id",
            "product_qty",
            "product_tmpl_id",
            "product_uom_id",
            "type",
        }
    )
    MES_KINDS = (Kind.BOM.value, Kind.ROUTING.value)


class MrpBomLine(models.Model):
    _name = "mrp.bom.line"
    _inherit = ["mrp.bom.line", "mes.master.mixin"]

    MES_WATCHED = frozenset(
        {"bom_product_template_attribute_value_ids", "operation_id", "product_id", "product_qty", "product_uom_id"}
    )
    MES_KINDS = (Kind.BOM.value,)
    MES_OBJECT = "bom_id"


class MrpBomByproduct(models.Model):
    _name = "mrp.bom.byproduct"
    _inherit = ["mrp.bom.byproduct", "mes.master.mixin"]

    MES_WATCHED = MrpBomLine.MES_WATCHED
    MES_KINDS = (Kind.BOM.value,)
    MES_OBJECT = "bom_id"


class MrpRoutingWorkcenter(models.Model):
    _name = "mrp.routing.workcenter"
    _inherit = ["mrp.routing.workcenter", "mes.master.mixin"]

    MES_WATCHED = frozenset(
        {
            "active",
            "blocked_by_operation_ids",
            "bom_product_template_attribute_value_ids",
            "name",
            "sequence",
            "time_cycle_manual",
            "workcenter_id",
        }
    )
    MES_KINDS = (Kind.BOM.value, Kind.ROUTING.value)
    MES_OBJECT = "bom_id"


class MrpWorkcenter(models.Model):
    _name = "mrp.workcenter"
    _inherit = ["mrp.workcenter", "mes.master.mixin", "mes.published.mixin"]

    MES_WATCHED = frozenset(
        {
            "active",
            "alternative_workcenter_ids",
            "capacity_ids",
            "code",
            "company_id",
            "name",
            "time_efficiency",
            "time_start",
            "time_stop",
        }
    )
    MES_KINDS = (Kind.WORK_CENTER.value, Kind.ROUTING.value)


class MrpWorkcenterProductivityLoss(models.Model):
    _name = "mrp.workcenter.productivity.loss"
    _inherit = ["mrp.workcenter.productivity.loss", "mes.master.mixin"]

    MES_WATCHED = frozenset({"loss_id", "mes_code", "name"})
    MES_KINDS = (Kind.REASON_CODE.value,)


class StockScrapReasonTag(models.Model):
    _name = "stock.scrap.reason.tag"
    _inherit = ["stock.scrap.reason.tag", "mes.master.mixin"]

    MES_WATCHED = frozenset({"mes_code", "name"})
    MES_KINDS = (Kind.REASON_CODE.value,)

    mes_code = fields.Char("Plant code", help="What plants call this reason. Empty: its name.")

    _mes_code_unique = models.UniqueIndex("(mes_code) WHERE mes_code IS NOT NULL", "Another reason has this code.")


class StockLot(models.Model):
    _name = "stock.lot"
    _inherit = ["stock.lot", "mes.master.mixin"]

    MES_WATCHED = frozenset({"company_id", "name", "product_id", "ref"})
    MES_KINDS = (Kind.LOT.value,)
