"""The level "reconciliation": 25 of many postings sabotaged in the database, all to be named; it ends with its figures.

The addons' own tests play about 100 messages; here it is as many as `MES_RECONCILIATION_MESSAGES` says.
"""

from __future__ import annotations

from .long_form import run


def main(options: list[str]) -> int:
    """Plays and sabotages the messages; returns the exit status."""
    return run("reconciliation", ("MES_RECONCILIATION_MESSAGES", "1000"), options, "all named, nothing else")
