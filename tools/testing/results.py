"""Reads what a test run left (JUnit file, Odoo logs) and says what must not be there; runs nothing."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tools.stack.paths import ROOT

HERE = Path(__file__).parent
LOG_ENTRY = re.compile(r"^(?=\d{4}-\d\d-\d\d [\d:,]+ \d+ [A-Z]+ )", re.MULTILINE)
LOG_FAULT = re.compile(r"\S+ \S+ \d+ (WARNING|ERROR|CRITICAL) ")


@dataclass
class Results:
    """Outcome of each test by its id, the reasons of skips, and the seconds of the whole run."""

    outcomes: dict[str, str] = field(default_factory=dict)
    skip_reasons: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    @classmethod
    def read(cls, junit: Path) -> Results:
        """Reads pytest's JUnit file."""
        results = cls()
        for suite in ElementTree.parse(junit).getroot().iter("testsuite"):  # noqa: S314
            results.seconds += float(suite.get("time", 0))
            for case in suite.iter("testcase"):
                results._add(case)
        return results

    def _add(self, case: ElementTree.Element) -> None:
        name = f"{case.get('classname')}::{case.get('name')}"
        kinds = {child.tag: child for child in case}
        outcome = next((kind for kind in ("error", "failure", "skipped") if kind in kinds), "passed")
        # A test may appear twice, as its call and as its teardown: the worse of the two counts.
        if self.outcomes.get(name, "passed") == "passed":
            self.outcomes[name] = outcome
        if outcome == "skipped":
            self.skip_reasons[name] = kinds["skipped"].get("message", "")

    def count(self, outcome: str) -> int:
        """How many tests ended as `outcome`: passed, failure, error or skipped."""
        return list(self.outcomes.values()).count(outcome)

    def __str__(self) -> str:
        failed = self.count("failure") + self.count("error")
        return (
            f"{self.count('passed')} passed, {failed} failed, {self.count('skipped')} skipped in {self.seconds:.1f} s"
        )


def unexpected_skips(results: Results) -> list[str]:
    """Skipped tests that allowed_skips.txt does not allow on this machine."""
    allowed = [
        re.compile(pattern.strip())
        for missing, pattern in _rules("allowed_skips.txt")
        if not (ROOT / missing.strip()).exists()
    ]
    skips = (f"{name}: {reason}" for name, reason in sorted(results.skip_reasons.items()))
    return [skip for skip in skips if not any(pattern.search(skip) for pattern in allowed)]


def _rules(name: str) -> list[tuple[str, str]]:
    lines = (line.strip() for line in (HERE / name).read_text().splitlines())
    return [tuple(line.split("|", 1)) for line in lines if line and not line.startswith("#")]


def log_faults(log: Path) -> list[str]:
    """Warnings and errors in a log of Odoo that allowed_warnings.txt does not allow."""
    allowed = [
        re.compile(line)
        for line in (HERE / "allowed_warnings.txt").read_text().splitlines()
        if line and not line.startswith("#")
    ]
    # An entry may have several lines: what went wrong with a query stands below it.
    entries = LOG_ENTRY.split(log.read_text(errors="replace")) if log.exists() else []
    faults = [
        entry
        for entry in _while_serving(entries)
        if LOG_FAULT.match(entry) and not any(one.search(entry) for one in allowed)
    ]
    return [entry.partition("\n")[0] for entry in faults]


def _while_serving(entries: list[str]) -> Iterator[str]:
    """All entries but those of a shutdown, when Odoo closes the connections of scheduled actions that still run."""
    stopping = False
    for entry in entries:
        stopping = "odoo.service.server: Initiating shutdown" in entry or (
            stopping and "odoo: Odoo version" not in entry
        )
        if not stopping:
            yield entry


def report(level: str, results: Results, faults: list[str]) -> int:
    """Prints what fails a run besides its tests, then its figures; returns the exit status."""
    skips = unexpected_skips(results)
    for title, lines in (("skipped without leave", skips), ("fault", faults)):
        for line in lines:
            print(f"{level}: {title}: {line}")
    print(f"{level}: {results}")
    good = results.count("passed") and not (results.count("failure") or results.count("error") or skips or faults)
    return 0 if good else 1
