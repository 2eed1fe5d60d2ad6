"""Equipment as systems are told of it."""

from . import (
    mes_dispatcher,
    mes_publication,
    mes_master_equipment,
    maintenance_equipment,
)
