"""The generated reference is what the tables say, and a page that is not is noticed."""

import importlib.util

import pytest
from architecture.source import ROOT
from mes_connector_core.errors import CODES
from mes_connector_core.event_types import EVENT_TYPES


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("make_reference", ROOT / "tools" / "make_reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_reference_is_up_to_date(tool, capsys):
    assert tool.main(["--check"]) == 0, capsys.readouterr().out


def test_a_stale_page_is_noticed_and_rewritten(tool, tmp_path, monkeypatch):
    monkeypatch.setattr(tool, "PAGES", tmp_path)
    assert tool.main(["--check"]) == 1
    assert tool.main([]) == 0
    (tmp_path / "errors.md").write_text("edited by hand")
    assert tool.main(["--check"]) == 1
    assert tool.main([]) == 0
    assert tool.main(["--check"]) == 0


def test_every_type_and_code_is_documented(tool):
    events, errors = tool.events_page(), tool.errors_page()
    assert [name for name in EVENT_TYPES if f"## {name}" not in events] == []
    assert [code for code in CODES if f"| `{code}` |" not in errors] == []


def test_cells_cannot_break_a_table(tool):
    assert tool.table(["a"], [["x|y"]]).splitlines()[-1] == "| x\\|y |"
