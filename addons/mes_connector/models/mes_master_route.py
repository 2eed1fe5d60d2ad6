"""Who is told of which kind of objects, answered from memory: every change of master data asks."""

from odoo import api, models
from odoo.tools import ormcache

from ..core.states import Direction

#: Fields that decide whether a system is told anything.
DECIDES = frozenset({"state", "transport", "endpoint_url"})


class MesRoute(models.Model):
    _inherit = "mes.route"

    @api.model
    @ormcache()
    def _published_kinds(self):
        """The kinds that at least one system is told of."""
        sources = self.env["mes.master"]._sources()
        return frozenset(source.KIND for source in sources if self._published_to(source.EVENT_TYPE))

    @api.model
    @ormcache()
    def _has_plants(self):
        """Whether any system is sent orders, so that components of released orders matter to somebody."""
        return bool(self._published_to("mes.order.released.v1"))

    @api.model
    def _published_to(self, event_type):
        """The systems that are told of objects by ``event_type``, whatever their plants."""
        # sudo: whoever changes a product need not read the registry.
        routes = self.sudo().search([("event_type", "=", event_type), ("direction", "=", Direction.OUT.value)])
        return routes.system_id._takes_outbound()

    @api.model_create_multi
    def create(self, vals_list):
        result = super().create(vals_list)
        self.env.registry.clear_cache()
        return result

    def write(self, vals):
        result = super().write(vals)
        self.env.registry.clear_cache()
        return result

    def unlink(self):
        result = super().unlink()
        self.env.registry.clear_cache()
        return result


class MesSystem(models.Model):
    _inherit = "mes.system"

    def write(self, vals):
        result = super().write(vals)
        if not DECIDES.isdisjoint(vals):
            self.env.registry.clear_cache()
        return result
