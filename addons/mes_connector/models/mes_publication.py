"""What each system was last told of each object; what there is to tell is built by the sources of master data."""

from dataclasses import replace

from odoo import api, fields, models

from ..core import states
from ..core.master_data import Told, document, next_told
from .mes_outbox_snapshot import Letter

#: How many objects a case names; the list of publications shows all of them.
NAMED_IN_CASE = 20
INCOMPLETE = "master_data_incomplete"


class MesPublication(models.Model):
    _name = "mes.publication"
    _description = "Publication"
    _order = "kind, object_key, system_id"
    _rec_name = "object_key"

    system_id = fields.Many2one("mes.system", required=True, ondelete="cascade")
    company_id = fields.Many2one(related="system_id.company_id", store=True)
    kind = fields.Selection(states.selection(states.PublicationKind), required=True)
    object_key = fields.Char("Key", required=True, help="What the plant calls the object.")
    res_model = fields.Char("Model", required=True)
    res_id = fields.Many2oneReference("Record", model_field="res_model", required=True)
    content_hash = fields.Char(help="SHA-256 of what was sent last; the same content is not sent again.")
    revision = fields.Integer(help="How many states of the object the system was told of.", aggregator=None)
    sent_at = fields.Datetime("Told at", help="When its last message was put into the outbox.")
    is_deleted = fields.Boolean("Deleted", help="The system was told that the object is gone or archived.")
    missing = fields.Text(help="What keeps the object from being told; the system knows its last whole state.")

    _object_unique = models.Constraint(
        "UNIQUE (system_id, kind, object_key)", "The system is told of this object already."
    )
    _record = models.Index("(res_model, res_id)")
    _incomplete = models.Index("(system_id, kind) WHERE missing IS NOT NULL")

    @api.model
    def _tell(self, source, ids, found, is_forced=False, is_urgent=False):
        """Tell systems what they do not know yet of the objects ``ids``, in this transaction.

        :param source: model of ``mes.master.source``
        :param found: ``{system: [(record id, Snapshot)]}``; what is not in it, is not there for the system
        :param is_forced: also what has not changed
        :return: number of messages
        """
        found = self._in_their_codes(found)
        rows, letters, is_case, present = self._rows(source, ids, found), [], False, set()
        for system, snapshots in found.items():
            for res_id, snapshot in snapshots:
                row = rows[system.id, snapshot.key]
                present.add(row.id)
                lacks = "\n".join(snapshot.missing) or False
                is_case |= lacks != row.missing
                if lacks != row.missing or res_id != row.res_id:
                    row.write({"missing": lacks, "res_id": res_id})
                if not lacks:
                    letters += row._letter(source, snapshot.data, is_deleted=snapshot.is_last, is_forced=is_forced)
        looked_at = set(ids)
        gone = self.union(*rows.values()).filtered(lambda row: row.id not in present and row.res_id in looked_at)
        letters += gone._end(source, is_forced)
        # Never told, and not there any more: only what it lacked was noted.
        is_case |= any(gone.mapped("missing"))
        gone.write({"missing": False})
        gone.filtered(lambda row: not row.revision).unlink()
        self.env["mes.outbox.message"]._emit_snapshots(source.EVENT_TYPE, letters, is_urgent)
        if is_case:
            self._follow_incomplete(source, found)
        return len(letters)

    def _in_their_codes(self, found):
        """The same in the codes that the systems call things by: told again is what reads otherwise to them."""
        return {
            system: [
                (res_id, replace(snapshot, data=said))
                for (res_id, snapshot), said in zip(
                    snapshots, self._said(system, [one.data for _res_id, one in snapshots]), strict=True
                )
            ]
            for system, snapshots in found.items()
        }

    def _said(self, system, data):
        """Several data at once in the codes of a system."""
        plant = self.env["mes.outbox.message"]._only_plant(system)
        return self.env["mes.code.map"]._told(system, plant.id, data)

    def _rows(self, source, ids, found):
        """``{(system id, key): row}`` of all that is told of here or was told of these records; made where new."""
        keys = {(system.id, snapshot.key): res_id for system, rows in found.items() for res_id, snapshot in rows}
        mine = [("kind", "=", source.KIND), ("system_id", "in", [system.id for system in found])]
        known = self.search(
            [
                *mine,
                "|",
                ("object_key", "in", list({key for _system, key in keys})),
                "&",
                ("res_model", "=", source.MODEL),
                ("res_id", "in", ids),
            ]
        )
        rows = {(row.system_id.id, row.object_key): row for row in known}
        made = self.create(
            [
                {
                    "system_id": system_id,
                    "kind": source.KIND,
                    "object_key": key,
                    "res_model": source.MODEL,
                    "res_id": res_id,
                }
                for (system_id, key), res_id in keys.items()
                if (system_id, key) not in rows
            ]
        )
        return {**rows, **{(row.system_id.id, row.object_key): row for row in made}}

    def _letter(self, source, data, is_deleted=False, is_forced=False):
        """The letters that tell it, none or one; notes that it was told."""
        self.ensure_one()
        before = Told(self.content_hash or "", self.revision, self.is_deleted)
        told = next_told(before, data, is_deleted, is_forced)
        if not told:
            return []
        self.write(
            {
                "content_hash": told.content_hash,
                "revision": told.revision,
                "is_deleted": told.is_deleted,
                "sent_at": fields.Datetime.now(),
            }
        )
        content = document(data, told) if source.IS_VERSIONED else data
        return [Letter(self.system_id, self.object_key, content, self.res_model, self.res_id, told.revision)]

    def _end(self, source, is_forced=False):
        """The letters that say that these objects are gone."""
        letters = []
        for system, rows in self.grouped("system_id").items():
            said = self._said(system, [source._key_data(row.object_key) for row in rows])
            for row, data in zip(rows, said, strict=True):
                letters += row._letter(source, data, is_deleted=True, is_forced=is_forced)
        return letters

    @api.model
    def _follow_incomplete(self, source, found):
        """One open case for each system and kind of which something cannot be told; it names what is missing."""
        cases = self.env["mes.case"]
        for system in found:
            lacking = [("system_id", "=", system.id), ("kind", "=", source.KIND), ("missing", "!=", False)]
            rows = self.search(lacking, limit=NAMED_IN_CASE)
            if not rows:
                cases._close_for_system(system, INCOMPLETE, source.EVENT_TYPE)
                continue
            count = self.search_count(lacking)
            text = "\n".join(f"{row.object_key}: {row.missing}" for row in rows)
            if count > len(rows):
                text += self.env._("\n… and %s more.", count - len(rows))
            case = cases._of_system(system, INCOMPLETE, source.EVENT_TYPE)
            if case:
                case.write({"text": text, "count": count, "last_seen_at": fields.Datetime.now()})
            else:
                cases._raise_for_system(system, INCOMPLETE, text, source.EVENT_TYPE)

    def action_open_record(self):
        """Open the object itself."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "view_mode": "form",
        }

    def action_open_messages(self):
        """Show what the systems were sent about these objects."""
        sources = [*self.env["mes.master"]._sources(), self.env["mes.availability"]]
        kinds = {source.KIND: source.EVENT_TYPE for source in sources}
        action = self.env["ir.actions.act_window"]._for_xml_id("mes_connector.mes_outbox_message_action")
        domain = [
            ("system_id", "in", self.system_id.ids),
            ("ordering_key", "in", self.mapped("object_key")),
            ("event_type", "in", [kinds[row.kind] for row in self]),
        ]
        return dict(action, domain=domain, context={})
