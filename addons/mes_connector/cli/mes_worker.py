"""Command line of the worker: arguments and signals only.

Odoo loads this file without its addon, so everything of ours is imported inside ``run``.
"""

import argparse
import logging
import signal
import sys
from functools import partial

from odoo.cli.command import Command
from odoo.tools import config

_logger = logging.getLogger(__name__)
MAX_LANES = 32


class MesWorker(Command):
    """Work a database's plant messages in processes of their own, beside the scheduled actions."""

    name = "mes_worker"

    def run(self, cmdargs):
        parser = argparse.ArgumentParser(prog=f"{self.prog}", description=self.__doc__)
        parser.add_argument("-d", "--database", required=True, help="database to serve")
        parser.add_argument("-c", "--config", help="Odoo configuration file")
        parser.add_argument(
            "--lanes", type=int, default=2, help=f"processes, each a lane of both queues, 1 to {MAX_LANES}; default 2"
        )
        options, odoo_options = parser.parse_known_args(cmdargs)
        if not 1 <= options.lanes <= MAX_LANES:
            parser.error(f"--lanes is a number from 1 to {MAX_LANES}")
        arguments = ["-d", options.database, *odoo_options]
        if options.config:
            arguments += ["-c", options.config]
        config.parse_config(arguments, setup_logging=True)
        sys.exit(self._serve(options))

    def _serve(self, options):
        from odoo.addons.mes_connector.worker.master import LaneMaster
        from odoo.addons.mes_connector.worker.odoo_lane import check_installed, run_lane

        try:
            check_installed(options.database)
        except LookupError as error:
            print(f"mes_worker: {error}", file=sys.stderr)
            return 2
        master = LaneMaster(options.lanes, partial(run_lane, options.database))
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, master.stop)
        _logger.info("mes_worker: %s lanes on %s", options.lanes, options.database)
        master.run()
        return 0
