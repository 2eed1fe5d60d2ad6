"""The gates of the test runs let nothing through: skips, warnings in the log, a careless compose file."""

import pytest
import yaml

from tools.lint import compose_faults
from tools.stack.paths import ROOT
from tools.testing.results import Results, log_faults, report, unexpected_skips

JUNIT = """<testsuites><testsuite time="1.5">
<testcase classname="a" name="good"/>
<testcase classname="a" name="bad"><failure message="no"/></testcase>
<testcase classname="a" name="late"/><testcase classname="a" name="late"><error message="teardown"/></testcase>
<testcase classname="a" name="left"><skipped message="no conformance data"/></testcase>
</testsuite></testsuites>"""
LINE = "2026-11-22 16:20:57,443 98 {} db odoo.x: something\n"


@pytest.fixture
def results(tmp_path):
    junit = tmp_path / "junit.xml"
    junit.write_text(JUNIT)
    return Results.read(junit)


def test_outcomes_are_read_with_the_worse_of_two(results):
    assert results.outcomes == {"a::good": "passed", "a::bad": "failure", "a::late": "error", "a::left": "skipped"}
    assert results.seconds == 1.5


def test_a_skip_without_leave_is_told():
    results = Results({"a": "skipped"}, {"a": "needs a feature"})

    assert unexpected_skips(results) == ["a: needs a feature"]


@pytest.mark.parametrize(
    ("outcome", "faults", "status"),
    [("passed", [], 0), ("passed", ["a warning"], 1), ("failure", [], 1), ("error", [], 1), ("skipped", [], 1)],
)
def test_only_a_clean_run_is_good(outcome, faults, status):
    assert report("level", Results({"t": outcome}), faults) == status


def test_a_run_without_tests_is_not_good():
    assert report("level", Results(), []) == 1


@pytest.mark.parametrize(("level", "count"), [("INFO", 0), ("WARNING", 1), ("ERROR", 1), ("CRITICAL", 1)])
def test_warnings_of_the_log_are_found(tmp_path, level, count):
    log = tmp_path / "odoo.log"
    log.write_text(LINE.format("INFO") + LINE.format(level))

    assert len(log_faults(log)) == count


def test_what_a_shutdown_cuts_off_is_no_fault_but_the_next_start_is_judged(tmp_path):
    log = tmp_path / "odoo.log"
    shutdown = LINE.format("INFO").replace("odoo.x: something", "odoo.service.server: Initiating shutdown")
    start = LINE.format("INFO").replace("odoo.x: something", "odoo: Odoo version 19.0")
    log.write_text(shutdown + LINE.format("ERROR") + start + LINE.format("WARNING"))

    assert log_faults(log) == [LINE.format("WARNING").rstrip()]


@pytest.fixture
def compose():
    return yaml.safe_load((ROOT / "compose.yaml").read_text())


def test_the_compose_file_keeps_its_rules(compose):
    assert compose_faults(compose) == []


@pytest.mark.parametrize(
    "change",
    [
        {"ports": ["8069:8069"]},
        {"healthcheck": None},
        {"environment": {"PGPASSWORD": "odoo"}},
        {"environment": {"MES_BROKER_URL": "${URL:-mqtt://a:b@c}"}},
    ],
)
def test_a_careless_compose_file_is_told(compose, change):
    service = {key: value for key, value in {**compose["services"]["odoo"], **change}.items() if value is not None}

    assert len(compose_faults({"services": {"odoo": service}})) == 1
