"""The test levels by name, one after the other; each is a module of this package with `main(options) -> status`.

python -m tools.testing unit addons+e2e [-- pytest options]

Levels joined by a plus run at the same time.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack

from tools.stack import StackError

from . import addons, chaos, plain

LEVELS = {
    "unit": plain.unit,
    "addons": addons.main,
    "e2e": plain.e2e,
    "chaos": chaos.main,
}


def main(arguments: list[str]) -> int:
    """Runs the named steps, the next also after a failure, and prints each level's seconds; returns the exit status."""
    split = arguments.index("--") if "--" in arguments else len(arguments)
    steps, options = [step.split("+") for step in arguments[:split]], arguments[split + 1 :]
    if not steps or {level for step in steps for level in step} - set(LEVELS):
        print(__doc__, file=sys.stderr)
        return 2
    summary = []
    for *others, level in steps:
        with ExitStack() as stack:
            beside = [stack.enter_context(_Beside(other, options)) for other in others]
            began = time.monotonic()
            status = _run(level, options)
            summary.append(f"{level} {_verdict(status)} in {time.monotonic() - began:.0f} s")
            summary += [f"{other.level} {_verdict(other.end())} beside it" for other in beside]
    print("; ".join(summary))
    return 0 if all(" good " in line for line in summary) else 1


def _run(level: str, options: list[str]) -> int:
    print(f"== {level}", flush=True)
    try:
        return LEVELS[level](options)
    except StackError as error:
        print(f"{level}: {error}")
        return 1


def _verdict(status: int) -> str:
    return "FAILED" if status else "good"


class _Beside:
    """A level in a process of its own, whose output is shown when it has ended; it ends with the block it is beside."""

    def __init__(self, level: str, options: list[str]):
        self.level, self._options = level, options

    def __enter__(self) -> _Beside:
        self._output = tempfile.TemporaryFile("w+")
        command = [sys.executable, "-m", __package__, self.level, "--", *self._options]
        self._process = subprocess.Popen(command, stdout=self._output, stderr=subprocess.STDOUT)
        return self

    def __exit__(self, *_error: object) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait()
        self._output.close()

    def end(self) -> int:
        """Waits for the end and prints what was said; the exit status."""
        status = self._process.wait()
        self._output.seek(0)
        print(self._output.read(), flush=True)
        return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
