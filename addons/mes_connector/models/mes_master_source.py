"""Sources of master data: for each kind which objects concern a system, and what is said of them; nothing is sent here.

Facts. A source reads a batch of records at once, so that the number of statements does not grow with them. What
cannot be said whole is not said: its snapshot names what is missing.
"""

from odoo import api, models
from odoo.fields import Domain

from ..core.master_data import Snapshot
from ..core.states import PublicationKind


class MesMasterSource(models.AbstractModel):
    _name = "mes.master.source"
    _description = "Source of Master Data"

    #: Each source names its kind, its event type, the model of its records, and the property that holds its key.
    KIND = None
    EVENT_TYPE = None
    MODEL = None
    KEY = None
    #: Whether revision, hash and mark of deletion stand in the event.
    IS_VERSIONED = True

    @api.model
    def _scope(self, system):
        """Domain of the records that concern ``system``."""
        return Domain("company_id", "in", [False, system.company_id.id])

    @api.model
    def _in_scope(self, system, ids):
        """Those of ``ids`` that are there for ``system``: archived ones are not."""
        return self.env[self.MODEL].search(Domain("id", "in", ids) & self._scope(system), order="id")

    @api.model
    def _snapshots(self, records):
        """``{record id: [Snapshot]}``; records of which nothing can be said, such as one without a code, are left out.

        :param records: of one company, in whose name and language the source is asked
        """
        raise NotImplementedError

    @api.model
    def _touched_by(self, touched):
        """Ids of the records to be looked at again after changes; also of deleted ones.

        :param touched: ``{model: {ids}}`` of what was changed
        """
        return touched.get(self.MODEL, set())

    @api.model
    def _key_data(self, key):
        """What is still said of an object that is gone."""
        return {self.KEY: key}

    def _unit(self, unit, missing):
        if not unit.unece_code:
            missing.append(self.env._("Unit %s has no UN/ECE code.", unit.name))
        return unit.unece_code

    def _product(self, product, missing):
        if not product.default_code:
            missing.append(self.env._("Product %s has no internal reference.", product.display_name))
        return product.default_code

    def _quantity(self, value, unit, missing):
        return {"value": round(value, 6), "uom": self._unit(unit, missing)}

    def _shared(self, records, field):
        """The values of a code that several records of the model have: neither of them may be guessed."""
        codes = list(filter(None, records.mapped(field)))
        own = Domain("company_id", "in", [False, self.env.company.id])
        groups = records._read_group(own & Domain(field, "in", codes), [field], having=[("__count", ">", 1)])
        return {code for (code,) in groups}


class MesMasterProduct(models.AbstractModel):
    _name = "mes.master.product"
    _description = "Products for Systems"
    _inherit = ["mes.master.source"]

    KIND = PublicationKind.PRODUCT.value
    EVENT_TYPE = "mes.product.published.v1"
    MODEL = "product.product"
    KEY = "product"

    def _scope(self, system):
        return super()._scope(system) & Domain("type", "=", "consu") & Domain("default_code", "not in", [False, ""])

    def _snapshots(self, records):
        shared = self._shared(records, "default_code")
        return {product.id: [self._snapshot(product, shared)] for product in records}

    def _snapshot(self, product, shared):
        missing, code = [], product.default_code
        if code in shared:
            missing.append(self.env._("Several products have the internal reference %s.", code))
        data = {
            "product": code,
            "name": product.name,
            "uom": self._unit(product.uom_id, missing),
            "tracking": product.tracking,
            "type": "storable" if product.is_storable else "consumable",
        }
        if product.barcode:
            data["barcode"] = product.barcode
        values = product.product_template_attribute_value_ids
        if values:
            data["attributes"] = [{"attribute": one.attribute_id.name, "value": one.name} for one in values]
        units = product.uom_ids.filtered("unece_code")
        if units:
            data["alternative_uoms"] = [
                {"uom": one.unece_code, "value": round(one._compute_quantity(1, product.uom_id, round=False), 9)}
                for one in units
            ]
        return Snapshot(code, data, tuple(missing))


class MesMasterWorkCenter(models.AbstractModel):
    _name = "mes.master.work_center"
    _description = "Work Centers for Systems"
    _inherit = ["mes.master.source"]

    KIND = PublicationKind.WORK_CENTER.value
    EVENT_TYPE = "mes.work_center.published.v1"
    MODEL = "mrp.workcenter"
    KEY = "work_center"

    def _scope(self, system):
        return super()._scope(system) & Domain("code", "not in", [False, ""])

    def _snapshots(self, records):
        shared = self._shared(records, "code")
        return {center.id: [self._snapshot(center, shared)] for center in records}

    def _snapshot(self, center, shared):
        missing = []
        if center.code in shared:
            missing.append(self.env._("Several work centers have the code %s.", center.code))
        general = center.capacity_ids.filtered(lambda one: not one.product_id)[:1]
        data = {
            "work_center": center.code,
            "name": center.name,
            "capacity": general.capacity or 1,
            "efficiency_percent": center.time_efficiency,
            "setup_minutes": center.time_start,
            "cleanup_minutes": center.time_stop,
        }
        alternatives = center.alternative_workcenter_ids.filtered("code")
        if alternatives:
            data["alternatives"] = sorted(alternatives.mapped("code"))
        return Snapshot(center.code, data, tuple(missing))


class MesMasterReason(models.AbstractModel):
    _name = "mes.master.reason"
    _description = "Reasons for Systems"
    _inherit = ["mes.master.source"]

    KIND = PublicationKind.REASON_CODE.value
    EVENT_TYPE = "mes.reason_code.published.v1"
    REASON_OF = None

    def _scope(self, system):
        return Domain.TRUE

    def _key_data(self, key):
        kind, _slash, reason = key.partition("/")
        return {"reason": reason, "kind": kind}

    def _snapshots(self, records):
        codes = ((record, self._code(record)) for record in records)
        return {record.id: [self._snapshot(record, code)] for record, code in codes if code}

    def _code(self, record):
        return record.mes_code

    def _snapshot(self, record, code):
        return Snapshot(f"{self.REASON_OF}/{code}", {"reason": code, "kind": self.REASON_OF, "name": record.name})


class MesMasterDowntimeReason(models.AbstractModel):
    _name = "mes.master.downtime_reason"
    _description = "Reasons of Downtime for Systems"
    _inherit = ["mes.master.reason"]

    MODEL = "mrp.workcenter.productivity.loss"
    REASON_OF = "downtime"

    def _snapshot(self, record, code):
        snapshot = super()._snapshot(record, code)
        return Snapshot(snapshot.key, {**snapshot.data, "category": record.loss_type or "availability"})


class MesMasterScrapReason(models.AbstractModel):
    _name = "mes.master.scrap_reason"
    _description = "Reasons of Scrap for Systems"
    _inherit = ["mes.master.reason"]

    MODEL = "stock.scrap.reason.tag"
    REASON_OF = "scrap"

    def _code(self, record):
        # The plant's reports name it like this, too.
        return record.mes_code or record.name


class MesMasterLot(models.AbstractModel):
    _name = "mes.master.lot"
    _description = "Lots for Systems"
    _inherit = ["mes.master.source"]

    KIND = PublicationKind.LOT.value
    EVENT_TYPE = "mes.lot.published.v1"
    MODEL = "stock.lot"
    KEY = "lot_key"

    def _scope(self, system):
        return super()._scope(system) & Domain("product_id.default_code", "not in", [False, ""])

    def _snapshots(self, records):
        return {lot.id: [self._snapshot(lot)] for lot in records}

    def _snapshot(self, lot):
        product = lot.product_id
        data = {
            "lot_key": f"{product.default_code}/{lot.name}",
            "product": product.default_code,
            "lot": lot.name,
            "tracking": product.tracking,
        }
        if lot.ref:
            data["reference"] = lot.ref
        return Snapshot(data["lot_key"], data)
