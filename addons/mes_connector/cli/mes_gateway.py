"""Command line of the MQTT gateway: arguments and signals only.

Odoo loads this file without its addon, so everything of ours is imported inside ``run``.
"""

import argparse
import os
import signal
import sys

from odoo.cli.command import Command
from odoo.tools import config


class MesGateway(Command):
    """Connect a database's MES connector to an MQTT broker."""

    name = "mes_gateway"

    def run(self, cmdargs):
        parser = argparse.ArgumentParser(prog=f"{self.prog}", description=self.__doc__)
        parser.add_argument("-d", "--database", required=True, help="database to serve")
        parser.add_argument("-c", "--config", help="Odoo configuration file")
        parser.add_argument(
            "--broker",
            default=os.environ.get("MES_BROKER_URL"),
            help="mqtt://user:password@host:port (default: environment variable MES_BROKER_URL)",
        )
        options, odoo_options = parser.parse_known_args(cmdargs)
        if not options.broker:
            parser.error("name the broker with --broker or MES_BROKER_URL")
        arguments = ["-d", options.database, *odoo_options]
        if options.config:
            arguments += ["-c", options.config]
        config.parse_config(arguments, setup_logging=True)
        sys.exit(self._serve(options))

    def _serve(self, options):
        from odoo.addons.mes_connector.core.topics import INBOUND_FILTER
        from odoo.addons.mes_connector.gateway.client import Broker, MqttClient
        from odoo.addons.mes_connector.gateway.odoo_sink import OdooSink
        from odoo.addons.mes_connector.gateway.runner import GatewayRunner
        from odoo.addons.mes_connector.process import preload

        try:
            broker = Broker.from_url(options.broker)
            preload(options.database)
        except (ValueError, LookupError) as error:
            print(f"mes_gateway: {error}", file=sys.stderr)
            return 2
        client_id = f"mes-gateway-{options.database}"
        runner = GatewayRunner(
            OdooSink(options.database),
            lambda on_message: MqttClient(broker, client_id, INBOUND_FILTER, on_message),
        )
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, runner.stop)
        runner.run()
        return 0
