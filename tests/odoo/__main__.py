"""`make test-odoo`: Odoo's own tests on a loaded registry, with the suite and without it, compared test by test.

    python -m tests.odoo mrp [stock ...] [-- pytest options]

Both databases have the same modules otherwise, those under test among them. What matters is that each test ends the
same; tests that fail in Odoo itself on this installation fail on both sides. Keeps its report in
`.odoo/run/test-odoo.txt` and ends with one line of figures; status 0 when nothing differs.
"""

from __future__ import annotations

import sys

from tools.stack import Stack, StackError
from tools.stack.paths import RUN, odoo_source
from tools.stack.template import base_template, suite_template
from tools.testing.odoo_tests import start
from tools.testing.results import Results

TIMEOUT = 3 * 3600
REPORT = RUN / "test-odoo.txt"


def main(arguments: list[str]) -> int:
    """Runs the tests of modules on both databases at the same time; returns the exit status."""
    split = arguments.index("--") if "--" in arguments else len(arguments)
    modules, options = tuple(arguments[:split]), arguments[split + 1 :]
    folders = [odoo_source() / "odoo" / "addons" / module / "tests" for module in modules]
    if not modules or not all(folder.is_dir() for folder in folders):
        print(__doc__, file=sys.stderr)
        return 2
    with Stack("test-odoo-without", addons=()) as without, Stack("test-odoo-with") as suite:
        without.create_database(base_template(modules))
        suite.create_database(suite_template(modules))
        runs = [start(without, folders, options=options), start(suite, folders, options=options)]
        alone, together = (run.results(TIMEOUT) for run in runs)
    differing = differences(alone, together)
    report = [*differing, f"test-odoo: {', '.join(modules)}: {figures(alone, together)}; {len(differing)} differ"]
    REPORT.write_text("\n".join(report) + "\n")
    print("\n".join(report))
    return 0 if alone.count("passed") and not differing else 1


def figures(alone: Results, together: Results) -> str:
    """Classes and tests that ran, and how many failed on each side."""
    classes = {name.rpartition("::")[0] for name in alone.outcomes}
    failed = [one.count("failure") + one.count("error") for one in (alone, together)]
    return (
        f"{len(classes)} classes, {len(alone.outcomes)} tests, {failed[0]} failures without the suite,"
        f" {failed[1]} with it"
    )


def differences(alone: Results, together: Results) -> list[str]:
    """Tests whose outcome is not the same on both sides, or that only one side ran."""
    names = sorted({*alone.outcomes, *together.outcomes})
    pairs = [(name, alone.outcomes.get(name, "not run"), together.outcomes.get(name, "not run")) for name in names]
    return [f"{name}: {ours} without the suite, {theirs} with it" for name, ours, theirs in pairs if ours != theirs]


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except StackError as error:
        sys.exit(f"test-odoo: {error}")
