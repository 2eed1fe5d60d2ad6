"""The levels without a registry in the test process: unit (pure) and e2e (against a stack that its fixtures start)."""

from __future__ import annotations

import os
import resource
import subprocess
import time
from pathlib import Path

from tools.stack.broker import mosquitto_program
from tools.stack.paths import PYTHON, ROOT, RUN

from .results import Results, log_faults, report

CORE_FOLDER = "tests/unit/mes_connector"
OTHER_FOLDERS = ("tests/unit", "tests/simulator", "tests/tools")
# The core's tests take under 2 s; what fails a run is twice that, since processors differ. Those that read the whole
# repository (rules of the tree, generated pages) grow with it and are not the core's.
UNIT_LIMIT_SECONDS = 4.0
# What starting pytest and collecting them takes where that limit was set; a slower processor gets its share more.
COLLECT_SECONDS = 1.9


def unit(options: list[str]) -> int:
    """Pure tests of the core, within their budget, then those of the tree, the virtual plant and the tools. Returns the
    exit status.
    """
    before = _processor_seconds()
    _pytest("unit-collected", [CORE_FOLDER], ["--collect-only", "-qq"])
    collected = _processor_seconds()
    status, results = _pytest("unit", [CORE_FOLDER], options)
    used = _processor_seconds() - collected
    # Processor time, so that a busy machine does not fail the run; in proportion, so that a slow one does not.
    limit = UNIT_LIMIT_SECONDS * max(1.0, (collected - before) / COLLECT_SECONDS)
    print(f"unit: {used:.1f} s of processor time, pytest's own start included; the limit here is {limit:.1f} s")
    faults = ["the core's tests take too long"] if used > limit else []
    verdict = report("unit", results, faults)
    status = status or verdict
    other_status, other_results = _pytest("unit-others", [f"--ignore={CORE_FOLDER}", *OTHER_FOLDERS], options)
    other_verdict = report("unit (tree, virtual plant, tools)", other_results, [])
    return status or other_status or other_verdict


def e2e(options: list[str]) -> int:
    """Everything of `tests/e2e`; the stacks' Odoo logs are checked too. Returns the exit status."""
    began = time.time()
    status, results = _pytest("e2e", ["tests/e2e"], options)
    faults = [
        fault for log in sorted(RUN.glob("e2e*/*.log")) if log.stat().st_mtime > began for fault in log_faults(log)
    ]
    verdict = report("e2e", results, faults)
    return status or verdict


def _processor_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _pytest(name: str, paths: list[str], options: list[str]) -> tuple[int, Results]:
    folder = RUN / f"pytest-{name}"
    folder.mkdir(parents=True, exist_ok=True)
    junit = Path(folder / "junit.xml")
    junit.unlink(missing_ok=True)
    command = [PYTHON, "-m", "pytest", f"--junitxml={junit}", *options, *paths]
    inherited = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "ODOO_RC")}
    environment = {**inherited, "MOSQUITTO": str(mosquitto_program())}
    status = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    return status, Results.read(junit) if junit.exists() else Results()
