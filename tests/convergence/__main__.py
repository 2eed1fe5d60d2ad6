"""`make convergence`: see docs/howto/run-the-convergence-test.md; ends with one line of figures."""

from __future__ import annotations

import sys

from tools.stack import StackError

from .command import NAME, main

try:
    sys.exit(main(sys.argv[1:]))
except StackError as error:
    sys.exit(f"{NAME}: {error}")
