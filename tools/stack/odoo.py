"""Odoo as programs: a server, one-off commands (install, shell), the gateway; which modules and data is the caller's
choice.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import requests

from .paths import ADDONS, PYTHON, child_environment, odoo_source
from .postgres import Server
from .process import Process, StackError, free_port, wait_until

# workers = 0: the threaded server answers HTTP and the websocket on one address, as a browser on the demo needs it.
OPTIONS = {
    "db_maxconn": 64,
    "http_interface": "127.0.0.1",
    "list_db": False,
    "log_level": "info",
    "max_cron_threads": 2,
    "server_wide_modules": "base,rpc,web",
    "workers": 0,
}
# A server with workers starts its websocket process by running its own script again, which `python -m odoo` is not.
SCRIPT_NAME, SCRIPT = "odoo-bin", "import odoo.cli\n\nodoo.cli.main()\n"


@dataclass(frozen=True)
class Installation:
    """Odoo with a configuration of its own: `folder` gets `name`.conf and logs, `data` is Odoo's data_dir."""

    folder: Path
    data: Path
    server: Server
    owner: str
    port: int
    addons: tuple[Path, ...]
    name: str = "odoo"

    @classmethod
    def create(
        cls,
        folder: Path,
        server: Server,
        owner: str,
        *,
        data: Path | None = None,
        addons: Sequence[Path] = (ADDONS,),
        options: Mapping[str, object] | None = None,
    ) -> Installation:
        """Writes odoo.conf with a free port and a random master password; `addons` are folders of addons besides
        Odoo's own, the suite's by default, and `options` differ from or add to OPTIONS.
        """
        made = cls(folder, data or folder / "data", server, owner, free_port(), tuple(addons))
        made.data.mkdir(parents=True, exist_ok=True)
        made._configure(options or {})
        return made

    def beside(self, name: str, **options: object) -> Installation:
        """Another installation with the same code and data_dir, as a second host has it: `name`.conf, its own port."""
        made = replace(self, name=name, port=free_port())
        made._configure(options)
        return made

    def _configure(self, options: Mapping[str, object]) -> None:
        values = {
            **OPTIONS,
            "addons_path": ",".join(map(str, self.addons)),
            "admin_passwd": secrets.token_urlsafe(24),
            "data_dir": self.data,
            "gevent_port": free_port(),
            "http_port": self.port,
            **options,
        }
        (self.folder / SCRIPT_NAME).write_text(SCRIPT)
        self.configuration.touch(mode=0o600)
        lines = (f"{name} = {value}" for name, value in values.items())
        self.configuration.write_text("\n".join(["[options]", *lines, ""]))

    @property
    def configuration(self) -> Path:
        """The configuration file; also a good value of ODOO_RC."""
        return self.folder / f"{self.name}.conf"

    @property
    def url(self) -> str:
        """Address of the server, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def environment(self, **extra: str) -> dict[str, str]:
        """The environment of any Odoo process: its code, its database server, its configuration."""
        return child_environment(
            self.owner, **self.server.variables, PYTHONPATH=str(odoo_source()), ODOO_RC=str(self.configuration), **extra
        )

    def process(self, title: str, *arguments: str | Path, log: str, **extra: str) -> Process:
        """`odoo ARGUMENTS` with its output in `folder/log`."""
        # Odoo looks for commands of addons before it has read the configuration file.
        path = [f"--addons-path={','.join(map(str, self.addons))}"] if self.addons else []
        command = [PYTHON, self.folder / SCRIPT_NAME, *path, *arguments]
        return Process(title, command, log=self.folder / log, env=self.environment(**extra), cwd=self.folder)

    def run(self, title: str, *arguments: str, log: str, timeout: float) -> None:
        """Runs an Odoo command to its end; raises StackError when it fails."""
        process = self.process(title, *arguments, log=log).start()
        try:
            status = process.wait(timeout)
        finally:
            process.stop()
        if status:
            raise StackError(f"{title} ended with status {status}\n{process.tail(60)}")

    def install(self, database: str, modules: list[str], *, log: str) -> None:
        """Installs modules in an existing database; takes half a minute for `mrp` in an empty one."""
        self.run(
            f"installation of {', '.join(modules)}",
            "server",
            "-d",
            database,
            "-i",
            ",".join(modules),
            "--stop-after-init",
            "--max-cron-threads=0",
            "--no-http",
            log=log,
            timeout=900,
        )

    def start_server(self, database: str, **extra: str) -> Process:
        """Starts the server on one database and waits until it answers for that database."""
        # The server is the command without a name; with one, the websocket process would not understand its arguments.
        process = self.process("Odoo", "-d", database, log=f"{self.name}.log", **extra).start()
        wait_until(self._answers, "Odoo to answer /web/health", timeout=120, process=process)
        return process

    def _answers(self) -> bool:
        # The server has one database only, so even this page waits until that database's registry is loaded.
        return requests.get(f"{self.url}/web/health?db_server_status=1", timeout=60).ok
