"""What the doors refuse, over real HTTP: always a problem document, never a traceback, nothing stored but a counter and
what is authenticated but invalid.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest
import requests

from tools.stack.process import wait_until

from .client import BATCH, SINGLE, TIMEOUT, MesClient
from .workshop import BENCH, release_on_bench

PROBLEM = "application/problem+json"
STARTED = "mes.operation.started.v1"
OTHER_SECRET = "whsec_" + "A" * 43 + "="
MEGABYTE = 1024 * 1024


@pytest.fixture(scope="module")
def order(orders, mes):
    """A released order to speak about."""
    return release_on_bench(orders)


@pytest.fixture
def event(mes, order):
    """A good event that no test has sent."""
    return mes.event(STARTED, {"order": order.name, "operation": "10", "work_center": "ASM1"})


@pytest.fixture
def stored(admin):
    """A function that counts what is stored: messages, quarantined ones among them, and refusals counted."""

    def count() -> dict[str, int]:
        return {
            "messages": admin.call("mes.inbox.message", "search_count", domain=[]),
            "quarantined": admin.call("mes.inbox.message", "search_count", domain=[["is_quarantined", "=", True]]),
            "refusals": sum(
                row["value"] for row in admin.read("mes.counter", [["name", "=", "not_authenticated"]], ["value"])
            ),
        }

    return count


def problem_of(answer: requests.Response, status: int) -> dict:
    """The problem document of a refusal, checked for what all of them have in common."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"].partition(";")[0] == PROBLEM
    assert "Traceback" not in answer.text
    problem = answer.json()
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    return problem


def signed_at(moment: datetime):
    """Headers that are rightly signed, but at another time."""

    def headers(mes: MesClient, body: bytes) -> dict[str, str]:
        return mes.signed(body, moment)

    return headers


def signed_by(secret: str):
    """Headers made with another secret."""

    def headers(mes: MesClient, body: bytes) -> dict[str, str]:
        return MesClient("", "", mes.system, secret).signed(body)

    return headers


def changed(**values: str):
    """Right headers of which some are replaced, or left out when empty."""

    def headers(mes: MesClient, body: bytes) -> dict[str, str]:
        return {**mes.signed(body), **{name.replace("_", "-"): value for name, value in values.items()}}

    return headers


NOW = datetime.now(timezone.utc)
STRANGERS = {
    "no headers": lambda mes, body: dict.fromkeys(mes.signed(body), ""),
    "another secret": signed_by(OTHER_SECRET),
    "another body": lambda mes, body: mes.signed(body + b" "),
    "too old": signed_at(NOW - timedelta(minutes=10)),
    "from the future": signed_at(NOW + timedelta(minutes=30)),
    "no id": changed(webhook_id=""),
    "another id": changed(webhook_id="msg_other"),
    "no time": changed(webhook_timestamp=""),
    "a time that is none": changed(webhook_timestamp="yesterday"),
    "no signature": changed(webhook_signature=""),
    "a signature of another version": changed(webhook_signature="v2,AAAA"),
    "a signature that is none": changed(webhook_signature="v1,%%%"),
    "an unknown key": lambda mes, body: {"Authorization": "Bearer mes_unknown"},
    "an empty key": lambda mes, body: {"Authorization": "Bearer "},
    "the secret as a key": lambda mes, body: {"Authorization": f"Bearer {OTHER_SECRET}"},
}


@pytest.mark.parametrize("path", ["events", "echo"])
@pytest.mark.parametrize("name", STRANGERS)
def test_a_stranger_learns_nothing(mes, event, stored, name, path):
    body, before = json.dumps(event).encode(), stored()
    answer = mes.post(path, body, SINGLE, STRANGERS[name](mes, body))
    problem = problem_of(answer, 401)
    assert problem["code"] == "not_authenticated"
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    unknown = MesClient(mes.url, mes.database, "no-such-system", OTHER_SECRET)
    assert unknown.post(path, body, SINGLE).content == answer.content, "who exists must not show"
    assert stored() == {**before, "refusals": before["refusals"] + 2}


@pytest.mark.parametrize("state", ["draft", "paused", "revoked", "expired"])
def test_who_may_not_speak_is_a_stranger(stack, admin, factory, state):
    plants = [[6, 0, [factory.warehouses[BENCH.warehouse]]]]
    system = admin.create("mes.system", {"name": state, "code": f"mes-{state}", "kind": "mes", "plant_ids": plants})
    issued = admin.call("mes.system", "issue_credential", [system], kind="signature")
    speaker = MesClient(stack.url, stack.database, f"mes-{state}", issued["secret"])
    if state != "draft":
        admin.call("mes.system", "action_activate", [system])
        problem_of(speaker.send({}), 422)
    if state == "paused":
        admin.call("mes.system", "action_pause", [system])
    if state == "revoked":
        admin.call("mes.credential", "action_revoke", [issued["credential_id"]])
    if state == "expired":
        admin.write("mes.credential", [issued["credential_id"]], {"expires_at": "2020-01-01 00:00:00"})
    # What a paused system sends is kept.
    problem_of(speaker.send({}), 422 if state == "paused" else 401)


@pytest.fixture(scope="module")
def key(admin, mes):
    """A bearer key of the bench plant's MES."""
    system = admin.search("mes.system", [["code", "=", BENCH.system]])
    return admin.call("mes.system", "issue_credential", system, kind="bearer")["secret"]


def test_a_bearer_key_opens_the_same_door(mes, event, key):
    answer = mes.post("events", json.dumps(event).encode(), SINGLE, {"Authorization": f"Bearer {key}"})
    assert answer.status_code == 202
    assert answer.json()["results"][0]["status"] == "stored"


NOT_READABLE = {
    "empty": b"",
    "not JSON": b"{",
    "two values": b"{}{}",
    "not UTF-8": b'{"id": "\xff\xfe"}',
    "a NUL": b'{"id": "a\\u0000b"}',
    "half a surrogate": b'{"id": "\\ud800"}',
    "a repeated key": b'{"id": "1", "id": "2"}',
    "not a number": b'{"data": {"x": NaN}}',
    "an endless number": b'{"data": {"x": 1e999}}',
    "a long integer": b'{"data": {"x": ' + b"9" * 5000 + b"}}",
    "a scalar": b'"event"',
    "nested deeply": b'{"data": ' + b"[" * 400_000 + b"]" * 400_000 + b"}",
    "nested too deeply to store": b'{"data": ' + b'{"a":' * 40 + b"1" + b"}" * 40 + b"}",
    "an array instead of an event": b"[]",
}


@pytest.mark.parametrize("path", ["events", "echo"])
@pytest.mark.parametrize("name", NOT_READABLE)
def test_what_cannot_be_read_is_refused(mes, stored, key, name, path):
    before = stored()
    problem = problem_of(mes.post(path, NOT_READABLE[name], SINGLE, {"Authorization": f"Bearer {key}"}), 400)
    assert problem["code"] == "json_invalid"
    assert stored() == before


@pytest.mark.parametrize("media", ["", "text/plain", "application/json", f"{SINGLE}; charset=latin-1"])
def test_other_media_types_are_refused(mes, event, stored, media):
    before = stored()
    problem = problem_of(mes.post("events", json.dumps(event).encode(), media), 415)
    assert problem["code"] == "media_type_unsupported"
    assert stored() == before


def test_a_batch_is_sent_as_a_batch(mes, event):
    problem_of(mes.post("events", json.dumps(event).encode(), BATCH), 400)
    problem_of(mes.post("events", b"[]", BATCH), 400)


@pytest.mark.parametrize(
    "body", [b" " * (MEGABYTE + 1), b"[" + b"{}," * 1000 + b"{}]"], ids=["a byte too long", "an event too many"]
)
def test_too_much_at_once_is_refused(mes, stored, body):
    before = stored()
    assert problem_of(mes.post("events", body, BATCH), 413)["code"] == "too_large"
    assert stored() == before


def test_the_largest_body_is_read(mes):
    problem_of(mes.post("events", b" " * MEGABYTE, SINGLE), 400)


INVALID = {
    "nothing in it": ({}, ["/data", "/id", "/source", "/specversion", "/time", "/type"]),
    "faults of the envelope": (
        {"id": "", "time": "today", "sequence": 0, "Source": "x"},
        ["/Source", "/id", "/sequence", "/time"],
    ),
    "faults of the data": (
        {"data": {"order": 5, "operation": "10", "extra": True}},
        ["/data/extra", "/data/order", "/data/work_center"],
    ),
}


@pytest.mark.parametrize("name", INVALID)
def test_every_fault_is_named_by_its_pointer(mes, event, stored, name):
    changes, pointers = INVALID[name]
    bad, before = ({**event, **changes} if changes else {}), stored()
    problem = problem_of(mes.send(bad), 422)
    assert problem["code"] == "schema_invalid"
    assert sorted(fault["pointer"] for fault in problem["errors"]) == pointers
    assert all(fault["detail"] for fault in problem["errors"])
    assert stored() == {
        **before,
        "messages": before["messages"] + 1,
        "quarantined": before["quarantined"] + 1,
    }, "kept once in quarantine, not applied"
    problem_of(mes.send(bad), 422)
    assert stored()["quarantined"] == before["quarantined"] + 1, "the same content again is not kept again"


@pytest.mark.parametrize(
    ("type_", "code"),
    [
        ("mes.coffee.brewed.v1", "type_unknown"),
        ("mes.operation.started.v9", "version_unsupported"),
        ("mes.order.released.v1", "not_authorized_for_type"),
    ],
)
def test_types_that_may_not_be_sent(mes, event, type_, code):
    assert problem_of(mes.send({**event, "type": type_}), 422)["code"] == code


def test_another_plant_is_not_theirs(mes, event):
    assert problem_of(mes.send({**event, "plant": "WH"}), 422)["code"] == "not_authorized_for_type"


def test_a_refused_event_is_answered_too(admin, mes, event):
    # A sender over MQTT gets no status code: the answer is all it learns.
    bad = {**event, "data": {}}
    problem_of(mes.send(bad), 422)
    answers = [["answers_id.event_id", "=", bad["id"]]]
    (answer,) = admin.read("mes.outbox.message", answers, ["event_type", "payload"])
    assert answer["event_type"] == "mes.message.rejected.v1"
    assert json.loads(answer["payload"])["data"]["code"] == "schema_invalid"


def test_one_id_with_two_contents_is_a_conflict(mes, event, stored):
    first = mes.take(event)[0]
    assert mes.take(event)[0] == {**first, "status": "duplicate"}
    before = stored()["messages"]
    other = {**event, "data": {**event["data"], "operator": "Olga"}}
    assert problem_of(mes.send(other), 409)["code"] == "identity_conflict"
    assert stored()["messages"] == before


@pytest.mark.parametrize("path", ["nothing", "events/more", "messages/no-such-message", "messages"])
def test_addresses_that_do_not_exist(mes, path):
    answer = requests.get(f"{mes.base}/{path}", headers=mes.signed(b""), timeout=TIMEOUT)
    problem_of(answer, 404)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "events", "POST"),
        ("PUT", "events", "POST"),
        ("DELETE", "echo", "POST"),
        ("POST", "messages/1", "GET"),
    ],
)
def test_methods_that_are_not_allowed(mes, method, path, allowed):
    answer = requests.request(method, f"{mes.base}/{path}", headers=mes.signed(b""), timeout=TIMEOUT)
    problem_of(answer, 405)
    assert allowed in answer.headers["Allow"]


def test_one_bad_event_does_not_stop_a_full_batch(mes, order, stored):
    def resumed() -> dict:
        return mes.event("mes.hold.released.v1", {"order": order.name})

    known, new = resumed(), [resumed() for _number in range(9)]
    (first,) = mes.take(known)
    bad, before = {**known, "id": "bad", "data": {}}, stored()
    results = mes.take([*new, *[known] * 500, bad, *[known] * 490])
    assert [one["status"] for one in results] == [
        *["stored"] * 9,
        *["duplicate"] * 500,
        "invalid",
        *["duplicate"] * 490,
    ]
    assert [fault["pointer"] for fault in results[509]["problem"]["errors"]] == ["/data/order"]
    assert {one["message"] for one in results if one["status"] == "duplicate"} == {first["message"]}
    assert stored()["messages"] == before["messages"] + 9 + 1
    wait_until(
        lambda: {mes.status(one["message"]).json()["state"] for one in results[:9]} == {"done"},
        "the good events to be applied",
        timeout=30,
    )
