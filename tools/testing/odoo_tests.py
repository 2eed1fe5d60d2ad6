"""Runs tests that need a registry with pytest-odoo, on a stack's database; judges nothing but finds the results."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tools.stack import Stack, StackError
from tools.stack.paths import PYTHON, odoo_source
from tools.stack.process import Process

from .results import Results

INI = Path(__file__).parent / "pytest-odoo.ini"


@dataclass
class Run:
    """One pytest run that was started on a stack."""

    stack: Stack
    process: Process
    junit: Path
    log: Path

    def results(self, timeout: float) -> Results:
        """Waits for the end and reads the results; raises StackError when pytest itself broke (status above 1)."""
        status = self.process.wait(timeout)
        if status > 1 or not self.junit.exists():
            raise StackError(f"pytest ended with status {status}\n{self.process.tail(60)}")
        return Results.read(self.junit)


def start(stack: Stack, paths: list[Path], *, options: list[str] = (), addons: bool = True) -> Run:
    """Starts pytest-odoo on the database of `stack`, whose modules must be installed already.

    Odoo's own HTTP server is started with it: without, every HttpCase would be skipped and the run still be green.
    """
    junit, log = stack.folder / "junit.xml", stack.folder / "odoo-tests.log"
    command = [
        PYTHON,
        "-m",
        "pytest",
        "-c",
        INI,
        f"--rootdir={odoo_source() if not addons else INI.parents[2]}",
        f"--odoo-config={stack.odoo.configuration}",
        f"--odoo-database={stack.database}",
        "--odoo-http",
        "--odoo-log-level=info",
        f"--odoo-extra=logfile={log}",
        "--color=no",
        f"--junitxml={junit}",
        "-o",
        "junit_family=xunit1",
        *options,
        *paths,
    ]
    process = Process(
        "pytest-odoo",
        command,
        log=stack.folder / "pytest.log",
        env=stack.odoo.environment(),
        cwd=stack.folder,
    )
    return Run(stack, process.start(), junit, log)
