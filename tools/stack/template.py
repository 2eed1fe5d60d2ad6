"""Template databases: Odoo's modules without the suite, and with it; built once per state of the code, copied in a
second.

Each is named after a hash of what it was built from, so a changed addon leads to a new one and the old one is dropped.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg2

from .odoo import Installation
from .paths import ADDONS, TEMPLATES, odoo_build, odoo_modules, suite_addons
from .postgres import Server

PREFIX = "plant_template"
# What is in these folders and files never reaches a database.
IGNORED = {"__pycache__", "tests"}
IGNORED_SUFFIXES = {".pyc", ".md"}


@dataclass(frozen=True)
class Template:
    """A template database `name` that has `modules` installed; `base` is the template it is built upon."""

    name: str
    modules: tuple[str, ...]
    base: Template | None = None


def base_template(extra_modules: tuple[str, ...] = ()) -> Template:
    """Odoo with the modules the suite depends on, but without the suite."""
    modules = tuple(sorted({*odoo_modules(), *extra_modules}))
    return Template(f"{PREFIX}_base_{_hash(odoo_build(), *modules)}", modules)


def suite_template(extra_modules: tuple[str, ...] = ()) -> Template:
    """Odoo with the suite: the same modules, then all addons of this repository."""
    base = base_template(extra_modules)
    addons = tuple(suite_addons())
    return Template(f"{PREFIX}_suite_{_hash(base.name, *_addon_contents())}", addons, base)


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def _addon_contents() -> list[str]:
    """Path and hash of each file of the addons that may reach a database."""
    files = sorted(
        path
        for path in ADDONS.rglob("*")
        if path.is_file() and not IGNORED & set(path.relative_to(ADDONS).parts) and path.suffix not in IGNORED_SUFFIXES
    )
    return [f"{path.relative_to(ADDONS)} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in files]


def ensure(template: Template, server: Server) -> None:
    """Builds the template, and what it is built upon, unless it exists; drops the templates it replaces."""
    TEMPLATES.mkdir(parents=True, exist_ok=True)
    with _building():
        _build(template, server)


def clone(template: Template, name: str, data: Path, server: Server) -> None:
    """Makes database `name` from the template, with the filestore below Odoo's data_dir `data` and an identity of its
    own.
    """
    _clone(template, name, data, server)
    renew_identity(name, server)


def renew_identity(name: str, server: Server) -> None:
    """Gives database `name` an identity of its own, as a copy needs it."""
    server.query("UPDATE ir_config_parameter SET value = %s WHERE key = 'database.uuid'", (str(uuid.uuid4()),), name)


def install_log(template: Template) -> Path:
    """The log of the installation of the template's modules."""
    return TEMPLATES / f"{template.name}.log"


@contextmanager
def _building():
    with (TEMPLATES / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build(template: Template, server: Server) -> None:
    if template.name in server.databases():
        return
    unfinished = f"{template.name}_unfinished"
    server.drop_database(unfinished)
    shutil.rmtree(TEMPLATES / "filestore" / unfinished, ignore_errors=True)
    if template.base:
        _build(template.base, server)
        _clone(template.base, unfinished, TEMPLATES, server)
    else:
        server.create_empty_database(unfinished)
    odoo = Installation.create(TEMPLATES, server, "template", data=TEMPLATES, addons=(ADDONS,) if template.base else ())
    odoo.install(unfinished, list(template.modules), log=install_log(template).name)
    _drop_replaced(template, server)
    # Only a finished template gets the name that others look for.
    (TEMPLATES / "filestore" / unfinished).mkdir(parents=True, exist_ok=True)
    Path(TEMPLATES / "filestore" / unfinished).replace(TEMPLATES / "filestore" / template.name)
    server.rename_database(unfinished, template.name)


def _clone(template: Template, name: str, data: Path, server: Server) -> None:
    server.drop_database(name)
    server.create_database(name, template.name)
    link_filestore(template, name, data)


def link_filestore(template: Template, name: str, data: Path) -> None:
    """Gives database `name` the template's filestore below Odoo's data_dir `data`."""
    target = data / "filestore" / name
    shutil.rmtree(target, ignore_errors=True)
    # Odoo never changes a file of the filestore, it only adds and removes, so links will do.
    shutil.copytree(TEMPLATES / "filestore" / template.name, target, copy_function=os.link)


def _drop_replaced(template: Template, server: Server) -> None:
    kind = template.name.rpartition("_")[0]
    for name in server.databases():
        if name.startswith(kind + "_") and not name.startswith(template.name):
            try:
                server.drop_database(name)
            except psycopg2.Error:  # being copied by another stack; a later build drops it
                continue
            shutil.rmtree(TEMPLATES / "filestore" / name, ignore_errors=True)
            (TEMPLATES / f"{name}.log").unlink(missing_ok=True)
