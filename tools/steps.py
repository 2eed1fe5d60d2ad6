"""Shows what is being done and how long each step took; decides nothing."""

from __future__ import annotations

import time
from contextlib import contextmanager

from tools.stack.paths import HOME


class Steps:
    """Seconds by step title, in order; the steps of the installation that ran just before come first."""

    def __init__(self):
        self.seconds: dict[str, float] = {}
        recorded = HOME / "install.seconds"
        for line in recorded.read_text().splitlines() if recorded.exists() else []:
            seconds, _, title = line.partition("\t")
            self.seconds[f"install: {title}"] = float(seconds)

    @contextmanager
    def step(self, title: str):
        """Times the block and prints its line when it has ended well."""
        began = time.monotonic()
        yield
        self.seconds[title] = round(time.monotonic() - began, 1)
        print(f"{self.seconds[title]:6.1f} s  {title}", flush=True)

    @property
    def slowest(self) -> str:
        """The title of the step that took longest."""
        return max(self.seconds, key=self.seconds.__getitem__)
