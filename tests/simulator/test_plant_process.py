"""The plant as a process of its own: command line, signals, load mode, independence from Odoo."""

import ast
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from plant_world import SECRET, gearbox_release, signed_post, until

from simulator.cli import main
from simulator.mqtt_link import Broker
from simulator.scenarios import ScenarioName

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def secret_file(tmp_path):
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n")
    return str(file)


@pytest.fixture
def plant_process(receiver, secret_file, tmp_path):
    """(process, URL of its server)."""
    command = [sys.executable, "-m", "simulator", "serve", "--port", "0", "--odoo", receiver.url]
    command += ["--secret-file", secret_file, "--record", str(tmp_path), "--name", "mes-north"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    greeting = process.stdout.readline()
    yield process, re.search(r"http://127\.0\.0\.1:\d+", greeting).group()
    if process.poll() is None:
        process.kill()
    process.communicate()


def test_it_plays_an_order_and_ends_cleanly_on_sigterm(plant_process, receiver, tmp_path):
    process, url = plant_process
    assert signed_post(f"{url}/events", gearbox_release()).status_code == 200
    until(lambda: requests.get(f"{url}/summary", timeout=10).json()["orders"].get("WH/MO/00001") == "finished", "done")

    process.send_signal(signal.SIGTERM)
    _out, errors = process.communicate(timeout=20)

    assert (process.returncode, errors) == (0, "")
    assert len((tmp_path / "mes-north.jsonl").read_text().splitlines()) == 1 + len(receiver.events)


def test_sigterm_ends_it_while_odoo_is_away(plant_process, receiver):
    process, url = plant_process
    receiver.fail_first(*[(503, {"Retry-After": "60"})] * 100)
    signed_post(f"{url}/events", gearbox_release())
    until(lambda: receiver.requests, "the plant is trying")

    process.send_signal(signal.SIGTERM)

    assert process.wait(timeout=15) == 0


def test_it_never_imports_odoo_or_an_addon():
    code = "import sys, simulator.cli; print(sorted(sys.modules))"
    path = os.pathsep.join([str(ROOT), str(ROOT / "addons")])
    loaded = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=True
    )

    ours = {addon.name for addon in (ROOT / "addons").iterdir()}
    assert not {name.partition(".")[0] for name in ast.literal_eval(loaded.stdout)} & (ours | {"odoo"})


def test_help_names_every_scenario(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["--help"])

    assert stopped.value.code == 0
    text = capsys.readouterr().out
    assert all(name.value in text for name in ScenarioName)


@pytest.mark.parametrize(
    "arguments",
    [
        ["serve", "--port", "0"],
        ["serve", "--port", "0", "--secret-file", "/nowhere/at/all"],
        ["serve", "--port", "0", "--transport", "mqtt"],
        ["serve", "--port", "0", "--transport", "mqtt", "--broker", "http://host"],
        ["load"],
    ],
)
def test_a_wrong_command_line_gets_a_sentence(arguments, capsys):
    assert main(arguments) == 2
    assert capsys.readouterr().err.startswith("simulator: ")


def test_load_sends_everything_and_measures(receiver, secret_file, capsys):
    command = ["load", "--odoo", receiver.url, "--secret-file", secret_file]
    assert main([*command, "--events", "250", "--clients", "3", "--batch", "40"]) == 0

    figures = json.loads(capsys.readouterr().out.splitlines()[-1])

    assert figures["statuses"] == {"stored": 250}
    assert len(receiver.unique_events()) == 250
    assert figures["requests"] == 9 and figures["events_per_second"] > 0
    assert 0 < figures["p50_ms"] <= figures["p99_ms"]


def test_load_shows_refusals(receiver, secret_file, capsys):
    receiver.fail_first((503, {}), (413, {}))
    main(
        [
            "load",
            "--odoo",
            receiver.url,
            "--secret-file",
            secret_file,
            "--events",
            "30",
            "--clients",
            "1",
            "--batch",
            "10",
        ]
    )

    figures = json.loads(capsys.readouterr().out.splitlines()[-1])

    assert figures["statuses"] == {"failed 503": 10, "refused 413": 10, "stored": 10}


def test_a_broker_url_is_read():
    assert Broker.from_url("mqtt://mes-south:p%40ss@host:1884") == Broker("host", 1884, "mes-south", "p@ss")
    assert Broker.from_url("mqtt://host") == Broker("host", 1883, None, None)
