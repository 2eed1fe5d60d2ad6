"""One file per business verb: what an event does to Odoo's objects."""

from . import (
    base,
    downtime,
    hold,
    labor_reported,
    material_consumed,
    material_returned,
    operation_confirmed,
    operation_paused,
    operation_started,
    order_acknowledged,
    order_completed,
    posting_reversed,
    production_reported,
    scrap_reported,
    shift_summarized,
)
