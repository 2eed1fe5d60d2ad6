"""A real Mosquitto for the tests that need one, with the access list of the design; asserts nothing."""

import getpass
import os
import shutil
import socket
import subprocess
from pathlib import Path

from plant_world import until

DEBIAN_PLACE = "/usr/sbin/mosquitto"


def find_mosquitto():
    """The broker's program: $MOSQUITTO, the path, or where Debian puts it; None when there is none."""
    candidates = [os.environ.get("MOSQUITTO"), shutil.which("mosquitto"), DEBIAN_PLACE]
    return next((path for path in candidates if path and Path(path).exists()), None)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Mosquitto:
    """A broker on a free loopback port; anonymous, but only the topics of one system may be used."""

    def __init__(self, folder, system):
        self.port = free_port()
        self._process = None
        access = folder / "acl"
        access.write_text(f"topic readwrite mes/v1/{system}/#\n")
        self._config = folder / "mosquitto.conf"
        # Started by root, the broker would become a user who cannot reach these files.
        self._config.write_text(
            f"user {getpass.getuser()}\nlistener {self.port} 127.0.0.1\nallow_anonymous true\nacl_file {access}\n"
        )

    @property
    def url(self):
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self):
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen([find_mosquitto(), "-c", str(self._config)], stdout=quiet, stderr=quiet)
        until(lambda: self._process.poll() is not None or self._listens(), "the broker listens")
        assert self._process.poll() is None, f"mosquitto ended with {self._process.returncode}"

    def stop(self):
        self._process.terminate()
        self._process.wait(timeout=10)

    def _listens(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0
