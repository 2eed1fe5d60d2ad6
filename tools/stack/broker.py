"""Mosquitto with one account per system: each may use its own two topics only, the gateway all; what is sent is not
known here.
"""

from __future__ import annotations

import base64
import getpass
import hashlib
import secrets
import shutil
import signal
from pathlib import Path
from urllib.parse import quote

from .paths import HOME, ROOT, child_environment
from .process import Process, can_connect, free_port, wait_until

GATEWAY_USER = "odoo-gateway"

# log_dest stderr, since stdout would be buffered.
# max_queued_messages 0: with its default (1000) Mosquitto silently drops QoS 1 messages for a slow subscriber.
CONFIGURATION = """\
listener {port} 127.0.0.1
user {user}
allow_anonymous false
password_file {folder}/passwords
acl_file {folder}/acl
persistence true
persistence_location {folder}
autosave_interval 1
autosave_on_changes true
max_queued_messages 0
max_inflight_messages 100
log_dest stderr
log_type error
log_type warning
log_type notice
log_type information
log_type subscribe
"""


class Broker:
    """A Mosquitto on a free loopback port, with its data in `folder`."""

    def __init__(self, folder: Path, owner: str):
        self.folder = folder
        self.port = free_port()
        self._passwords: dict[str, str] = {}
        self.process = Process(
            "Mosquitto",
            [mosquitto_program(), "-c", folder / "mosquitto.conf"],
            log=folder / "mosquitto.log",
            env=child_environment(owner),
        )
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / "bootstrap" / "mosquitto" / "acl", folder / "acl")
        self._settings = CONFIGURATION.format(port=self.port, user=getpass.getuser(), folder=folder)
        (folder / "mosquitto.conf").write_text(self._settings)
        for name in ("acl", "mosquitto.conf"):
            (folder / name).chmod(0o600)
        self.add_account(GATEWAY_USER)

    def start(self) -> Broker:
        """Starts (or restarts, on the same port and data) the broker and waits until it accepts connections."""
        self.process.start()
        wait_until(lambda: can_connect(self.port), "Mosquitto to accept connections", timeout=20, process=self.process)
        return self

    def stop(self) -> None:
        """Stops the broker; what it queued is kept on disk."""
        self.process.stop()

    def subscriptions(self, topic: str) -> int:
        """How often a client has subscribed to exactly this topic (filter) since the broker's log begins."""
        log = self.process.log.read_text(errors="replace")
        return sum(line.endswith(f" {topic}") for line in log.splitlines())

    def add_account(self, name: str) -> str:
        """Gives `name` (a system's code) an account and returns its random password; asking again returns the same."""
        if name not in self._passwords:
            self._passwords[name] = secrets.token_urlsafe(18)
            lines = (f"{user}:{_password_hash(password)}\n" for user, password in self._passwords.items())
            passwords = self.folder / "passwords"
            passwords.touch(mode=0o600)
            passwords.write_text("".join(lines))
            if self.process.alive:
                self.process.signal(signal.SIGHUP)  # reads the file again
        return self._passwords[name]

    def url(self, name: str = GATEWAY_USER) -> str:
        """mqtt://name:password@127.0.0.1:port of an account, which is made when new."""
        return f"mqtt://{quote(name)}:{quote(self.add_account(name))}@127.0.0.1:{self.port}"


def mosquitto_program() -> Path:
    """The broker's program, as bootstrap/install.sh found or unpacked it."""
    return Path((HOME / "mosquitto.path").read_text().strip())


def _password_hash(password: str) -> str:
    """Mosquitto's `$7$` form: PBKDF2-HMAC-SHA512 with its iterations, salt and digest."""
    salt, iterations = secrets.token_bytes(12), 101
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, iterations, 64)
    return f"$7${iterations}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"
