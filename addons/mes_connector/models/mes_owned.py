"""What the doorways of owned models share: a plain class, first in line, that has each change judged.

Not an Odoo mixin: its methods would run behind Odoo's own ``write``, which has acted on the values by then.
"""

from odoo import api

from ..core.ownership import Place

_DEFAULT = "default_"


def said(model, vals):
    """``vals`` of a new record, and what the caller's context says of it as a default."""
    context = model.env.context.items()
    defaults = {key.removeprefix(_DEFAULT): value for key, value in context if key.startswith(_DEFAULT)}
    return {**defaults, **vals}


def filled_in(model, vals_list, names):
    """``vals_list`` of new records, and what their maker fills in unseen: by the context, or a default of their own."""
    filled = model.default_get(list(names))
    return [{**filled, **vals} for vals in vals_list]


class Owned:
    # As all classes of models: they must stay interchangeable.
    __slots__ = ()

    #: Each doorway names the fields that rules can own, those of them that booking a report of a plant writes, and the
    #: fields that lead to the order of a record (the record itself: ``id``); records of no plant's order are free.
    MES_OWNED = frozenset()
    MES_BOOKED = frozenset()
    MES_ORDERS = ()

    @api.model_create_multi
    def create(self, vals_list):
        self.env["mes.ownership"]._judge_create(self, vals_list)
        return super().create(vals_list)

    def write(self, vals):
        ownership = self.env["mes.ownership"]
        ownership._judge_link(self, vals)
        names = ownership._named(self, vals)
        if not names:
            return super().write(vals)
        for records, values in ownership._judge_write(self, vals, names):
            if values:
                super(Owned, records).write(values)
        return True

    def _update_field_translations(self, field_name, translations, digest=None, source_lang=""):
        self.env["mes.ownership"]._judge_translation(self, field_name)
        return super()._update_field_translations(field_name, translations, digest, source_lang)

    @api.ondelete(at_uninstall=False)
    def _unlink_if_owned(self):
        self.env["mes.ownership"]._judge_whole(self, self.env._("The existence"))

    def _mes_ownable(self):
        """Names of the fields that rules can own; lines are records of their own, with rules of their own."""
        return frozenset(name for name in self.MES_OWNED if self._fields[name].type != "one2many")

    def _mes_filled_orders(self):
        """The order that new records get without being told, by the context or a default of whoever makes them."""
        return self.default_get(list(self.MES_ORDERS)) if self.MES_ORDERS else {}

    def _mes_place(self):
        """Where the record is; None when no rule can be about it."""
        self.ensure_one()
        if self.MES_ORDERS:
            return self.env["mes.ownership"]._order_place(self._mes_owned_order())
        return Place(company=self.company_id.id if "company_id" in self._fields else 0)

    def _mes_owned_order(self):
        """The order that the record is a part of, if any."""
        # As the record's own field gives it: the orders of many records are read at once.
        return next((self[one] for one in self.MES_ORDERS if self[one]), self.env["mrp.production"])

    def _mes_owned_label(self):
        """The name of the record for people: a part of an order with the order's."""
        order = self._mes_owned_order()
        return f"{order.name} · {self._mes_part_label()}" if order and order != self else self.display_name

    def _mes_part_label(self):
        return self.display_name

    def _mes_order_in(self, vals):
        order = next((vals[one] for one in self.MES_ORDERS if vals.get(one)), None)
        return self.env["mrp.production"].browse(order)

    def _mes_place_of_new(self, vals):
        """The same as ``_mes_place`` for a record that is to be made of ``vals``."""
        if self.MES_ORDERS:
            return self.env["mes.ownership"]._order_place(self._mes_order_in(vals))
        company = vals.get("company_id", self.default_get(["company_id"]).get("company_id"))
        return Place(company=company or 0)
