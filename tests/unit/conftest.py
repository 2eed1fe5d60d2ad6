"""Mounts each addon's ``core`` as ``<addon>_core`` without the addon itself, which would need Odoo."""

import importlib.util
import sys
from pathlib import Path

import hypothesis
import pytest

# The same examples on every run, and nothing written into the checkout.
hypothesis.settings.register_profile("unit", database=None, deadline=None, derandomize=True)
hypothesis.settings.load_profile("unit")

ROOT = Path(__file__).resolve().parents[2]
CONFORMANCE = ROOT.parent / "shared" / "conformance"
SCHEMAS = ROOT / "addons" / "mes_connector" / "schemas"

if importlib.util.find_spec("odoo") is not None:
    raise pytest.UsageError("Unit tests prove that the cores need no Odoo: run them where it is not importable.")


def _mount(folder: Path) -> None:
    name = f"{folder.parent.name}_core"
    spec = importlib.util.spec_from_file_location(
        name, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[name])


for core in sorted(ROOT.glob("addons/*/core")):
    _mount(core)


@pytest.fixture(scope="session")
def conformance():
    """Return a file of the conformance data that others wrote, or skip by its name where it is absent."""

    def find(relative: str) -> Path:
        path = CONFORMANCE / relative
        if not path.exists():
            pytest.skip(f"conformance data is not here: {relative}")
        return path

    return find


@pytest.fixture(scope="session")
def schema_set():
    """The schemas of the connector, compiled once."""
    from mes_connector_core.schema import SchemaSet

    return SchemaSet.load(SCHEMAS)
