"""The level "chaos": the crash test at the size of continuous integration; the test itself is in tests/chaos."""

from __future__ import annotations

from tests.chaos.__main__ import main as crash_test


def main(options: list[str]) -> int:
    """Runs the crash test with these options of its own, such as `--seed 3`; returns the exit status."""
    return crash_test(["--ci", *options])
