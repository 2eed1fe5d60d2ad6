"""`make conservation`, `duplicates` and `reconciliation`: one test file of the addon at full size, its figures last.

The addons' own tests run the same files at the size for every change.
"""

from __future__ import annotations

import os
import re
import sys
from typing import NamedTuple

from tools.stack import Stack
from tools.stack.paths import ADDONS
from tools.stack.template import suite_template

from .odoo_tests import start
from .results import log_faults, report


class LongForm(NamedTuple):
    """Its test file, how much is played (variable of the environment, its default), the figures, what good means."""

    file: str
    variable: str
    size: str
    figures: str
    good: str


LONG_FORMS = {
    "conservation": LongForm(
        "test_conservation.py", "MES_CONSERVATION_SEEDS", "100", r"\w+_stream: .*refused", "every law kept"
    ),
    "duplicates": LongForm(
        "test_duplicates.py", "MES_DUPLICATES_SIZE", "2000", r"\w+: .*", "nearly all held, nearly nothing else"
    ),
    "reconciliation": LongForm(
        "test_reconciliation_sabotage.py",
        "MES_RECONCILIATION_MESSAGES",
        "1000",
        r"\d+ .*",
        "all named, nothing else",
    ),
}


def run(name: str, options: list[str]) -> int:
    """Runs `test_<name>.py`, prints what went wrong and the figures it logged; returns the exit status."""
    form = LONG_FORMS[name]
    os.environ.setdefault(form.variable, form.size)
    with Stack(f"test-{name}") as stack:
        stack.create_database(suite_template())
        running = start(stack, [ADDONS / "mes_connector" / "tests" / form.file], options=options)
        results = running.results(timeout=3 * 3600)
        print(running.process.log.read_text(errors="replace"))
        status = report(name, results, log_faults(running.log))
        figures = re.findall(rf"{name}: ({form.figures})", running.log.read_text(errors="replace"))
    print(f"{name}: {'; '.join(figures)}; {'FAILED' if status else form.good}")
    return status


if __name__ == "__main__":
    sys.exit(run(sys.argv[1], sys.argv[2:]))
