"""The command line of the virtual plant: arguments, signals and wiring; no behaviour of the plant."""

import argparse
import signal
import sys
import threading
from pathlib import Path

from .http_link import Endpoint, HttpLink, Patience
from .http_server import PlantServer
from .journal import Journal
from .link import Link
from .load import LoadPlan, report, run_load, show
from .mqtt_link import Broker, MqttLink
from .orders import Schedule
from .plant import Plant, PlantConfig
from .scenarios import SCENARIOS, ScenarioName
from .signing import Signer

HTTP, MQTT = "http", "mqtt"


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    parser = build_parser()
    args = parser.parse_args(argv)
    try:
        return args.run(args)
    except (OSError, ValueError) as fault:
        # A wrong file, secret, port or URL: the sentence is enough.
        print(f"simulator: {fault}", file=sys.stderr)
        return 2


def build_parser() -> argparse.ArgumentParser:
    """The two commands and their options."""
    catalogue = "\n".join(f"  {name.value:20}{scenario.summary}" for name, scenario in SCENARIOS.items())
    parser = argparse.ArgumentParser(
        prog="python -m simulator",
        description="A virtual plant that plays the MES against Odoo's public API.",
        epilog=f"scenarios:\n{catalogue}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="play the orders Odoo releases, until SIGTERM")
    _add_common(serve)
    serve.add_argument("--port", type=int, required=True, help="of the plant's own server on 127.0.0.1; 0 takes any")
    serve.add_argument("--pace", type=_pace, default=0.0, metavar="SECONDS", help="between deliveries; default 0")
    serve.add_argument("--record", type=Path, metavar="DIR", help="write all that is seen and sent to DIR/NAME.jsonl")
    serve.add_argument("--transport", choices=[HTTP, MQTT], default=HTTP, help="how events reach Odoo; default http")
    serve.add_argument("--broker", metavar="URL", help="mqtt://user:password@host:port, for --transport mqtt")
    serve.add_argument("--workers", type=_count, default=8, help="orders played at the same time; default 8")
    serve.add_argument(
        "--deadline", type=_pace, default=300.0, metavar="SECONDS", help="a delivery is tried that long; default 300"
    )
    serve.add_argument(
        "--default-scenario",
        choices=[name.value for name in ScenarioName],
        default=ScenarioName.HAPPY.value,
        metavar="NAME",
        help="of orders nobody planned; default happy",
    )
    serve.set_defaults(run=_serve)
    load = commands.add_parser("load", help="post many events about invented orders and measure")
    _add_common(load)
    load.add_argument("--events", type=_count, default=1000, help="how many in all; default 1000")
    load.add_argument("--clients", type=_count, default=4, help="posting at the same time; default 4")
    load.add_argument("--batch", type=_count, default=100, help="events per request; default 100")
    load.set_defaults(run=_load)
    return parser


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", default="mes-north", help="code of the system in Odoo; default mes-north")
    parser.add_argument("--odoo", default="http://127.0.0.1:8069", metavar="URL", help="default http://127.0.0.1:8069")
    parser.add_argument("--database", help="sent as X-Odoo-Database, where Odoo serves several")
    parser.add_argument("--secret-file", type=Path, metavar="FILE", help="holds the system's secret (whsec_...)")
    parser.add_argument("--seed", type=int, default=1, help="same seed, same choices and identities; default 1")


def _serve(args: argparse.Namespace) -> int:
    signer = _signer(args) if args.secret_file or args.transport == HTTP else None
    config = PlantConfig(
        name=args.name,
        seed=args.seed,
        pace_seconds=args.pace,
        workers=args.workers,
        schedule=Schedule(ScenarioName(args.default_scenario)),
    )
    plant = Plant(config, _link(args, signer), Journal(args.record, args.name))
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    server = PlantServer(args.port, plant, signer)
    thread = threading.Thread(target=server.serve_forever, name="http")
    thread.start()
    plant.start()
    print(f"{args.name}: listening on {server.url}, sending over {args.transport}", flush=True)
    stop.wait()
    server.shutdown()
    server.server_close()
    plant.stop()
    thread.join()
    return 0


def _load(args: argparse.Namespace) -> int:
    plan = LoadPlan(args.events, args.clients, args.batch, args.seed)
    endpoint = Endpoint(args.odoo, args.name, _signer(args), args.database)
    print(show(report(plan, run_load(endpoint, plan))))
    return 0


def _link(args: argparse.Namespace, signer: Signer | None) -> Link:
    if args.transport == MQTT:
        if not args.broker:
            raise ValueError("--transport mqtt needs --broker")
        return MqttLink(args.name, Broker.from_url(args.broker), args.deadline)
    if signer is None:
        raise ValueError("--secret-file is missing")
    return HttpLink(Endpoint(args.odoo, args.name, signer, args.database), Patience(give_up_after=args.deadline))


def _signer(args: argparse.Namespace) -> Signer:
    if args.secret_file is None:
        raise ValueError("--secret-file is missing")
    return Signer(args.secret_file.read_text(encoding="utf-8").strip())


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return value


def _pace(text: str) -> float:
    value = float(text)
    if not 0 <= value < 3600:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 3600 seconds")
    return value
