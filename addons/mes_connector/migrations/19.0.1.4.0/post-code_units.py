"""From 19.0.1.3: the units of Odoo that had no UN/ECE code yet, unless a unit of the customer has it."""

from lxml import etree

from odoo.tools import SQL, file_open


def migrate(cr, version):
    if not version:
        return
    with file_open("mes_connector/data/uom_data.xml", "rb") as file:
        records = etree.parse(file).getroot().findall("record")
    for record in records:
        cr.execute(
            SQL(
                """UPDATE uom_uom SET unece_code = %(code)s
                     FROM ir_model_data known
                    WHERE known.module = 'uom' AND known.name = %(name)s AND known.res_id = uom_uom.id
                      AND uom_uom.unece_code IS NULL
                      AND NOT EXISTS (SELECT FROM uom_uom other WHERE other.unece_code = %(code)s)""",
                code=record.findtext("field"),
                name=record.get("id").removeprefix("uom."),
            )
        )
