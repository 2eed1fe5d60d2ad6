"""The level "conservation": the property tests of the conservation laws with many streams; it ends with its figures.

The addons' own tests play two streams of each kind; here it is as many as `MES_CONSERVATION_SEEDS` says.
"""

from __future__ import annotations

from .long_form import run


def main(options: list[str]) -> int:
    """Plays the streams; returns the exit status."""
    return run("conservation", ("MES_CONSERVATION_SEEDS", "100"), options, "every law kept")
