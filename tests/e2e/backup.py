"""Backup and restore of a stack's database with PostgreSQL's own programs, as the runbook says; judges nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tools.stack import Stack
from tools.stack.postgres import Cluster
from tools.stack.process import StackError


def dump(stack: Stack, path: Path) -> None:
    """`pg_dump -Fc` of the database while it is in use."""
    _run(stack, "pg_dump", "--format=custom", f"--file={path}", stack.database)


def lose(stack: Stack) -> None:
    """The database is gone; what is connected to it dies with its connections."""
    stack.server.drop_database(stack.database)


def restore(stack: Stack, path: Path) -> None:
    """`pg_restore` into a new database of the same name."""
    stack.server.create_empty_database(stack.database)
    _run(stack, "pg_restore", "--no-owner", "--exit-on-error", f"--dbname={stack.database}", path)


def _run(stack: Stack, program: str, *arguments: str | Path) -> None:
    command = [_find(program), *map(str, arguments)]
    environment = {**os.environ, **stack.server.variables}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        raise StackError(f"{program} failed\n{done.stderr}")


def _find(program: str) -> str:
    """The private cluster's own program; that of the machine beside a server that was given."""
    if "PGHOST" in os.environ or "PGPORT" in os.environ:
        found = shutil.which(program)
        if not found:
            raise StackError(f"{program} is not installed")
        return found
    return str(Cluster.of_this_repository().programs / program)
