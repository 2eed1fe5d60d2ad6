"""The plant over a real Mosquitto: round trip, persistent session, refusal by the broker; skipped without a broker."""

import json
import threading

import paho.mqtt.client as mqtt
import pytest
import requests
from broker import Mosquitto, find_mosquitto, free_port
from plant_world import POLL_SECONDS, answer_to, gearbox_release, until

from simulator.http_server import PlantServer
from simulator.journal import Journal
from simulator.link import Fate
from simulator.messages import EventType
from simulator.mqtt_link import Broker, MqttLink
from simulator.plant import Plant, PlantConfig
from simulator.reports import ledger, summary
from simulator.scenarios import ScenarioName

SYSTEM = "mes-south"
pytestmark = pytest.mark.skipif(find_mosquitto() is None, reason="no mosquitto found (see $MOSQUITTO)")


@pytest.fixture
def broker(tmp_path):
    started = Mosquitto(tmp_path, SYSTEM)
    started.start()
    yield started
    started.stop()


@pytest.fixture
def gateway(broker):
    """Odoo's side of the broker."""
    with Gateway(broker.port) as connected:
        yield connected


@pytest.fixture
def start_plant(broker):
    plants = []

    def start(deadline=10):
        plant = Plant(PlantConfig(SYSTEM), MqttLink(SYSTEM, Broker.from_url(broker.url), deadline), Journal())
        plants.append(plant)
        plant.start()
        until(plant.link.is_ready, "the plant is connected and subscribed")
        return plant

    yield start
    for plant in plants:
        plant.stop()


class Gateway:
    """Collects what arrives on the system's topic and publishes events to the plant."""

    def __init__(self, port):
        self.payloads = []
        self._ready = threading.Event()
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self._client.on_message = lambda _client, _data, message: self.payloads.append(json.loads(message.payload))
        self._client.on_subscribe = lambda *_args: self._ready.set()
        self._client.connect("127.0.0.1", port)

    def __enter__(self):
        self._client.loop_start()
        self._client.subscribe(f"mes/v1/{SYSTEM}/in", qos=1)
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_exc):
        self._client.disconnect()
        self._client.loop_stop()

    def send(self, payload):
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        self._client.publish(f"mes/v1/{SYSTEM}/out", body, qos=1).wait_for_publish(10)

    def events(self):
        return [event for payload in self.payloads for event in (payload if isinstance(payload, list) else [payload])]


def order_state(plant):
    return plant.status()["orders"].get("WH/MO/00001")


def play(plant, gateway):
    gateway.send(gearbox_release())
    until(lambda: order_state(plant) == "finished", "the order is finished")
    # The broker has what the plant sent, but may not have passed on all of it yet.
    until(lambda: EventType.ORDER_COMPLETED in [event["type"] for event in gateway.events()], "the last event arrives")


@pytest.mark.parametrize("scenario", [ScenarioName.HAPPY, ScenarioName.PARTIAL_WITH_SCRAP])
def test_an_order_is_played_over_the_broker(start_plant, gateway, scenario):
    plant = start_plant()
    plant.config.schedule.by_order["WH/MO/00001"] = scenario

    play(plant, gateway)

    events = gateway.events()
    assert [event["sequence"] for event in events] == list(range(1, len(events) + 1))
    assert events[-1]["type"] == EventType.ORDER_COMPLETED
    assert any(isinstance(payload, list) for payload in gateway.payloads) is (scenario is not ScenarioName.HAPPY)
    assert ledger(plant)["orders"]["WH/MO/00001"]["completed"] is True


def test_answers_come_back_over_the_broker(start_plant, gateway):
    plant = start_plant()
    play(plant, gateway)
    for event in gateway.events():
        gateway.send(answer_to(event, "accepted"))

    until(lambda: summary(plant)["messages"]["unanswered"] == 0, "every event is answered")

    assert summary(plant)["messages"]["accepted"] == len(gateway.events())


def test_what_is_sent_while_the_plant_is_away_is_not_lost(start_plant, gateway):
    start_plant().stop()
    gateway.send(gearbox_release())

    second = start_plant()

    until(lambda: order_state(second) == "finished", "the release was kept by the broker")


def test_an_unreadable_message_is_noted_and_does_not_come_back(start_plant, gateway):
    plant = start_plant()
    for poison in (b"\xff{", b"[]", b"[" * 100_000):
        gateway.send(poison)
    play(plant, gateway)

    assert [entry["entry"] for entry in plant.journal.entries()].count("not_taken") == 3


def test_the_broker_stopping_in_between_loses_nothing(start_plant, broker, gateway):
    plant = start_plant()
    broker.stop()
    until(lambda: not plant.link.is_ready(), "the plant notices")
    outcomes = []
    sender = threading.Thread(target=lambda: outcomes.append(plant.send_raw({"id": "late", "source": "x"})))
    sender.start()

    broker.start()
    sender.join(20)

    assert [outcome.fate for outcome in outcomes] == [Fate.TAKEN]


def test_a_topic_of_another_system_is_refused_by_the_broker(broker):
    link = MqttLink("mes-north", Broker.from_url(broker.url), 10)
    link.open(lambda value: None)

    outcome = link.deliver({"id": "1"})

    link.close()
    assert (outcome.fate, outcome.code) == (Fate.REFUSED, 0x87)


def test_a_broker_that_never_answers_is_given_up():
    link = MqttLink(SYSTEM, Broker.from_url(f"mqtt://127.0.0.1:{free_port()}"), give_up_after=0.1)
    link.open(lambda value: None)

    outcome = link.deliver({"id": "1"})

    link.close()
    assert outcome.fate is Fate.FAILED


def test_the_plant_is_not_healthy_before_it_hears_the_broker(tmp_path):
    broker = Mosquitto(tmp_path, SYSTEM)
    plant = Plant(PlantConfig(SYSTEM), MqttLink(SYSTEM, Broker.from_url(broker.url), 1), Journal())
    plant.start()
    server = PlantServer(0, plant, None)
    threading.Thread(target=server.serve_forever, args=(POLL_SECONDS,)).start()

    statuses = [requests.get(f"{server.url}/health", timeout=10).status_code]
    refused = requests.post(f"{server.url}/events", data=b"{}", timeout=10).status_code
    broker.start()
    until(plant.link.is_ready, "the plant hears the broker")
    statuses.append(requests.get(f"{server.url}/health", timeout=10).status_code)

    server.shutdown()
    server.server_close()
    plant.stop()
    broker.stop()
    assert (statuses, refused) == ([503, 200], 401)
