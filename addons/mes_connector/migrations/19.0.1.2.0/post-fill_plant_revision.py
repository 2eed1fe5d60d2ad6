"""From 19.0.1.1: an acknowledged order tells which revision its plant runs."""


def migrate(cr, version):
    if not version:
        return
    cr.execute(
        "UPDATE mrp_production SET mes_plant_revision = mes_revision"
        " WHERE mes_acknowledged_at IS NOT NULL AND coalesce(mes_plant_revision, 0) = 0"
    )
