"""Levels that are one test file of the addon at full size: run on a database of its own, ended with its figures."""

from __future__ import annotations

import os
import re

from tools.stack import Stack
from tools.stack.paths import ADDONS
from tools.stack.template import suite_template

from .odoo_tests import start
from .results import log_faults, report


def run(level: str, size: tuple[str, str], options: list[str], good: str) -> int:
    """Runs `test_<level>.py`, prints what went wrong and the lines it logged as `<level>: …`; returns the exit status.

    `size` is the environment variable that says how much, with its value where none is given.
    """
    os.environ.setdefault(*size)
    tests = ADDONS / "mes_connector" / "tests" / f"test_{level}.py"
    with Stack(f"test-{level}") as stack:
        stack.create_database(suite_template())
        running = start(stack, [tests], options=options)
        results = running.results(timeout=3 * 3600)
        print(running.process.log.read_text(errors="replace"))
        status = report(level, results, log_faults(running.log))
        counts = re.findall(rf"{level}: (\w+: .*|\d+ .*)", running.log.read_text(errors="replace"))
    print(f"{level}: {'; '.join(counts)}; {good if status == 0 else 'FAILED'}")
    return status
