"""Where bootstrap/install.sh put things, and the environment a child process gets; starts nothing."""

from __future__ import annotations

import ast
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / ".odoo"
ADDONS = ROOT / "addons"
RUN = HOME / "run"
TEMPLATES = HOME / "templates"
PYTHON = HOME / "venv" / "bin" / "python"

# Every process of a stack carries this variable, so that leftovers can be recognised by what they are, not by their
# name.
OWNER_VARIABLE = "PLANT_STACK"


def odoo_source() -> Path:
    """The folder to put on PYTHONPATH to import Odoo; raises FileNotFoundError when nothing is installed."""
    return Path((HOME / "odoo.path").read_text().strip())


def odoo_build() -> str:
    """Version and hash of the installed Odoo, as one text."""
    return (HOME / "odoo.txt").read_text()


def suite_addons() -> list[str]:
    """Names of the addons of this repository, in alphabetical order."""
    return sorted(path.parent.name for path in ADDONS.glob("*/__manifest__.py"))


def odoo_modules() -> list[str]:
    """Odoo's own modules that the suite's manifests depend on."""
    ours = suite_addons()
    depends = {name for addon in ours for name in _manifest(addon).get("depends", [])}
    return sorted(depends - set(ours)) or ["mrp"]


def _manifest(addon: str) -> dict:
    return ast.literal_eval((ADDONS / addon / "__manifest__.py").read_text())


def child_environment(owner: str, **extra: str) -> dict[str, str]:
    """The environment of a process of stack `owner`: the caller's, marked with the owner."""
    inherited = {name: value for name, value in os.environ.items() if name not in ("ODOO_RC", "PYTHONPATH")}
    return {**inherited, "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1", OWNER_VARIABLE: owner_mark(owner), **extra}


def owner_mark(owner: str = "") -> str:
    """What processes of stack `owner` carry; every mark of this repository begins with that of the empty name."""
    return f"{ROOT}:{owner}"
