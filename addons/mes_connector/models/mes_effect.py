"""Effects: which records and quantities each inbound message produced; the proof behind every posting."""

from odoo import api, fields, models


class MesEffect(models.Model):
    _name = "mes.effect"
    _description = "Effect of a Message"
    _order = "id"
    _rec_name = "kind"

    inbox_id = fields.Many2one("mes.inbox.message", required=True, ondelete="restrict", index=True)
    company_id = fields.Many2one("res.company", required=True)
    plant_id = fields.Many2one("stock.warehouse")
    production_id = fields.Many2one("mrp.production", index="btree_not_null")
    kind = fields.Char(required=True, help="What was done: consumed, received, scrapped, time, phase, …")
    product = fields.Char()
    lot = fields.Char()
    # Pieces, litres and minutes do not add up.
    quantity = fields.Float(digits="Product Unit", aggregator=None)
    uom = fields.Char("Unit")
    res_model = fields.Char()
    res_id = fields.Many2oneReference(model_field="res_model")
    record = fields.Char("Posted as")
    note = fields.Char()
    reverses_id = fields.Many2one("mes.effect", "Undoes", ondelete="set null", index="btree_not_null")
    reversed_by_ids = fields.One2many("mes.effect", "reverses_id", "Undone by")

    _moved = models.Index("(res_id) WHERE res_model = 'stock.move.line'")

    @api.model
    def _record(self, message, effects):
        """Store ``effects`` (core ``Effect`` values) of ``message``."""
        return self.create([self._prepare_values(message, effect) for effect in effects])

    @api.model
    def _prepare_values(self, message, effect):
        """Values of the row of one core ``Effect``."""
        return {
            "inbox_id": message.id,
            "company_id": message.company_id.id,
            "plant_id": message.plant_id.id,
            "production_id": message.production_id.id,
            "kind": effect.kind,
            "product": effect.product,
            "lot": effect.lot,
            "quantity": effect.quantity,
            "uom": effect.uom,
            "res_model": effect.res_model,
            "res_id": effect.res_id,
            "record": effect.record,
            "note": effect.note,
            "reverses_id": effect.reverses or False,
        }

    @api.model
    def _to_wire(self, effect):
        """An effect (core value or row) as business answers and the status page show it."""
        wire = {"kind": effect.kind}
        for name in ("product", "lot", "record", "note"):
            if getattr(effect, name):
                wire[name] = getattr(effect, name)
        if effect.uom:
            wire["quantity"] = {"value": effect.quantity, "uom": effect.uom}
        return wire

    def action_open_record(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "view_mode": "form",
        }
