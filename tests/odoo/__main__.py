"""`make test-odoo`: Odoo's own tests on a loaded registry, with the suite and without it, compared test by test.

    python -m tests.odoo [--short] mrp [stock ...] [-- pytest options]

Both databases have the same modules otherwise, those under test among them. What matters is that each test ends the
same; tests that fail in Odoo itself on this installation fail on both sides. Short is the size of continuous
integration: without the suite only those run that did not pass with it. Keeps its report in `.odoo/run/test-odoo.txt`
and ends with one line of figures; status 0 when nothing differs.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from tools.stack import Stack, StackError
from tools.stack.paths import RUN, odoo_source
from tools.stack.template import base_template, suite_template
from tools.testing.odoo_tests import start
from tools.testing.results import Results

TIMEOUT = 3 * 3600
REPORT = RUN / "test-odoo.txt"


def main(arguments: list[str]) -> int:
    """Runs the tests of modules on both databases; returns the exit status."""
    is_short = arguments[:1] == ["--short"]
    arguments = arguments[is_short:]
    split = arguments.index("--") if "--" in arguments else len(arguments)
    modules, options = tuple(arguments[:split]), arguments[split + 1 :]
    folders = [odoo_source() / "odoo" / "addons" / module / "tests" for module in modules]
    if not modules or not all(folder.is_dir() for folder in folders):
        print(__doc__, file=sys.stderr)
        return 2
    ran, alone, together = (run_short if is_short else run_both)(modules, folders, options)
    differing = differences(alone, together)
    report = [*differing, f"test-odoo: {', '.join(modules)}: {ran}; {len(differing)} differ"]
    REPORT.write_text("\n".join(report) + "\n")
    print("\n".join(report))
    return 0 if alone.count("passed") + together.count("passed") and not differing else 1


def run_both(modules: tuple[str, ...], folders: list[Path], options: list[str]) -> tuple[str, Results, Results]:
    """All tests without the suite and with it at the same time: what ran in words, and both results."""
    with Stack("test-odoo-without", addons=()) as without, Stack("test-odoo-with") as suite:
        without.create_database(base_template(modules))
        suite.create_database(suite_template(modules))
        runs = [start(without, folders, options=options), start(suite, folders, options=options)]
        alone, together = (run.results(TIMEOUT) for run in runs)
    return figures(alone, together), alone, together


def run_short(modules: tuple[str, ...], folders: list[Path], options: list[str]) -> tuple[str, Results, Results]:
    """All tests with the suite, then those that did not pass without it: as `run_both`, where both sides ran."""
    with Stack("test-odoo-with") as suite:
        suite.create_database(suite_template(modules))
        together = start(suite, folders, options=options).results(TIMEOUT)
    suspects = {name for name, outcome in together.outcomes.items() if outcome != "passed"}
    alone = Results()
    if suspects:
        methods = sorted({re.match(r"\w*", name.rpartition("::")[2])[0] for name in suspects})
        with Stack("test-odoo-without", addons=()) as without:
            without.create_database(base_template(modules))
            again = start(without, folders, options=[*options, "-k", " or ".join(methods)]).results(TIMEOUT)
        alone.outcomes = {name: again.outcomes.get(name, "not run") for name in suspects}
    # Those that passed need no second side.
    alone.outcomes.update({name: "passed" for name in together.outcomes if name not in suspects})
    return f"{figures(alone, together)} (short: what passed with it did not run without)", alone, together


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
