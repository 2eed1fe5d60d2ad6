"""The plant over real loopback sockets: its own server's gates, the round trip, retries and answers."""

import json
from datetime import datetime, timedelta, timezone

import pytest
import requests
from plant_world import SECRET, World, answer_to, from_odoo, gearbox_release, until
from standardwebhooks import Webhook

from simulator.http_link import Patience
from simulator.messages import EventType

OTHER_SECRET = "whsec_" + "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB"


def signed(body, secret=SECRET, at=None):
    moment = at or datetime.now(timezone.utc)
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_1", moment, body.decode()),
    }


def test_a_signed_event_is_taken(world):
    response = world.post(gearbox_release())

    assert (response.status_code, response.json()) == (200, {"status": "taken"})


BATCH = {"Content-Type": "application/cloudevents-batch+json"}


def test_each_event_of_a_batch_is_taken_or_refused_by_itself(world):
    first, second = gearbox_release(order="A"), gearbox_release(order="B")

    response = world.post([first, {"id": ""}, second, first], headers=BATCH)

    results = response.json()["results"]
    assert response.status_code == 200
    assert [result["status"] for result in results] == ["taken", "invalid", "taken", "repeated"]
    assert results[1]["problem"]["status"] == 422
    assert set(world.get("/summary")["orders"]) == {"A", "B"}


@pytest.mark.parametrize("batch", [[], {"id": "1"}, [{"id": ""}]], ids="empty no_list none_good".split())
def test_a_batch_without_a_good_event_is_refused(world, batch):
    assert world.post(batch, headers=BATCH).status_code == 422


def test_the_plant_is_healthy_when_it_can_be_reached(world):
    assert world.get("/health") == {"name": "mes-north", "status": "ok"}


BODY = json.dumps(gearbox_release()).encode()
LONG_AGO = datetime.now(timezone.utc) - timedelta(minutes=6)


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (BODY, dict.fromkeys(["webhook-id", "webhook-timestamp", "webhook-signature"])),
        (BODY, {"webhook-signature": None}),
        (BODY + b" ", signed(BODY)),
        (BODY, signed(BODY, OTHER_SECRET)),
        (BODY, signed(BODY, at=LONG_AGO)),
        (BODY, {"webhook-signature": "garbage"}),
        (BODY, {"webhook-signature": "v1,%%%"}),
        (BODY, {"webhook-signature": "v1,a,b"}),
        (BODY, {"webhook-timestamp": "yesterday"}),
        (b"\xff\xfe", signed(b"")),
    ],
    ids="none missing tampered other_key stale no_comma no_base64 commas no_time no_text".split(),
)
def test_what_is_not_signed_is_refused_and_not_played(world, body, headers):
    # A body that is no text cannot be signed at all, so its headers are given.
    response = world.post(None, headers=headers, body=body) if body != b"\xff\xfe" else post_bytes(world, body, headers)

    assert response.status_code == 401
    assert world.get("/summary")["orders"] == {}


def post_bytes(world, body, headers):
    return requests.post(f"{world.server.url}/events", data=body, headers=headers, timeout=10)


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{", {}, 400),
        (b"[" * 100_000, {}, 400),
        (b"[]", {}, 422),
        (json.dumps(from_odoo("mes.order.released.v1", {"order": "A"})).encode(), {}, 422),
        (BODY, {"Content-Type": "text/plain"}, 415),
        (b'"' + b"a" * 1024 * 1024 + b'"', {}, 413),
    ],
    ids="no_json too_deep no_event no_release media_type too_large".split(),
)
def test_a_signed_but_unreadable_event_is_refused_with_a_sentence(world, body, headers, status):
    response = world.post(None, headers=headers, body=body)

    assert response.status_code == status
    assert response.json()["detail"]


@pytest.mark.parametrize(
    ("method", "page", "body", "status"),
    [
        ("GET", "/nothing", b"", 404),
        ("GET", "//[", b"", 404),
        ("POST", "/nothing", b"", 404),
        ("PUT", "/nothing", b"", 404),
        ("PUT", "/plan/A", b"{", 400),
        ("PUT", "/plan/A", b"[]", 422),
        ("PUT", "/plan/A", b'{"scenario": "unknown"}', 422),
        ("PUT", "/plan/A", b'{"scenario": []}', 422),
        ("PUT", "/plan", b'{"scenario": "happy"}', 422),
        ("PUT", "/plan", b'{"scenario": "happy", "product": 1}', 422),
    ],
)
def test_bad_questions_get_an_answer(world, method, page, body, status):
    response = requests.request(method, world.server.url + page, data=body, timeout=10)

    assert response.status_code == status
    assert response.json()["detail"]


def test_an_order_is_played_signed_and_in_sequence(world, receiver):
    world.play(gearbox_release(quantity=20))

    path, headers, _body = receiver.requests[0]
    assert path == "/mes/v1/mes-north/events"
    assert headers["Content-Type"] == "application/cloudevents+json"
    assert headers["X-Odoo-Database"] == "demo"
    assert [event["sequence"] for event in receiver.events] == list(range(1, len(receiver.events) + 1))
    assert receiver.events[0]["type"] == EventType.ORDER_ACKNOWLEDGED
    assert receiver.events[-1]["type"] == EventType.ORDER_COMPLETED
    assert world.get("/summary")["orders"] == {"WH/MO/00001": "finished"}


def test_the_same_release_again_is_taken_once(world, receiver):
    world.play(gearbox_release())
    played = len(receiver.events)

    assert world.post(gearbox_release()).json() == {"status": "repeated"}

    until(lambda: world.get("/summary")["idle"], "the plant is idle")
    assert len(receiver.events) == played
    assert world.get("/summary")["messages"]["received_again"] == 1


def test_a_later_revision_is_acknowledged_from_the_planning_source(world, receiver):
    world.play(gearbox_release())
    world.play(gearbox_release(revision=2))

    last = receiver.events[-1]
    assert (last["type"], last["data"]["revision"], last["sequence"]) == (EventType.ORDER_ACKNOWLEDGED, 2, 1)
    assert last["source"] != receiver.events[0]["source"]


def test_a_refused_order_is_played_at_its_next_revision(world, receiver):
    world.put("/plan/WH%2FMO%2F00001", {"scenario": "refuse"})
    world.play(gearbox_release())
    assert [event["data"]["accepted"] for event in receiver.events] == [False]
    assert world.get("/summary")["orders"] == {"WH/MO/00001": "refused"}

    world.play(gearbox_release(revision=2))

    assert [event["sequence"] for event in receiver.events] == list(range(1, len(receiver.events) + 1))
    assert world.get("/ledger")["orders"]["WH/MO/00001"]["completed"] is True


@pytest.mark.parametrize("scenario", ["duplicates", "permuted"])
def test_repetition_and_permutation_leave_the_ledger_unchanged(world, receiver, scenario):
    world.play(gearbox_release(order="HAPPY"))
    world.put("/plan", {"product": "GBX-100", "scenario": scenario})
    world.play(gearbox_release(order="ODD"))

    books = world.get("/ledger")["orders"]
    plain, odd = (json.dumps(books[order]).replace(order, "") for order in ("HAPPY", "ODD"))
    assert books["ODD"]["scenario"] == scenario
    assert without_chance(json.loads(odd)) == without_chance(json.loads(plain))
    assert any(isinstance(body, list) for _path, _headers, body in receiver.requests)


def without_chance(books):
    """Everything but the name of the scenario and the times, which the seed draws per order."""
    genealogy = [{**made, "work_centers": list(made["work_centers"])} for made in books["genealogy"]]
    by_chance = ("scenario", "minutes", "work_centers", "times")
    return {key: value for key, value in books.items() if key not in by_chance} | {"genealogy": genealogy}


def test_an_order_plan_wins_over_its_products(world):
    world.put("/plan", {"product": "GBX-100", "scenario": "short_close"})
    world.put("/plan/B", {"scenario": "partial_with_scrap"})
    world.play(gearbox_release(order="A"))
    world.play(gearbox_release(order="B"))

    books = world.get("/ledger")["orders"]
    assert {order: book["scenario"] for order, book in books.items()} == {
        "A": "short_close",
        "B": "partial_with_scrap",
    }


def test_a_serial_tracked_product_has_its_own_scenario(world):
    world.play(gearbox_release(tracking="serial"))

    assert world.get("/ledger")["orders"]["WH/MO/00001"]["scenario"] == "serial"


def test_passing_faults_are_tried_again(world, receiver):
    receiver.fail_first((503, {}), (429, {"Retry-After": "0"}), (500, {}))

    world.play(gearbox_release())

    sent = [entry for entry in world.get("/log")["entries"] if entry["entry"] == "sent"]
    assert (sent[0]["fate"], sent[0]["attempts"], sent[0]["code"]) == ("taken", 4, 202)
    assert len(receiver.unique_events()) == len(receiver.events), "a failed attempt stored nothing"
    signatures = [headers["webhook-id"] for _path, headers, _body in receiver.requests[:4]]
    assert len(set(signatures)) == 4


@pytest.mark.parametrize("status", [400, 401, 409, 422, 302])
def test_a_refusal_is_recorded_and_not_tried_again(world, receiver, status):
    receiver.fail_first((status, {"Location": "/elsewhere"}))

    world.play(gearbox_release())

    messages = world.get("/summary")["messages"]
    assert messages["rejected"] == 1
    assert len(receiver.requests) == messages["sent"]


def test_an_order_fails_when_odoo_stays_away(receiver, tmp_path):
    receiver.fail_first(*[(503, {})] * 2000)
    with World(receiver, tmp_path, Patience(0.2, 0.01, 0.02)) as world:
        world.play(gearbox_release())

        assert world.get("/summary")["orders"] == {"WH/MO/00001": "failed"}
        assert world.get("/summary")["messages"]["sent"] == 0
        assert world.get("/ledger")["orders"]["WH/MO/00001"]["consumed"] == {}


def test_answers_are_matched_and_a_rejected_event_leaves_the_books(world, receiver):
    world.play(gearbox_release(quantity=20))
    consumed = [event for event in receiver.events if event["type"] == EventType.MATERIAL_CONSUMED]

    world.post(answer_to(receiver.events[0], "accepted"))
    world.post(answer_to(consumed[0], "rejected"))
    world.post(answer_to(gearbox_release(), "accepted"))

    summary = world.get("/summary")
    messages = summary["messages"]
    assert (messages["accepted"], messages["rejected"], messages["answers_to_others"]) == (1, 1, 1)
    assert messages["unanswered"] == len(summary["unanswered"]) == messages["sent"] - 2
    assert world.get("/ledger")["orders"]["WH/MO/00001"]["consumed"]["HSG-100"] == {"H2": 10}


def test_posted_and_cancelled_end_an_order(world):
    world.play(gearbox_release(order="A"))
    world.play(gearbox_release(order="B"))

    world.post(from_odoo("mes.order.posted.v1", {"order": "A", "revision": 1}))
    world.post(from_odoo("mes.order.cancelled.v1", {"order": "B", "revision": 1}))
    world.post(from_odoo("mes.order.cancelled.v1", {"order": ["odd"]}))

    assert world.get("/summary")["orders"] == {"A": "posted", "B": "cancelled"}


def test_raw_events_and_replay_for_tests(world, receiver):
    world.play(gearbox_release())
    before, books = len(receiver.events), world.get("/ledger")

    raw = requests.post(f"{world.server.url}/send", json=["anything", 1], timeout=10)
    assert [item["status"] for item in raw.json()["results"]] == ["invalid", "invalid"]
    assert receiver.requests[-1][2] == ["anything", 1]
    again = requests.post(f"{world.server.url}/replay", timeout=10).json()

    statuses = [item["status"] for outcome in again["deliveries"] for item in outcome["results"]]
    assert statuses == ["duplicate"] * before
    assert world.get("/ledger") == books
    assert world.get("/summary")["messages"]["duplicates_sent"] == before


def test_the_recording_holds_both_directions(world, tmp_path):
    world.play(gearbox_release())
    world.plant.journal.close()

    lines = [json.loads(line) for line in (tmp_path / "mes-north.jsonl").read_text().splitlines()]

    assert lines == world.get("/log")["entries"]
    assert lines[0]["event"] == gearbox_release()
    assert {line["entry"] for line in lines} == {"received", "sent"}


def test_a_conflicting_event_is_refused_and_the_first_one_keeps_its_answer(world, receiver):
    world.play(gearbox_release())
    first = receiver.events[0]
    receiver.fail_first((409, {}))

    told = requests.post(f"{world.server.url}/send", json={**first, "subject": "another"}, timeout=10).json()
    world.post(answer_to(first, "accepted"))

    messages = world.get("/summary")["messages"]
    assert (told["fate"], told["status"]) == ("refused", 409)
    assert (messages["accepted"], messages["rejected"], messages["answers_to_others"]) == (1, 1, 0)
