"""Judges what comes into being: values of new records, and records that are moved into an order or out of it.

What Odoo fills in by itself says nothing. What whoever creates the record fills in unseen, by keys of the context or by
defaults of their own, says as much as what they type.
"""

from odoo import SUPERUSER_ID, api, models

from ..core.ownership import WHOLE
from ..handlers.base import is_reported


class MesOwnership(models.AbstractModel):
    _inherit = "mes.ownership"

    @api.model
    def _judge_create(self, model, vals_list):
        """Refuse or flag values that somebody else owns in new records.

        :raises UserError: the rule blocks it
        :raises IntegrationError: the same, for a message
        """
        names = self._named(model, model.MES_OWNED)
        if not names:
            return
        orders = model._mes_filled_orders()
        said, plain = None, None
        for vals in vals_list:
            place = model._mes_place_of_new({**orders, **vals})
            if place is None:
                continue
            if said is None:
                said, plain = model.default_get(list(names)), self._plain_defaults(model, names)
            values, record = {**said, **vals}, model._mes_order_in({**orders, **vals}) or model
            for name in sorted(names.intersection(values)):
                if values[name] and values[name] != plain.get(name):
                    self._meet(self._decide(model, name, place), record, place, model._fields[name].string)

    def _plain_defaults(self, model, names):
        """The values that new records get of Odoo itself, in this company, whoever makes them."""
        context = {key: value for key, value in self.env.context.items() if not key.startswith("default_")}
        # As the system user: what somebody has set as a default of their own is their doing.
        env = self.env(user=SUPERUSER_ID, context=context)
        return env[model._name].with_company(self.env.company).default_get(list(names))

    @api.model
    def _judge_link(self, records, vals):
        """Judge that parts of an order leave it, or come into another one with the values they have.

        :raises UserError: the rule blocks it
        """
        links = [name for name in records.MES_ORDERS if name != "id" and name in vals]
        if not links or is_reported(self.env) or not self._concerns(records, records.MES_OWNED):
            return
        for record in records:
            if any(record[name].id != vals[name] for name in links if record[name]):
                self._judge_whole(record, self.env._("The existence"))
            if any(record[name].id != vals[name] for name in links if vals[name]):
                self._judge_entry(record, record._mes_place_of_new(vals))

    def _judge_entry(self, record, place):
        if place is None:
            return
        self._meet(self._decide(record, WHOLE, place), record, place, self.env._("The existence"))
        for name in sorted(record._mes_ownable()):
            if record[name]:
                self._meet(self._decide(record, name, place), record, place, record._fields[name].string)
