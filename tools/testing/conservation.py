"""`make conservation`: the property tests of the conservation laws with many streams; the last line is its figures.

The addons' own tests play two streams of each kind; here it is as many as `MES_CONSERVATION_SEEDS` says.
"""

from __future__ import annotations

import os
import re
import sys

from tools.stack import Stack
from tools.stack.paths import ADDONS
from tools.stack.template import suite_template

from .odoo_tests import start
from .results import log_faults, report

TESTS = ADDONS / "mes_connector" / "tests" / "test_conservation.py"
COUNTS = re.compile(r"conservation: (\w+_stream: .*refused)")


def main(options: list[str]) -> int:
    """Plays the streams, prints what went wrong and the figures; returns the exit status."""
    os.environ.setdefault("MES_CONSERVATION_SEEDS", "100")
    with Stack("test-conservation") as stack:
        stack.create_database(suite_template())
        run = start(stack, [TESTS], options=options)
        results = run.results(timeout=3 * 3600)
        print(run.process.log.read_text(errors="replace"))
        status = report("conservation", results, log_faults(run.log))
        counts = COUNTS.findall(run.log.read_text(errors="replace"))
    print(f"conservation: {'; '.join(counts)}; {'every law kept' if status == 0 else 'FAILED'}")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
