"""The test levels by name, one after the other; each is a module of this package with `main(options) -> status`.

python -m tools.testing unit addons e2e [-- pytest options]
"""

from __future__ import annotations

import sys
import time

from tools.stack import StackError

from . import addons, chaos, conservation, plain

LEVELS = {
    "unit": plain.unit,
    "addons": addons.main,
    "e2e": plain.e2e,
    "chaos": chaos.main,
    "conservation": conservation.main,
}


def main(arguments: list[str]) -> int:
    """Runs the named levels, the next also after a failure, and prints each one's seconds; returns the exit status."""
    split = arguments.index("--") if "--" in arguments else len(arguments)
    levels, options = arguments[:split], arguments[split + 1 :]
    if not levels or set(levels) - set(LEVELS):
        print(__doc__, file=sys.stderr)
        return 2
    summary = []
    for level in levels:
        began = time.monotonic()
        status = _run(level, options)
        summary.append(f"{level} {'good' if status == 0 else 'FAILED'} in {time.monotonic() - began:.0f} s")
    print("; ".join(summary))
    return 0 if all(" good " in line for line in summary) else 1


def _run(level: str, options: list[str]) -> int:
    print(f"== {level}", flush=True)
    try:
        return LEVELS[level](options)
    except StackError as error:
        print(f"{level}: {error}")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
