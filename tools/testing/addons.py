"""The level "addons": the addons' own tests on a database that has the suite installed."""

from __future__ import annotations

from tools.stack import Stack
from tools.stack.paths import ADDONS, suite_addons
from tools.stack.template import install_log, suite_template

from .odoo_tests import start
from .results import log_faults, report


def main(options: list[str]) -> int:
    """Runs the tests, prints pytest's own report and the figures; returns the exit status."""
    folders = [ADDONS / name / "tests" for name in suite_addons() if list((ADDONS / name / "tests").glob("test_*.py"))]
    if not folders:
        print("addons: no tests found")
        return 1
    with Stack("test-addons") as stack:
        template = suite_template()
        stack.create_database(template)
        run = start(stack, folders, options=options)
        results = run.results(timeout=2700)
        print(run.process.log.read_text(errors="replace"))
        faults = [*log_faults(install_log(template)), *log_faults(run.log)]
    return report("addons", results, faults)
