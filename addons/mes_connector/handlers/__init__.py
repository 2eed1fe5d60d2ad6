"""One file per business verb: what an event does to Odoo's objects."""

from . import (
    base,
    downtime,
    hold,
    labor_reported,
    material_consumed,
    operation_confirmed,
    operation_paused,
    operation_started,
    order_acknowledged,
    order_completed,
    production_reported,
    scrap_reported,
)
