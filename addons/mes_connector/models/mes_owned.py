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

    def _mes_place(self):
        """Where the record is; None when no rule can be about it."""
        self.ensure_one()
        if not self.MES_ORDERS:
            return Place(company=self.company_id.id if "company_id" in self._fields else 0)
        # As the record's own field gives it: the orders of many records are read at once.
        order = next((self[one] for one in self.MES_ORDERS if self[one]), self.env["mrp.production"])
        return self.env["mes.ownership"]._order_place(order)

    def _mes_place_of_new(self, vals):
        """The same for a record that is to be made of ``vals``."""
        if self.MES_ORDERS:
            order = next((vals[one] for one in self.MES_ORDERS if vals.get(one)), 0)
            return self.env["mes.ownership"]._order_place(self.env["mrp.production"].browse(order))
        company = vals.get("company_id", self.default_get(["company_id"]).get("company_id"))
        return Place(company=company or 0)
