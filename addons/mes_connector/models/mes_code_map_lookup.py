"""Looking things up in the crosswalk: what a system's codes mean, what it is told, and which messages wait for a row.

Facts. Every look-up is a plain query on an index, in the transaction of the message: no worker can read a row that
another one has ended. A message costs one query for the kinds its sender has rows of, and one for each code of these.
"""

from dataclasses import replace

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..core import crosswalk
from ..core.states import CodeKind, CodeMapState, InboxState

#: Codes of messages that a row may let through.
WAITING_CODES = ("unmapped_code", "unknown_lot")
PARKED = Domain("state", "=", InboxState.PARKED.value) & Domain("code", "in", WAITING_CODES)
#: Begins the name of a unit that has no code; no sender's code of a unit looks like it.
NO_CODE = "uom:"


class MesSystem(models.Model):
    _inherit = "mes.system"
    _rec_names_search = ["name", "code"]

    def _code_scope(self, at, plant):
        """Whose codes count for this system at a time (naive UTC); without a plant, those of all it serves."""
        self.ensure_one()
        # sudo: the rows of a plant count for whoever may not see the plant, too.
        plants = plant or self.sudo().plant_ids
        return crosswalk.Scope(self.id, tuple(plants.ids), at, self.has_same_codes)


class MesCodeMap(models.Model):
    _inherit = "mes.code.map"

    @api.model
    def _meanings(self, scope, kind, codes):
        """What a system means by ``codes``, and why some mean nothing.

        :param scope: :class:`~..core.crosswalk.Scope`
        :return: ``({code: record, or Odoo's own code}, {code: why not})``; codes that are Odoo's own are in neither
        """
        found, unclear = {}, {}
        rows = self._rows(scope, kind, SQL.identifier("code"), codes)
        for code in codes:
            try:
                target = crosswalk.meaning(rows.get(code, ()), kind, scope)
            except crosswalk.Unclear as reason:
                unclear[code] = str(reason)
                continue
            if target is not None:
                found[code] = target
        model = self._targets().get(kind, (None,))[0]
        if model and found:
            records = self.env[model].browse(found.values()).exists()
            unclear.update({code: "What it meant is gone" for code, key in found.items() if key not in records.ids})
            found = {code: records.browse(key) for code, key in found.items() if key in records.ids}
        return found, unclear

    @api.model
    def _told(self, system, plant_id, data):
        """What is said in ``data``, with the codes ``system`` calls things by; what it has no code for keeps Odoo's.

        :param data: data of one event, or of several in a list: they are looked up together; not changed
        """
        plant = self.env["stock.warehouse"].browse(plant_id or ())
        scope = self._with_kinds(system._code_scope(self.env.cr.now(), plant))
        codes = {kind: some for kind, some in crosswalk.codes_in(data).items() if kind in scope.kinds}
        told = {(kind, code): to for kind in codes for code, to in self._codes_for(scope, kind, codes[kind]).items()}
        return crosswalk.translate(data, lambda kind, code: told.get((kind, code))) if told else data

    @api.model
    def _heard(self, scope, data):
        """What a system said in ``data``, in Odoo's codes; what it has no code for, or nobody knows, stays as it is.

        Lots come last, since their names are told apart by Odoo's product. A unit that has no code of UN/ECE is named
        ``NO_CODE`` and its id.

        :param scope: :class:`~..core.crosswalk.Scope`
        :param data: data of one event; not changed
        """
        scope = self._with_kinds(scope)
        for kinds in (scope.kinds - {CodeKind.LOT}, scope.kinds & {CodeKind.LOT}):
            codes = crosswalk.codes_in(data) if kinds else {}
            codes = {kind: some for kind, some in codes.items() if kind in kinds}
            own = {(kind, code): to for kind in codes for code, to in self._own_codes(scope, kind, codes[kind]).items()}
            data = crosswalk.translate(data, lambda kind, code, own=own: own.get((kind, code))) if own else data
        return data

    def _own_codes(self, scope, kind, codes):
        """``{the system's code: Odoo's}``, as far as the crosswalk says it."""
        found, _unclear = self._meanings(scope, kind, list(codes))
        if kind not in self._targets():
            return found
        field = self._targets()[kind][1]
        names = {code: record[field] for code, record in found.items()}
        if kind is CodeKind.UNIT:
            names = {code: name or f"{NO_CODE}{found[code].id}" for code, name in names.items()}
        return {code: name for code, name in names.items() if name}

    def _codes_for(self, scope, kind, own_codes):
        """``{Odoo's code: the code the system is told}``, as far as the crosswalk says it."""
        keys, column = {code: [code] for code in own_codes}, SQL.identifier("own_code")
        if kind in self._targets():
            # Other companies' things may have the same code: they have no row of this system.
            keys = {code: some.ids for code, some in self._own_records(kind, list(own_codes)).items()}
            column = SQL.identifier("res_id")
        rows = self._rows(scope, kind, column, [key for some in keys.values() for key in some], is_told=True)
        told = {}
        for code, some in keys.items():
            try:
                mine = [row for key in some for row in rows.get(key, ())]
                told[code] = crosswalk.meaning(mine, CodeKind.UNIT, scope)
            except crosswalk.Unclear:
                # At that time, or between its plants, the system has no one code for it.
                continue
        return {code: to for code, to in told.items() if to is not None}

    @api.model
    def _with_kinds(self, scope):
        """``scope`` with the kinds of which there is any row in force; codes of others need no look-up."""
        self.flush_model()
        query = """SELECT one.kind FROM unnest(%s) AS one (kind)
                    WHERE EXISTS (SELECT FROM mes_code_map row
                                   WHERE row.state = %s AND row.kind = one.kind AND row.system_id = %s)
                       OR EXISTS (SELECT FROM mes_code_map row
                                   WHERE row.state = %s AND row.kind = one.kind AND row.plant_id = ANY(%s))"""
        kinds, in_force = [kind.value for kind in CodeKind], CodeMapState.IN_FORCE.value
        found = self.env.execute_query(
            SQL(query, kinds, in_force, scope.system_id, in_force, list(scope.plant_ids)),
        )
        return replace(scope, kinds=frozenset(CodeKind(kind) for (kind,) in found))

    def _rows(self, scope, kind, column, values, is_told=False):
        """``{value of column: [core rows]}`` in force for the system and its plants."""
        if not values or (scope.kinds is not None and kind not in scope.kinds):
            return {}
        self.flush_model()
        target = SQL.identifier("code") if is_told else SQL("COALESCE(NULLIF(res_id, 0)::text, own_code)")
        rows = self.env.execute_query(
            SQL(
                """SELECT %s, system_id IS NOT NULL, valid_from, valid_to, %s FROM mes_code_map
                    WHERE state = %s AND kind = %s AND %s = ANY(%s)
                      AND (system_id = %s OR plant_id = ANY(%s)) AND (NOT %s OR is_alias IS NOT TRUE)""",
                column,
                target,
                CodeMapState.IN_FORCE.value,
                kind.value,
                column,
                list(values),
                scope.system_id,
                list(scope.plant_ids),
                is_told,
            )
        )
        is_record = kind in self._targets() and not is_told
        found = {}
        for value, is_of_system, begin, end, to in rows:
            row = crosswalk.Row(is_of_system, begin, end, int(to) if is_record else to)
            found.setdefault(value, []).append(row)
        return found

    @api.model
    def _meaning_sql(self, kind, code):
        """:func:`~..core.crosswalk.meaning` for a view over messages: the body of a lateral subquery of one row.

        It tells in ``is_said`` whether the crosswalk has rows for the code at all, and in ``res_id`` what they mean
        at the time of the message; NULL is unclear.

        :param code: SQL of the code; the message is ``told``, with ``system_id``, ``plant_id`` and ``event_time``
        """
        return SQL(
            """SELECT count(*) > 0 AS is_said,
                      CASE WHEN bool_or(row.holds AND row.system_id IS NOT NULL)
                           THEN min(row.res_id) FILTER (WHERE row.holds AND row.system_id IS NOT NULL)
                           WHEN count(DISTINCT row.res_id) FILTER (WHERE row.holds) = 1
                           THEN min(row.res_id) FILTER (WHERE row.holds) END AS res_id
                 FROM (SELECT res_id, system_id, tsrange(valid_from, valid_to, '[)') @> told.event_time AS holds
                         FROM mes_code_map
                        WHERE state = %s AND kind = %s AND code = %s
                          AND (system_id = told.system_id OR plant_id = told.plant_id
                               OR told.plant_id IS NULL AND plant_id IN (
                                  SELECT served.stock_warehouse_id FROM mes_system_stock_warehouse_rel served
                                   WHERE served.mes_system_id = told.system_id))) row""",
            CodeMapState.IN_FORCE.value,
            kind.value,
            code,
        )

    # -- what waits for it -------------------------------------------------------------------------------------------

    def _waiting_domain(self):
        """The messages that wait for exactly this code, of its systems and its time."""
        self.ensure_one()
        domain = PARKED & Domain("waiting_for", "=", self._waited_for())
        if self.system_id:
            domain &= Domain("system_id", "=", self.system_id.id)
        else:
            anywhere = Domain("plant_id", "=", False) & Domain("system_id.plant_ids", "in", self.plant_id.ids)
            domain &= Domain("plant_id", "=", self.plant_id.id) | anywhere
        if self.valid_from:
            domain &= Domain("event_time", ">=", self.valid_from)
        if self.valid_to:
            domain &= Domain("event_time", "<", self.valid_to)
        return domain

    def _waiting(self):
        # sudo: what waits for the code goes on, whoever may see it; what is shown of it is narrowed by the screen.
        return self.env["mes.inbox.message"].sudo().search(self._waiting_domain(), order="id")

    def _let_through(self):
        """Put in line what waited for the rows in force, and note with each message which row that was."""
        for row in self.filtered(lambda one: one.state == CodeMapState.IN_FORCE.value)._awaited():
            waiting = row._waiting()
            waiting._resume()
            waiting.write({"code_map_id": row.id})

    def _awaited(self):
        """Those for whose codes any message waits: one query, since a sheet may bring thousands of rows."""
        named = Domain("waiting_for", "in", [row._waited_for() for row in self])
        # sudo: as above.
        groups = self.env["mes.inbox.message"].sudo()._read_group(PARKED & named, ["waiting_for"])
        awaited = {waiting_for for (waiting_for,) in groups}
        return self.filtered(lambda row: row._waited_for() in awaited)

    def _waited_for(self):
        return f"{self.kind}:{self.code}"
