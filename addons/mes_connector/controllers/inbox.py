"""The events endpoint and its echo: size, system, signature, schema, store, answer; nothing is applied here."""

from odoo import SUPERUSER_ID
from odoo.http import Controller, request, route

from ..core import errors
from ..core.envelope import MAX_BODY_BYTES
from .respond import PROBLEM, answer, machine_endpoint, plain_problem, problem_of

ANY_METHOD = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
ROUTE = {
    "type": "http",
    "auth": "none",
    "methods": ANY_METHOD,
    "csrf": False,
    "save_session": False,
    "readonly": False,
}


def room(name):
    """A model of ours as the system user: who is calling is settled by the credential, not by an Odoo login.

    The request itself becomes the system user's: Odoo writes what is pending in the request's own environment.
    """
    if request.env.uid != SUPERUSER_ID:
        request.update_env(user=SUPERUSER_ID)
    return request.env[name]


def identify(system_code, body):
    """The calling system; raises ``not_authenticated``."""
    return room("mes.identity")._identify(system_code, request.httprequest.headers, body)


def read_events(caller, body):
    """``(is_batch, readings)`` of a request's body."""
    return room("mes.intake")._read(caller, body, request.httprequest.content_type or "")


def read_body():
    """The raw body, at most :data:`MAX_BODY_BYTES`; raises ``too_large``.

    Not the route's own ``max_content_length``: Odoo would answer that with a page. Its general limit stands above.
    """
    if (request.httprequest.content_length or 0) > MAX_BODY_BYTES:
        raise errors.error("too_large")
    return request.httprequest.get_data()


class InboxController(Controller):
    @route("/mes/v1/<string:system_code>/events", **ROUTE)
    @machine_endpoint
    def receive(self, system_code, **_query):
        """Take one event or a batch: stored once, answered ``202`` after the commit with an id for each."""
        if request.httprequest.method != "POST":
            return plain_problem(405, "Events are posted.", [("Allow", "POST")])
        body = read_body()
        caller = identify(system_code, body)
        is_batch, readings = read_events(caller, body)
        results = room("mes.intake")._store(caller, readings)
        return self._answer(is_batch, results)

    @route("/mes/v1/<string:system_code>/echo", **ROUTE)
    @machine_endpoint
    def echo(self, system_code, **_query):
        """Say what would become of the events now; nothing is stored."""
        if request.httprequest.method != "POST":
            return plain_problem(405, "Events are posted.", [("Allow", "POST")])
        body = read_body()
        caller = identify(system_code, body)
        _is_batch, readings = read_events(caller, body)
        results = room("mes.dispatcher")._rehearse(caller, readings)
        request.env.cr.rollback()
        return answer(200, {"results": results})

    def _answer(self, is_batch, results):
        """One result per event; a request in which nothing was good is a problem as a whole."""
        shown = [self._result(result) for result in results]
        problems = [result["problem"] for result in shown if "problem" in result]
        if not is_batch and problems:
            return answer(problems[0]["status"], problems[0], PROBLEM)
        if len(problems) == len(shown):
            whole = problem_of(errors.error("schema_invalid"))
            return answer(422, dict(whole, detail="No event of the batch was valid.", results=shown), PROBLEM)
        return answer(202, {"results": shown})

    def _result(self, result):
        error = result.get("error")
        if result["status"] == "conflict":
            error = errors.error("identity_conflict")
        shown = {name: value for name, value in result.items() if name != "error"}
        return dict(shown, problem=problem_of(error)) if error else shown
