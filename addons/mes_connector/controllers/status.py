"""What became of a message, for its sender; and a plain answer to addresses that do not exist."""

from odoo.http import Controller, request, route

from .inbox import ROUTE, identify, room
from .respond import answer, machine_endpoint, plain_problem


class StatusController(Controller):
    @route("/mes/v1/<string:system_code>/messages/<string:message>", **ROUTE)
    @machine_endpoint
    def status(self, system_code, message, **_query):
        """State, answer and effects of one message of the calling system."""
        if request.httprequest.method != "GET":
            return plain_problem(405, "The status is read.", [("Allow", "GET")])
        caller = identify(system_code, b"")
        found = room("mes.inbox.message").search([("uuid", "=", message), ("system_id", "=", caller.id)])
        if not found:
            return plain_problem(404, "This system has sent no such message.")
        return answer(200, found._to_status())

    @route("/mes/v1/<path:anything>", **ROUTE)
    @machine_endpoint
    def nothing_here(self, anything, **_query):
        """Addresses that do not exist answer in the language of the ones that do."""
        return plain_problem(404, "There is no such address.")
