"""A lane of the inbox in a process of its own, beside the scheduled action's; works until it is stopped.

python second_lane.py DATABASE (with ODOO_RC and PYTHONPATH of a stack); prints how many messages each turn worked.
"""

import sys
import time

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tools import config

IDLE_SECONDS = 0.02


def main(database: str) -> None:
    """Looks for due messages again and again, as a dedicated worker would."""
    config.parse_config(["-d", database], setup_logging=True)
    registry = Registry(database)
    print("ready", flush=True)
    while True:
        with registry.cursor() as cr:
            worked = api.Environment(cr, SUPERUSER_ID, {})["mes.lane"]._run("mes.inbox.message")
        if worked:
            print(f"worked {worked}", flush=True)
        else:
            time.sleep(IDLE_SECONDS)


if __name__ == "__main__":
    main(sys.argv[1])
