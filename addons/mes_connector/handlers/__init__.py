"""One file per business verb: what an event does to Odoo's objects."""

from . import (
    base,
    hold,
    material_consumed,
    operation_confirmed,
    operation_started,
    order_acknowledged,
    order_completed,
    production_reported,
    scrap_reported,
)
