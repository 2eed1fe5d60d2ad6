"""A PostgreSQL server that one stack has for itself, so that it may be crashed; the server that stacks share is not
touched but for copying a database out of it.

Fact. It listens on loopback too, with a password: the port of a session's far end tells which process it belongs to,
which the name of Odoo's sessions does not when processes were forked.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
from pathlib import Path

from .postgres import Cluster, Server, database_server
from .process import Process, StackError, free_port, wait_until
from .template import Template, ensure, link_filestore, renew_identity


class PrivateServer:
    """A cluster named after its stack. Its data stay on disk after the end, until the next of that name."""

    def __init__(self, name: str):
        self._cluster = Cluster.of_this_repository().private(name)
        port, password = str(free_port()), secrets.token_urlsafe(18)
        self.server = Server({"PGHOST": "127.0.0.1", "PGPORT": port, "PGUSER": "odoo", "PGPASSWORD": password})
        self.process = self._cluster.server_process(listen_addresses="127.0.0.1", port=port)

    def create(self) -> None:
        """Makes the cluster empty; what an earlier one of the name left is removed."""
        self.remove()
        home, user = self._cluster.home, self._cluster.user
        home.mkdir(parents=True)
        file = home / "password"
        file.touch(mode=0o600)
        if user is not None:
            os.chown(file, user, -1)
        file.write_text(self.server.variables["PGPASSWORD"])
        self._cluster.create("--auth-host=scram-sha-256", f"--pwfile={file}")
        file.unlink()

    def start(self) -> Process:
        """Starts the server and waits until it answers: after a crash, when it has recovered."""
        self.process.start(user=self._cluster.user, death_signal=signal.SIGINT)
        wait_until(self.server.answers, "PostgreSQL to answer", timeout=60, process=self.process)
        return self.process

    def crash(self) -> None:
        """Ends the server as a power cut would: no checkpoint, nothing is written that was not on disk."""
        pg_ctl = self._cluster.programs / "pg_ctl"
        self._cluster.run_program([pg_ctl, "stop", "-D", self._cluster.data, "-m", "immediate"])
        self.process.wait(30)

    def stop(self) -> None:
        """Ends the server in order."""
        if self.process.alive:
            self.process.signal(signal.SIGINT)
            self.process.wait(60)

    def remove(self) -> None:
        """Deletes its data; it must not run."""
        shutil.rmtree(self._cluster.home, ignore_errors=True)

    def copy_database(self, template: Template, name: str, data: Path) -> None:
        """Makes database `name` from a template of the shared server, where it is built when it is missing; the
        filestore goes below Odoo's data_dir `data`.
        """
        with database_server() as shared:
            ensure(template, shared)
            self._transfer(template.name, name, shared)
        link_filestore(template, name, data)
        renew_identity(name, self.server)

    def _transfer(self, template: str, name: str, shared: Server) -> None:
        dump = self._cluster.home / "template.dump"
        self._run("pg_dump", "--format=custom", "--compress=0", f"--file={dump}", template, server=shared)
        self.server.create_empty_database(name)
        self._run("pg_restore", "--jobs=2", "--no-owner", f"--dbname={name}", str(dump), server=self.server)
        dump.unlink()

    def _run(self, program: str, *arguments: str, server: Server) -> None:
        command = [str(self._cluster.programs / program), *arguments]
        environment = {**os.environ, **server.variables}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise StackError(f"{program} failed\n{done.stderr}")
