"""Finds processes that belong to a stack, by the mark in their environment; ends none."""

from __future__ import annotations

import os
from pathlib import Path

from .paths import OWNER_VARIABLE, owner_mark


def processes_of(owner: str | None = None, run_root: Path = Path("/proc")) -> list[tuple[int, str]]:
    """(pid, command line) of each process marked with `owner`, or with any stack's name; never the caller."""
    mark = f"{OWNER_VARIABLE}={owner_mark(owner or '')}".encode()
    found = []
    for entry in run_root.iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            variables = (entry / "environ").read_bytes().split(b"\0")
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:  # ended meanwhile, or another user's
            continue
        marked = mark in variables if owner else any(item.startswith(mark) for item in variables)
        if marked and command:
            found.append((int(entry.name), command))
    return found
