"""What a plant has of the components of its released orders: noted when stock changes, looked at and told soon after.

Facts. A change of stock costs one statement at the end of its transaction, and leaves a mark only for products that
released orders need. The look reads all marked products of a plant in a fixed number of statements.
"""

from functools import partial

from odoo import api, models
from odoo.tools import SQL

from ..core.master_data import Snapshot
from ..core.states import MarkTopic, PublicationKind
from .mrp_production_plant import WITH_PLANT

NOTED = "mes.availability.noted"
#: Marks of one transaction.
STEP_MARKS = 500
#: Moves in these states need nothing any more, or nothing yet.
NOT_OPEN = ("draft", "done", "cancel")
CRON = "mes_connector.ir_cron_mes_availability"


class MesAvailability(models.AbstractModel):
    _name = "mes.availability"
    _description = "Availability of Components"
    _inherit = ["mes.master.source"]

    KIND = PublicationKind.AVAILABILITY.value
    EVENT_TYPE = "mes.inventory.availability.changed.v1"
    MODEL = "product.product"
    KEY = "availability_key"
    IS_VERSIONED = False

    # -- noting changes ----------------------------------------------------------------------------------------------

    @api.model
    def _note(self, places):
        """Have ``places``, ``(product id, location id)`` each, looked at after this transaction, where it matters."""
        if not places or not self.env["mes.route"]._has_plants():
            return
        precommit = self.env.cr.precommit
        noted = precommit.data.setdefault(NOTED, set())
        if not noted:
            # sudo: whoever moves stock leaves marks.
            precommit.add(partial(self.sudo()._mark_noted))
        noted.update(places)

    @api.model
    def _note_order(self, order):
        """Have all components of an order looked at: it begins or ceases to need them."""
        place = order._mes_plant().lot_stock_id.id
        self._note([(product, place) for product in order.move_raw_ids.product_id.ids])

    def _mark_noted(self):
        """Mark what was noted and is needed by a released order, or was and a system still believes it is."""
        noted = sorted(self.env.cr.precommit.data.pop(NOTED, ()))
        products, locations = zip(*noted, strict=True)
        noted = SQL("SELECT * FROM unnest(%s::int[], %s::int[])", list(products), list(locations))
        if self._mark(noted):
            self.env.ref(CRON).sudo()._trigger()

    def _mark(self, places):
        """Mark those of ``places``, a query for (product id, location id), that matter; how many."""
        self.env.cr.execute(
            SQL(
                """INSERT INTO mes_mark (topic, res_model, res_id, location_id)
                   SELECT %(topic)s, %(model)s, n.product_id, n.location_id
                     FROM (%(places)s) AS n(product_id, location_id)
                    WHERE EXISTS (SELECT 1
                                    FROM stock_move m JOIN mrp_production p ON p.id = m.raw_material_production_id
                                   WHERE m.product_id = n.product_id AND m.raw_material_production_id IS NOT NULL
                                     AND m.state NOT IN %(not_open)s AND p.mes_phase IN %(with_plant)s)
                       OR EXISTS (SELECT 1 FROM mes_publication t
                                   WHERE t.res_model = %(model)s AND t.res_id = n.product_id AND t.kind = %(kind)s
                                     AND NOT t.is_deleted)
                       OR EXISTS (SELECT 1 FROM mes_shortage s
                                   WHERE s.product_id = n.product_id AND s.covered_at IS NULL)""",
                topic=MarkTopic.AVAILABILITY.value,
                model=self.MODEL,
                kind=self.KIND,
                places=places,
                not_open=NOT_OPEN,
                with_plant=tuple(sorted(WITH_PLANT)),
            )
        )
        return self.env.cr.rowcount

    @api.model
    def _cron_compare(self):
        """Have everything looked at that released orders need, in case a change of stock left no mark; at night."""
        self.env.flush_all()
        self._mark(
            SQL(
                """SELECT m.product_id, w.lot_stock_id
                     FROM stock_move m JOIN mrp_production p ON p.id = m.raw_material_production_id
                     JOIN stock_picking_type t ON t.id = p.picking_type_id
                     JOIN stock_warehouse w ON w.id = t.warehouse_id
                    WHERE m.state NOT IN %s AND p.mes_phase IN %s GROUP BY 1, 2
                    UNION
                   SELECT s.product_id, w.lot_stock_id
                     FROM mes_shortage s JOIN stock_warehouse w ON w.id = s.plant_id
                    WHERE s.covered_at IS NULL""",
                NOT_OPEN,
                tuple(sorted(WITH_PLANT)),
            )
        )
        self.env.ref(CRON)._trigger()

    # -- the look ----------------------------------------------------------------------------------------------------

    @api.model
    def _cron_look(self):
        """Look at what changed since the last time."""
        self.env["mes.mark"]._work(self._look_at_marked, CRON)

    def _look_at_marked(self):
        """Look at the oldest marks in this transaction; their number."""
        marks = self.env["mes.mark"]._take(MarkTopic.AVAILABILITY, STEP_MARKS)
        locations = self.env["stock.location"].browse({location for _model, _product, location in marks}).exists()
        plants = {location.id: location.warehouse_id for location in locations}
        touched = {}
        for _model, product, location in marks:
            if plant := plants.get(location):
                touched.setdefault(plant, set()).add(product)
        for plant, products in touched.items():
            self._look(plant, self.env[self.MODEL].browse(sorted(products)).exists())
        return len(marks)

    def _look(self, plant, products):
        """Tell systems what the plant has of ``products`` now, and follow what its orders lack of them."""
        stock, moves = self._stock(plant, products), self._needing(plant, products)
        by_product = moves.grouped("product_id")
        none = self.env["stock.move"]
        snapshots = [
            (product.id, self._snapshot(plant, product, stock, by_product.get(product, none))) for product in products
        ]
        systems = self.env["mes.route"]._targets(self.EVENT_TYPE, plant)
        known = self._known(systems, [snapshot.key for _product, snapshot in snapshots])
        found = {
            system: [(product, one) for product, one in snapshots if not one.is_last or (system.id, one.key) in known]
            for system in systems
        }
        # Ids of none: what the plant has says nothing about other plants.
        self.env["mes.publication"]._tell(self, [], found)
        self.env["mes.shortage"]._follow(plant, products, stock, by_product)

    def _known(self, systems, keys):
        """``{(system id, key)}`` of what systems believe to be needed."""
        domain = [("system_id", "in", systems.ids), ("kind", "=", self.KIND), ("object_key", "in", keys)]
        rows = self.env["mes.publication"].search([*domain, ("is_deleted", "=", False)])
        return {(row.system_id.id, row.object_key) for row in rows}

    def _stock(self, plant, products):
        """``{product: {lot: (on hand, reserved)}}`` in the plant; of what has no lot under the empty lot."""
        groups = self.env["stock.quant"]._read_group(
            [
                ("product_id", "in", products.ids),
                ("location_id.warehouse_id", "=", plant.id),
                ("location_id.usage", "in", ("internal", "transit")),
            ],
            ["product_id", "lot_id"],
            ["quantity:sum", "reserved_quantity:sum"],
        )
        stock = {product: {} for product in products}
        for product, lot, quantity, reserved in groups:
            stock[product][lot] = (quantity, reserved)
        return stock

    def _needing(self, plant, products):
        """The moves by which released orders of the plant still need ``products``, the order to begin first first."""
        moves = self.env["stock.move"].search(
            [
                ("product_id", "in", products.ids),
                ("state", "not in", NOT_OPEN),
                ("raw_material_production_id.mes_phase", "in", sorted(WITH_PLANT)),
                ("raw_material_production_id.picking_type_id.warehouse_id", "=", plant.id),
            ]
        )
        return moves.sorted(lambda move: (move.raw_material_production_id.date_start, move.id))

    @api.model
    def _need(self, move):
        """``(required, reserved)`` of an open move, in the product's unit."""
        reserved = sum(move.move_line_ids.mapped("quantity_product_uom"))
        return round(move.product_qty, 6), round(min(reserved, move.product_qty), 6)

    def _snapshot(self, plant, product, stock, moves):
        lots = stock[product]
        on_hand = sum(quantity for quantity, _reserved in lots.values())
        reserved = sum(reserved for _quantity, reserved in lots.values())
        data = {
            "availability_key": f"{plant.code}/{product.default_code}",
            "plant": plant.code,
            "product": product.default_code,
            "uom": product.uom_id.unece_code or product.uom_id.name,
            "on_hand": round(on_hand, 6),
            "available": round(on_hand - reserved, 6),
            "orders": sorted((self._of_order(move) for move in moves), key=lambda one: (one["order"], one["required"])),
        }
        if product.tracking != "none":
            data["lots"] = [
                {"lot": lot.name, "on_hand": round(quantity, 6), "available": round(quantity - taken, 6)}
                for lot, (quantity, taken) in sorted(lots.items(), key=lambda item: item[0].name or "")
                if lot
            ]
        return Snapshot(data["availability_key"], data, is_last=not data["orders"])

    def _of_order(self, move):
        order, (required, reserved) = move.raw_material_production_id, self._need(move)
        data = {
            "order": order.mes_reference,
            "required": required,
            "reserved": reserved,
            "missing": round(required - reserved, 6),
        }
        if workorder := order._mes_workorder_of(move):
            data["operation"] = workorder.mes_operation
        lots = move.move_line_ids.filtered("lot_id").grouped("lot_id")
        if lots:
            data["lots"] = [
                {"lot": lot.name, "quantity": round(sum(lines.mapped("quantity_product_uom")), 6)}
                for lot, lines in sorted(lots.items(), key=lambda item: item[0].name)
            ]
        return data


class MesOrderLifecycle(models.AbstractModel):
    _inherit = "mes.order.lifecycle"

    def _enter(self, order, *args, **kwargs):
        result = super()._enter(order, *args, **kwargs)
        self.env["mes.availability"]._note_order(order)
        return result
