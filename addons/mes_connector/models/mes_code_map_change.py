"""What a change of the crosswalk brings about: sheets that name what is known already, and systems to be told again."""

import psycopg2

from odoo import fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..core import crosswalk
from ..core.states import CodeKind, CodeMapState
from .mes_code_map_lookup import PARKED

#: What a row keeps for good.
FROZEN = frozenset({"system_id", "plant_id", "kind", "code", "res_id", "own_code", "valid_from", "is_alias"})
AVAILABILITY_CRON = "mes_connector.ir_cron_mes_availability_compare"


class MesCodeMap(models.Model):
    _inherit = "mes.code.map"

    def action_end(self):
        """End the rows now; those that are over keep their end."""
        now = fields.Datetime.now()
        self.filtered(lambda one: not one.valid_to or one.valid_to > now).write({"valid_to": now})

    def _load_records(self, data_list, update=False):
        """As Odoo's; what a sheet is refused for is said of the row it stands in, and names its code."""
        try:
            with self.env.cr.savepoint():
                return super()._load_records(data_list, update)
        except (UserError, psycopg2.IntegrityError) as error:
            if len(data_list) > 1:
                # Odoo would say a UserError of the sheet's first row. After anything else it tries row by row.
                raise ValueError(str(error)) from error
            if isinstance(error, UserError):
                raise
            words = f"{data_list[0]['values'].get('code') or ''}: {self._sql_error_to_message(error)}"
            raise ValidationError(words) from error

    def _changes(self, vals):
        """What of ``vals`` is new to any of the rows: a sheet that was exported names every column again."""
        compared = FROZEN | {"valid_to"}
        return {name: value for name, value in vals.items() if name not in compared or not self._says(name, value)}

    def _says(self, name, value):
        """Whether all rows have this value already."""
        field = self._fields[name]
        return all(field.convert_to_cache(value, row) == field.convert_to_cache(row[name], row) for row in self)

    def _check_frozen(self, vals):
        changed = [self._fields[name]._description_string(self.env) for name in sorted(FROZEN & vals.keys())]
        if changed:
            raise UserError(
                self.env._(
                    "%(code)s: what a row says is not changed (%(fields)s). End it, and add another from then on.",
                    code=self[:1].code,
                    fields=", ".join(changed),
                )
            )

    def _take_effect(self):
        self._let_through()
        self._tell_again()

    def _tell_again(self):
        """Have the systems of rows in force told what their codes make of their master data now."""
        rows = self.filtered(
            lambda row: (
                row.state == CodeMapState.IN_FORCE.value
                and not row.is_alias
                and CodeKind(row.kind) in crosswalk.PUBLISHED
            )
        )
        # sudo: whoever maps codes need not see every system of the plant.
        systems = rows.sudo().system_id
        if plants := rows.sudo().plant_id:
            systems |= systems.search([("plant_ids", "in", plants.ids)])
        if systems:
            self.env["mes.publication.run"]._compare_soon(systems)
            self.env.ref(AVAILABILITY_CRON).sudo()._trigger()


class MesSystem(models.Model):
    _inherit = "mes.system"

    def write(self, vals):
        switched_on = (
            self.filtered(lambda system: not system.has_same_codes) if vals.get("has_same_codes") else self.browse()
        )
        result = super().write(vals)
        if switched_on:
            # sudo: what waits for a code that is Odoo's own goes on, whoever may see it.
            messages = self.env["mes.inbox.message"].sudo()
            messages.search(PARKED & Domain("system_id", "in", switched_on.ids), order="id")._resume()
        return result
