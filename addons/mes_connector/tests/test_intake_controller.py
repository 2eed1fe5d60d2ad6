"""The HTTP doors over a real socket: each gate valid, missing and invalid; what is wrong is a problem document."""

import json
import time

from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ..core import signature
from ..core.envelope import MAX_BODY_BYTES
from ..core.states import InboxState, SystemState
from .common import MesCase

SINGLE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"


@tagged("post_install", "-at_install", "mes")
class TestIntakeController(MesCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.secret = self.system.issue_credential("signature")["secret"]
        self.key = self.system.issue_credential("bearer")["secret"]
        self.order = self.release(quantity=10)

    def started(self, **envelope):
        return self.event("operation.started", self.order, operation="10", work_center="ASM1", envelope=envelope)

    def post(self, body, path="events", code="mes-north", media_type=SINGLE, headers=None):
        """POST ``body`` (an object or raw bytes), signed unless ``headers`` are given."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        if headers is None:
            headers = signature.headers([self.secret], "m-1", int(time.time()), raw)
        return self.url_open(f"/mes/v1/{code}/{path}", data=raw, headers={"Content-Type": media_type, **headers})

    def get(self, path, headers=None):
        if headers is None:
            headers = signature.headers([self.secret], "m-1", int(time.time()), b"")
        return self.url_open(path, headers=headers)

    def rows(self):
        return self.env["mes.inbox.message"].search_count([("system_id", "=", self.system.id)])

    def assertProblem(self, response, status, code=None):
        self.assertEqual(response.status_code, status, response.text)
        self.assertEqual(response.headers["Content-Type"], "application/problem+json")
        problem = response.json()
        self.assertEqual(problem["status"], status)
        self.assertNotIn("Traceback", response.text)
        if code:
            self.assertEqual(problem["code"], code)
        return problem

    def test_one_event(self):
        response = self.post(self.started())
        self.assertEqual(response.status_code, 202, response.text)
        result = response.json()["results"][0]
        self.assertEqual(result["status"], "stored")
        row = self.env["mes.inbox.message"].search([("uuid", "=", result["message"])])
        self.assertEqual((row.state, row.system_id), (InboxState.PENDING.value, self.system))
        status = self.get(result["status_url"])
        self.assertEqual((status.status_code, status.json()["state"]), (200, "pending"))

    def test_the_status_tells_the_answer_and_the_effects(self):
        item = {"product": "GBX-100", "quantity": self.quantity(4), "lot": "F1"}
        good = self.post(self.event("production.reported", self.order, items=[item])).json()["results"][0]
        lost = dict(item, product="NOBODY")
        parked = self.post(self.event("production.reported", self.order, items=[lost])).json()["results"][0]
        self.drain()
        shown = self.get(good["status_url"]).json()
        self.assertEqual((shown["answer"]["outcome"], shown["order"]), ("accepted", self.order.mes_reference))
        self.assertEqual(shown["effects"][0]["lot"], "F1")
        shown = self.get(parked["status_url"]).json()
        self.assertEqual((shown["state"], shown["parked"]["waiting_for"]), ("parked", "product:NOBODY"))

    def test_a_duplicate_gets_the_first_answer(self):
        event = self.started()
        first, again = self.post(event).json()["results"][0], self.post(event).json()["results"][0]
        self.assertEqual((again["status"], again["message"]), ("duplicate", first["message"]))
        self.assertProblem(self.post(dict(event, time="2026-11-22T12:00:00Z")), 409, "identity_conflict")
        self.assertEqual(self.rows(), 1)

    def test_a_batch_is_answered_item_by_item(self):
        bad = dict(self.started(), type="mes.operation.dreamt.v1")
        response = self.post([self.started(), bad], media_type=BATCH)
        self.assertEqual(response.status_code, 202, response.text)
        good, refused = response.json()["results"]
        self.assertEqual((good["status"], refused["status"]), ("stored", "invalid"))
        self.assertEqual(refused["problem"]["code"], "type_unknown")
        self.assertProblem(self.post([dict(bad, id="x")], media_type=BATCH), 422)

    def test_bearer_keys(self):
        self.assertEqual(self.post(self.started(), headers={"Authorization": f"Bearer {self.key}"}).status_code, 202)
        for wrong in ("Bearer", "Bearer x", f"Bearer {self.key}x", f"Basic {self.key}", "Bearer ü"):
            self.assertProblem(self.post(self.started(), headers={"Authorization": wrong.encode()}), 401)

    def test_who_is_not_authenticated_is_only_counted(self):
        event = self.started()
        raw = json.dumps(event).encode()
        now = int(time.time())
        signed = signature.headers([self.secret], "m-1", now, raw)
        old = signature.headers([self.secret], "m-1", now - 301, raw)
        foreign = signature.headers([signature.new_secret(b"x" * 32)], "m-1", now, raw)
        before = self.rows()
        answers = [
            self.post(event, headers={}),
            self.post(event, code="nobody", headers=signed),
            self.post(event, headers=old),
            self.post(event, headers=foreign),
            self.post(event, headers={"webhook-id": "m-1"}),
            self.post(event, headers=dict(signed, **{"webhook-signature": "garbage"})),
            self.post(dict(event, id="other"), headers=signed),
        ]
        bodies = {self.assertProblem(answer, 401, "not_authenticated")["detail"] for answer in answers}
        self.assertEqual(len(bodies), 1, "uniform: nothing tells which part failed")
        self.assertEqual(self.rows(), before)
        counted = self.env["mes.counter"].search([("name", "=", "not_authenticated")])
        self.assertEqual(sum(counted.mapped("value")), len(answers))

    def test_revoked_expired_draft_and_paused(self):
        headers = {"Authorization": f"Bearer {self.key}"}
        self.system.state = SystemState.DRAFT.value
        self.assertProblem(self.post(self.started(), headers=headers), 401)
        self.system.action_activate()
        self.system.action_pause()
        self.assertEqual(self.post(self.started(), headers=headers).status_code, 202, "it is kept")
        bearer = self.system.credential_ids.filtered(lambda one: one.kind == "bearer")
        bearer.expires_at = "2026-01-01"
        self.assertProblem(self.post(self.started(), headers=headers), 401)
        bearer.expires_at = False
        self.assertEqual(self.post(self.started(), headers=headers).status_code, 202)
        bearer.action_revoke()
        self.assertProblem(self.post(self.started(), headers=headers), 401)

    def test_bad_bodies(self):
        self.assertProblem(self.post(b"{not json"), 400, "json_invalid")
        self.assertProblem(self.post(b"\xff\xfe"), 400, "json_invalid")
        self.assertProblem(self.post(b"[]", media_type=BATCH), 400)
        self.assertProblem(self.post(self.started(), media_type="text/plain"), 415, "media_type_unsupported")
        self.assertProblem(self.post(self.started(), media_type="application/json"), 415)
        self.assertProblem(self.post(b" " * (MAX_BODY_BYTES + 1)), 413, "too_large")
        self.assertFalse(self.rows())

    def test_every_fault_has_its_pointer_and_the_event_is_quarantined(self):
        event = self.event("operation.confirmed", self.order, operation="10", good={"value": -1}, surprise=1)
        del event["time"]
        event["specversion"] = "0.3"
        problem = self.assertProblem(self.post(event), 422, "schema_invalid")
        self.assertTrue({"/specversion", "/time"} <= {fault["pointer"] for fault in problem["errors"]})
        event.update(specversion="1.0", time="2026-11-22T10:00:00Z")
        problem = self.assertProblem(self.post(event), 422, "schema_invalid")
        pointers = {fault["pointer"] for fault in problem["errors"]}
        self.assertTrue({"/data/good/value", "/data/good/uom", "/data/surprise", "/data/minutes"} <= pointers, pointers)
        self.post(event)
        self.assertProblem(self.post({"source": "/x"}), 422, "schema_invalid")
        kept = self.env["mes.inbox.message"].search([("is_quarantined", "=", True)])
        self.assertEqual(len(kept), 3, "each content once")
        self.assertIn(
            (event["id"], event["source"], event["type"]), [(one.event_id, one.source, one.event_type) for one in kept]
        )
        self.assertTrue(all(one.answer_ids.event_type == "mes.message.rejected.v1" for one in kept))
        self.assertEqual(set(kept.mapped("state")), {InboxState.REJECTED.value})
        self.assertTrue(all(kept.mapped("case_id")), "and it has an owner")
        self.assertEqual(
            self.post(self.started(id=event["id"])).status_code, 202, "the corrected event may keep its id"
        )

    def test_what_a_system_may_not_send(self):
        route = self.system.route_ids.filtered(lambda one: one.event_type == "mes.operation.started.v1")
        route.active = False
        self.assertProblem(self.post(self.started()), 422, "not_authorized_for_type")
        route.active = True
        self.assertProblem(self.post(self.started(plant="ELSE")), 422, "not_authorized_for_type")
        outbound = dict(self.started(), type="mes.order.posted.v1")
        self.assertProblem(self.post(outbound), 422, "not_authorized_for_type")
        self.assertProblem(self.post(dict(self.started(), type="mes.operation.started.v9")), 422, "version_unsupported")

    def test_echo_says_what_would_happen_and_stores_nothing(self):
        item = {"product": "GBX-100", "quantity": self.quantity(4), "lot": "F1"}
        events = [
            self.event("production.reported", self.order, items=[item]),
            self.event("production.reported", "NO/SUCH/ORDER", items=[item]),
            self.event("production.reported", self.order, items=[dict(item, quantity=self.quantity(400))]),
            dict(self.started(), type="mes.operation.dreamt.v1"),
        ]
        response = self.post(events, path="echo", media_type=BATCH)
        self.assertEqual(response.status_code, 200, response.text)
        self.env.invalidate_all()
        self.assertEqual((self.rows(), self.on_hand(self.gearbox)), (0, 0), "nothing stays")
        results = response.json()["results"]
        self.assertEqual(
            [(one["would"], one["code"]) for one in results],
            [
                ("accept", "accepted"),
                ("park", "unknown_order"),
                ("reject", "over_delivery"),
                ("reject", "type_unknown"),
            ],
        )
        self.assertEqual(results[0]["effects"][0]["quantity"], {"value": 4, "uom": "C62"})
        known = self.started()
        self.post(known)
        again = self.post([known, dict(known, subject="other")], path="echo", media_type=BATCH).json()["results"]
        self.assertEqual([one["would"] for one in again], ["duplicate", "reject"])
        self.assertEqual(again[1]["code"], "identity_conflict")

    def test_other_addresses_and_methods(self):
        self.assertProblem(self.get("/mes/v1/mes-north/nowhere"), 404)
        self.assertProblem(self.get("/mes/v1/mes-north/events"), 405)
        self.assertProblem(self.get("/mes/v1/mes-north/messages/none"), 404)
        other = self.env["mes.system"].create({"name": "Other", "code": "other", "state": "active"})
        stored = self.post(self.started()).json()["results"][0]
        headers = {"Authorization": "Bearer " + other.issue_credential("bearer")["secret"]}
        foreign = self.get(stored["status_url"].replace("mes-north", "other"), headers)
        self.assertProblem(foreign, 404)

    @mute_logger("odoo.addons.mes_connector.controllers.respond")
    def test_our_own_fault_is_a_problem_too(self):
        intake = type(self.env["mes.intake"])
        self.patch(intake, "_store", lambda *_args: 1 / 0)
        self.assertProblem(self.post(self.started()), 500)
