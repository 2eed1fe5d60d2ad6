"""The level "convergence": events of an order in any order and often end the same; what is played is in the test."""

from __future__ import annotations

from tests.convergence.command import main

__all__ = ["main"]
