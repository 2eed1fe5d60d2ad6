"""Tells systems of master data: which objects concern whom, in batches, from marks; documents are the sources' work."""

import logging

from odoo import api, models
from odoo.tools import split_every

from ..core.states import MarkTopic

_logger = logging.getLogger(__name__)

CRON = "mes_connector.ir_cron_mes_publish"
#: Objects of one batch; Odoo writes rows by the hundred, so that a batch is a fixed number of statements.
BATCH = 100
#: Marks that are taken in one transaction.
STEP_MARKS = 500


class MesMaster(models.AbstractModel):
    _name = "mes.master"
    _description = "Master Data"

    @api.model
    def _source_names(self):
        """Models of ``mes.master.source``; a bridge returns ``super()`` with its own added."""
        return [
            "mes.master.product",
            "mes.master.work_center",
            "mes.master.downtime_reason",
            "mes.master.scrap_reason",
            "mes.master.bom",
            "mes.master.routing",
            "mes.master.lot",
        ]

    @api.model
    def _sources(self):
        """The sources, in the order in which a system is told of them: what others name comes first."""
        return [self.env[name] for name in self._source_names()]

    @api.model
    def _publish(self, source, ids, systems, **options):
        """Tell ``systems`` what is new of the objects ``ids``; the number of messages.

        :param options: of ``mes.publication._tell``
        """
        sent = 0
        for company, members in systems.grouped("company_id").items():
            # sudo: what a system is told depends on the system, not on who changed the object.
            # One language for all readers, the company's, or the content would change with who is asking.
            told = source.sudo().with_company(company).with_context(lang=company.partner_id.lang)
            scopes = {system: told._in_scope(system, ids) for system in members}
            snapshots = told._snapshots(told.env[source.MODEL].union(*scopes.values()))
            found = {
                system: [(one, snapshot) for one in records.ids for snapshot in snapshots.get(one, ())]
                for system, records in scopes.items()
            }
            sent += self.env["mes.publication"].sudo()._tell(told, ids, found, **options)
        return sent

    @api.model
    def _cron_publish(self):
        """Tell what has changed since the last time."""
        self.env["mes.mark"]._work(self._publish_marked, CRON)

    def _publish_marked(self):
        """Work the oldest marks in this transaction; their number."""
        marks = self.env["mes.mark"]._take(MarkTopic.MASTER_DATA, STEP_MARKS)
        touched = {}
        for model, record_id, _location in marks:
            touched.setdefault(model, set()).add(record_id)
        for source in self._sources() if touched else ():
            systems = self.env["mes.route"]._published_to(source.EVENT_TYPE)
            if systems:
                for ids in split_every(BATCH, sorted(source.sudo()._touched_by(touched)), list):
                    self._try_publish(source, ids, systems)
        return len(marks)

    def _try_publish(self, source, ids, systems):
        """Publish; a fault of one batch is left to the nightly comparison, which reports it too."""
        try:
            with self.env.cr.savepoint():
                self._publish(source, ids, systems)
        except (ValueError, KeyError, TypeError):
            _logger.exception("mes: %s of %s could not be published", source.KIND, ids)
