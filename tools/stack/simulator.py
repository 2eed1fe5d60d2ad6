"""The virtual plant as a process of a stack, and its HTTP interface; what it plays is decided in the package
simulator.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

from .broker import Broker
from .odoo import Installation
from .paths import PYTHON, ROOT, child_environment
from .process import Process, free_port, wait_until

TIMEOUT = (5, 30)


class Simulator:
    """One virtual plant under the code of the system it plays. Made before its secret is known: its address is needed
    first.
    """

    def __init__(self, name: str, folder: Path, owner: str):
        self.name = name
        self.folder = folder / name
        self.port = free_port()
        self._owner = owner
        self.process: Process | None = None

    @property
    def url(self) -> str:
        """Address of the plant, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def events_url(self) -> str:
        """Where Odoo delivers events: the endpoint of the system."""
        return f"{self.url}/events"

    def start(
        self,
        odoo: Installation,
        database: str,
        secret: str,
        *,
        broker: Broker | None = None,
        seed: int = 1,
        pace: float = 0.0,
    ) -> Simulator:
        """Starts the plant (over MQTT when a broker is given) and waits until it is healthy. `pace` is in seconds."""
        self.folder.mkdir(parents=True, exist_ok=True)
        secret_file = self.folder / "secret"
        secret_file.touch(mode=0o600)
        secret_file.write_text(secret)
        wire = ["--transport", "mqtt", "--broker", broker.url(self.name)] if broker else ["--transport", "http"]
        command = [
            PYTHON,
            "-m",
            "simulator",
            "serve",
            "--name",
            self.name,
            "--port",
            str(self.port),
            "--odoo",
            odoo.url,
            "--database",
            database,
            "--secret-file",
            secret_file,
            "--seed",
            str(seed),
            "--pace",
            str(pace),
            "--record",
            self.folder / "record",
            *wire,
        ]
        self.process = Process(
            f"Virtual plant {self.name}",
            command,
            log=self.folder / "simulator.log",
            env=child_environment(self._owner),
            cwd=ROOT,
        ).start()
        wait_until(
            lambda: requests.get(f"{self.url}/health", timeout=5).ok,
            f"{self.name} to be healthy",
            timeout=30,
            process=self.process,
        )
        return self

    def stop(self) -> None:
        """Stops the plant."""
        if self.process is not None:
            self.process.stop()

    def plan(self, order: str, scenario: str) -> None:
        """Chooses the scenario of an order before it is released."""
        requests.put(
            f"{self.url}/plan/{quote(order, safe='')}", json={"scenario": scenario}, timeout=TIMEOUT
        ).raise_for_status()

    def ledger(self) -> dict[str, Any]:
        """What the plant did, order by order, computed from what it sent."""
        return self._get("ledger")["orders"]

    def summary(self) -> dict[str, Any]:
        """States of the orders and counts of the messages."""
        return self._get("summary")

    def stops(self) -> dict[str, Any]:
        """The stops of work centers it told of, by name."""
        return self._get("stops")["stops"]

    def catalogue(self) -> dict[str, dict[str, Any]]:
        """What it was told of master data and stock, by event type and key."""
        return self._get("catalogue")

    def log(self) -> Any:
        """Everything the plant saw and sent."""
        return self._get("log")

    def send(self, events: dict | list) -> Any:
        """Sends raw events, for tests."""
        return self._post("send", events)

    def lose(self, events: dict | list) -> Any:
        """Has the plant take events for told that it does not send."""
        return self._post("lose", events)

    def replay(self) -> Any:
        """Sends everything once more."""
        return self._post("replay", {})

    def _get(self, path: str) -> Any:
        answer = requests.get(f"{self.url}/{path}", timeout=TIMEOUT)
        answer.raise_for_status()
        return answer.json()

    def _post(self, path: str, content: Any) -> Any:
        answer = requests.post(f"{self.url}/{path}", json=content, timeout=TIMEOUT)
        answer.raise_for_status()
        return answer.json()
