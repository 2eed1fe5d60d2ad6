"""From 19.0.1.2: the code of a report that looks told twice is now suspected_duplicate."""

from odoo.tools import SQL

BEFORE, NOW = "semantic_duplicate", "suspected_duplicate"


def migrate(cr, version):
    if not version:
        return
    for table in ("mes_inbox_message", "mes_attempt"):
        cr.execute(SQL("UPDATE %s SET code = %s WHERE code = %s", SQL.identifier(table), NOW, BEFORE))
    cr.execute(
        SQL(
            "UPDATE mes_case SET code = %s, fingerprint = replace(fingerprint, %s, %s) WHERE code = %s",
            NOW,
            f"{BEFORE}|",
            f"{NOW}|",
            BEFORE,
        )
    )
