"""What the doorways of master data share: a change leaves a mark, when some system is told of such objects at all."""

from odoo import api, fields, models

from ..core.states import MarkTopic


class MesMasterMixin(models.AbstractModel):
    _name = "mes.master.mixin"
    _description = "Published Master Data"

    #: Each doorway names the fields that systems are told of, the kinds its objects are part of, and the field that
    #: leads to the object they belong to, if it is another one.
    MES_WATCHED = frozenset()
    MES_KINDS = ()
    MES_OBJECT = None

    @api.model_create_multi
    def create(self, vals_list):
        made = super().create(vals_list)
        if made._mes_is_told():
            made._mes_mark(made._mes_objects())
        return made

    def write(self, vals):
        result = super().write(vals)
        if not self.MES_WATCHED.isdisjoint(vals) and self._mes_is_told():
            self._mes_mark(self._mes_objects())
        return result

    def unlink(self):
        objects = self._mes_objects() if self._mes_is_told() else ()
        result = super().unlink()
        self._mes_mark(objects)
        return result

    def _mes_is_told(self):
        """Whether any system is told of objects of these kinds."""
        return not self.env["mes.route"]._published_kinds().isdisjoint(self.MES_KINDS)

    def _mes_objects(self):
        """The objects that are told of anew when these records change."""
        return self[self.MES_OBJECT] if self.MES_OBJECT else self

    def _mes_mark(self, objects):
        if objects:
            keys = [(objects._name, one, 0) for one in objects.ids]
            self.env["mes.mark"]._put(MarkTopic.MASTER_DATA, keys)


class MesPublishedMixin(models.AbstractModel):
    _name = "mes.published.mixin"
    _description = "Object that Systems are Told of"

    mes_publication_count = fields.Integer(
        "Published to", compute="_compute_mes_publication_count", groups="mes_connector.group_mes_user"
    )

    def _compute_mes_publication_count(self):
        publications = self.env["mes.publication"]
        counted = {one: one._mes_published() for one in self}
        objects = self._mes_published()
        domain = [("res_model", "=", objects._name), ("res_id", "in", objects.ids), ("sent_at", "!=", False)]
        counts = dict(publications._read_group(domain, ["res_id"], ["__count"]))
        for one, told in counted.items():
            one.mes_publication_count = sum(counts.get(record, 0) for record in told.ids)

    def _mes_published(self):
        """The records that publications are about."""
        return self

    def action_mes_open_publications(self):
        """Show which systems were told of it, and when."""
        objects = self._mes_published()
        action = self.env["ir.actions.act_window"]._for_xml_id("mes_connector.mes_publication_action")
        domain = [("res_model", "=", objects._name), ("res_id", "in", objects.ids)]
        return dict(action, domain=domain, context={})
