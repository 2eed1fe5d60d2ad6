"""The stack's parts keep their promises: children die with their starter, the broker separates its systems."""

import os
import signal
import subprocess
import sys

import paho.mqtt.client as mqtt
import pytest

from tools.stack.broker import Broker
from tools.stack.leftovers import processes_of
from tools.stack.paths import ROOT, child_environment
from tools.stack.process import Process, StackError, wait_until

# Starts a child that ignores SIGTERM's default only by living long, prints its pid and waits.
STARTER = """
import sys
from pathlib import Path
from tools.stack.paths import child_environment
from tools.stack.process import Process
child = Process("child", ["sleep", "600"], log=Path(sys.argv[1]), env=child_environment(sys.argv[2])).start()
print(child.pid, flush=True)
sys.stdin.read()
"""
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(600)"
)


@pytest.fixture
def owner():
    return f"test-tools-{os.getpid()}"


def test_children_die_with_a_starter_that_is_killed(tmp_path, owner):
    command = [sys.executable, "-c", STARTER, tmp_path / "child.log", owner]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as starter:
        child = int(starter.stdout.readline())
        assert child in [pid for pid, _command in processes_of(owner)]

        starter.send_signal(signal.SIGKILL)
        starter.wait()

        wait_until(lambda: not processes_of(owner), "the child to end", timeout=10)


def test_a_process_that_ignores_sigterm_is_killed(tmp_path, owner):
    log = tmp_path / "stubborn.log"
    process = Process("stubborn", [sys.executable, "-c", STUBBORN], log=log, env=child_environment(owner)).start()
    wait_until(lambda: "ready" in log.read_text(), "the process to run", timeout=10, process=process)

    process.stop(timeout=0.1)

    assert not process.alive
    assert processes_of(owner) == []


def test_waiting_ends_with_the_process_and_shows_its_log(tmp_path, owner):
    command = [sys.executable, "-c", "print('out of paper')"]
    process = Process("printer", command, log=tmp_path / "printer.log", env=child_environment(owner)).start()

    with pytest.raises(StackError, match="out of paper"):
        wait_until(lambda: False, "it to print", timeout=30, process=process)


@pytest.fixture
def broker(tmp_path, owner):
    running = Broker(tmp_path, owner)
    running.add_account("north")
    running.add_account("south")
    running.start()
    yield running
    running.stop()


def connect(broker: Broker, user: str, password: str, topic: str) -> tuple[mqtt.Client, list[bytes]]:
    """A connected client that has subscribed to `topic`, and the list its messages arrive in."""
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.username_pw_set(user, password)
    received: list[bytes] = []
    subscribed: list[bool] = []
    client.on_message = lambda _client, _data, message: received.append(message.payload)
    client.on_subscribe = lambda *_: subscribed.append(True)
    client.connect("127.0.0.1", broker.port)
    client.subscribe(topic, qos=1)
    client.loop_start()
    wait_until(lambda: subscribed, f"{user} to subscribe", timeout=10)
    return client, received


def test_a_system_writes_to_its_own_topic_only(broker):
    gateway, received = connect(broker, "odoo-gateway", broker.add_account("odoo-gateway"), "mes/v1/+/in")
    # A connection each, since Mosquitto 2.0.11 drops one after a refused message.
    for topic, payload in (("mes/v1/south/in", b"forged"), ("mes/v1/north/in", b"own")):
        north, _ = connect(broker, "north", broker.add_account("north"), "mes/v1/north/out")
        north.publish(topic, payload, qos=1).wait_for_publish(10)
        north.loop_stop()

    wait_until(lambda: received, "the event to arrive", timeout=10)
    gateway.loop_stop()

    # The broker had answered the forged event before the other was sent: passed on, it would stand first.
    assert received == [b"own"]


def test_a_system_reads_its_own_topic_only(broker):
    south, overheard = connect(broker, "south", broker.add_account("south"), "mes/v1/#")
    gateway, _ = connect(broker, "odoo-gateway", broker.add_account("odoo-gateway"), "mes/v1/+/in")
    for topic, payload in (("mes/v1/north/out", b"for north"), ("mes/v1/south/out", b"for south")):
        gateway.publish(topic, payload, qos=1).wait_for_publish(10)

    wait_until(lambda: overheard, "the event to arrive", timeout=10)
    for client in (south, gateway):
        client.loop_stop()

    assert overheard == [b"for south"]


def test_a_wrong_password_is_refused(broker):
    refused: list[bool] = []
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.username_pw_set("north", "wrong")
    client.on_connect = lambda _client, _data, _flags, reason, _properties: refused.append(reason.is_failure)
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    wait_until(lambda: refused, "an answer", timeout=10)
    client.loop_stop()

    assert refused[0]
