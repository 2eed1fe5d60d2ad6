from . import mrp_wip_accounting
