"""`make test-addons`: the addons' own tests on a database that has the suite installed.

    python -m tools.testing.addons [pytest options, e.g. -k name]
"""

from __future__ import annotations

import sys

from tools.stack import Stack, StackError
from tools.stack.paths import ADDONS, suite_addons
from tools.stack.template import install_log, suite_template

from .odoo_tests import start
from .results import log_faults, unexpected_skips


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
        results = run.results(timeout=1800)
        print(run.process.log.read_text(errors="replace"))
        faults = [*log_faults(install_log(template)), *log_faults(run.log)]
    return report("addons", results, faults)


def report(level: str, results, faults: list[str]) -> int:
    """Prints what fails a run besides its tests, then its figures; returns the exit status."""
    skips = unexpected_skips(results)
    for title, lines in (("skipped without leave", skips), ("in Odoo's log", faults)):
        for line in lines:
            print(f"{level}: {title}: {line}")
    print(f"{level}: {results}")
    good = results.count("passed") and not (results.count("failure") or results.count("error") or skips or faults)
    return 0 if good else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except StackError as error:
        sys.exit(f"test-addons: {error}")
