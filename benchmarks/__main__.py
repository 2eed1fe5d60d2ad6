"""Runs measurements by name, all by default; the last line of each is its figures.

python -m benchmarks [NAME ...]
"""

from __future__ import annotations

import sys

from tools.stack import StackError

from . import journal_size, latency, takeover

PROGRAMS = {"takeover": takeover.main, "latency": latency.main, "journal_size": journal_size.main}


def main(names: list[str]) -> int:
    """Runs the named programs one after the other; returns the exit status."""
    if set(names) - set(PROGRAMS):
        print(f"{__doc__}\nNAME is one of {', '.join(PROGRAMS)}.", file=sys.stderr)
        return 2
    for name in names or PROGRAMS:
        print(f"== {name}", flush=True)
        try:
            PROGRAMS[name]()
        except StackError as error:
            print(f"{name}: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
