"""Answers as JSON: results, and problems after RFC 9457; one place, so that no traceback can reach a caller."""

import functools
import json
import logging

from psycopg2 import OperationalError
from werkzeug.exceptions import RequestEntityTooLarge

from odoo.exceptions import ConcurrencyError
from odoo.http import Response, request

from ..core import errors

_logger = logging.getLogger(__name__)

PROBLEM = "application/problem+json"
TITLES = {
    400: "Bad request",
    401: "Not authenticated",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    413: "Too large",
    415: "Unsupported media type",
    422: "Not valid",
    500: "Internal error",
}


def answer(status, body, media_type="application/json", headers=()):
    """A JSON response."""
    return Response(json.dumps(body, ensure_ascii=False), status=status, content_type=media_type, headers=list(headers))


def problem_of(error):
    """The problem object of an :class:`IntegrationError` (RFC 9457, with ``code`` and ``errors`` as extensions)."""
    status = error.spec.http_status or 422
    body = {
        "type": f"urn:mes:error:{error.code}",
        "title": TITLES.get(status, "Refused"),
        "status": status,
        "detail": str(error),
        "code": error.code,
        "hint": error.spec.hint,
    }
    if error.errors:
        body["errors"] = [{"pointer": fault.pointer, "detail": fault.detail} for fault in error.errors]
    return body


def refuse(error):
    """The problem response of an :class:`IntegrationError`."""
    body = problem_of(error)
    headers = [("WWW-Authenticate", "Bearer")] if body["status"] == 401 else []
    return answer(body["status"], body, PROBLEM, headers)


def plain_problem(status, detail, headers=()):
    """A problem without a code of its own, such as a wrong method or address."""
    body = {"type": "about:blank", "title": TITLES[status], "status": status, "detail": detail}
    return answer(status, body, PROBLEM, headers)


def machine_endpoint(endpoint):
    """Wrap a route so that whatever happens is answered as a problem; conflicts still reach Odoo's own retry."""

    @functools.wraps(endpoint)
    def wrapped(*args, **kwargs):
        try:
            return endpoint(*args, **kwargs)
        except errors.IntegrationError as error:
            return refuse(error)
        except RequestEntityTooLarge:
            return refuse(errors.error("too_large"))
        except (OperationalError, ConcurrencyError):
            raise
        except Exception:
            _logger.exception("mes: request to %s failed", request.httprequest.path)
            request.env.cr.rollback()
            return plain_problem(500, "The request could not be handled. Try again; if it lasts, tell the operators.")

    return wrapped
