"""Errors as answers: one JSON shape under /api/, one page elsewhere, and never a stack trace.

{"error": {"code": "not-found", "message": "no video 7"}}
"""

from http import HTTPStatus
from typing import Any

from apiflask import APIFlask, HTTPError
from flask import Response, current_app, jsonify, request
from pydantic import ValidationError
from werkzeug import exceptions
from werkzeug.exceptions import HTTPException, InternalServerError

from plugins.errors import (
    InvalidQuery,
    InvalidValue,
    LibraryError,
    MediaError,
    NotFound,
    PluginError,
    ShotseekError,
    Unsupported,
)
from plugins.messages import Message
from web.explain import WORDS
from web.log import request_id
from web.refusals import told
from web.render import ErrorPage, render
from web.texts import answered, later
from web.texts import gettext as _

STATUS: dict[type[ShotseekError], HTTPStatus] = {
    NotFound: HTTPStatus.NOT_FOUND,
    InvalidQuery: HTTPStatus.UNPROCESSABLE_ENTITY,
    InvalidValue: HTTPStatus.UNPROCESSABLE_ENTITY,
    Unsupported: HTTPStatus.UNPROCESSABLE_ENTITY,
    MediaError: HTTPStatus.UNPROCESSABLE_ENTITY,
    PluginError: HTTPStatus.UNPROCESSABLE_ENTITY,
    LibraryError: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""The status of each branch of our errors; what is in none of them is our own fault."""

CODES = {
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too-large",
    HTTPStatus.UNPROCESSABLE_ENTITY: "invalid",
    HTTPStatus.INTERNAL_SERVER_ERROR: "internal",
}


ERROR_SCHEMA = {
    "title": "Error",
    "description": "The body of every answer that is not a success.",
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": {
                    "type": "string",
                    "description": "Stable, for programs: `not-found`, `invalid`, `too-large`, …",
                },
                "message": {"type": "string", "description": "One line for a person."},
            },
        }
    },
}

ORDINARY = (
    later("Bad Request"),
    later("Forbidden"),
    later("Internal Server Error"),
    later("Method Not Allowed"),
    later("Not Found"),
    later("Service Unavailable"),
    later("Too Many Requests"),
    later("Unauthorized"),
    later("Unprocessable Entity"),
    later("Request Entity Too Large"),
    later("The data value transmitted exceeds the capacity limit."),
)
"""What HTTP and Werkzeug call what goes wrong on pages."""
NOWHERE = Message("There is nothing at this address. It may be mistyped, or what was there has been removed.")

EVERYWHERE = {
    "400": "The request cannot be read, or asks another host than this machine",
    "403": "Another site may not send anything here, and another machine not everything",
}
"""what any route may answer before it is reached"""


def document(spec: dict[Any, Any] | str) -> dict[Any, Any] | str:
    """The OpenAPI document with `EVERYWHERE` in it."""
    assert isinstance(spec, dict), "JSON is asked for, not YAML"
    body = {"application/json": {"schema": {"$ref": "#/components/schemas/HTTPError"}}}
    for operations in spec["paths"].values():
        for operation in operations.values():
            for status, text in EVERYWHERE.items():
                operation["responses"].setdefault(status, {"description": text, "content": body})
    return spec


def register(app: APIFlask) -> None:
    """Makes every error of an application answer in the shape above."""
    app.register_error_handler(HTTPError, _validation_failed)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(ShotseekError, _ours)
    app.register_error_handler(Exception, _unexpected)


def status_of(error: ShotseekError) -> HTTPStatus:
    """The status that one of our errors is answered with."""
    return next(
        (status for kind, status in STATUS.items() if isinstance(error, kind)),
        HTTPStatus.INTERNAL_SERVER_ERROR,
    )


def message_of(error: ShotseekError) -> Message:
    """What a visitor is told. The only media file that a visitor has to do with is the one that was sent."""
    if isinstance(error, MediaError):
        return Message("What you sent cannot be used. %(why)s", why=Message(WORDS[error.reason][0]))
    return error.message


def _answer(status: HTTPStatus, message: str, headers: dict[str, str] | None = None) -> Response:
    if request.path.startswith("/api/"):
        code = CODES.get(status, status.phrase.lower().replace(" ", "-"))
        response = jsonify(error={"code": code, "message": answered(message)})
    else:
        page = ErrorPage(title=_(status.phrase), status=int(status), message=message)
        response = render("error.html", page)
    response.status_code = status
    response.headers.update(headers or {})
    return response


def _validation_failed(error: HTTPError) -> Response:
    """What a route refuses: its parameters, or what it aborts with."""
    cause = error.__cause__
    message = told(cause.errors()) if isinstance(cause, ValidationError) else _as_message(error.message or "")
    return _answer(HTTPStatus(error.status_code), message)


def _http(error: HTTPException) -> Response:
    status = HTTPStatus(error.code or 500)
    headers = {name: value for name, value in error.get_headers() if name != "Content-Type"}
    nowhere = error.description == exceptions.NotFound.description
    description = NOWHERE if nowhere else _as_message(error.description or status.phrase)
    return _answer(status, description, headers)


def _as_message(text: str) -> Message:
    return text if isinstance(text, Message) else Message(text)


def _ours(error: ShotseekError) -> Response:
    status = status_of(error)
    if status is HTTPStatus.INTERNAL_SERVER_ERROR:
        return _unexpected(error)
    return _answer(status, message_of(error))


def _unexpected(error: Exception) -> Response:
    """Details go to the log under a number that the client is told; nothing else leaves."""
    number = request_id()
    current_app.logger.error("error %s at %s %r", number, request.method, request.path, exc_info=error)
    return _answer(
        HTTPStatus(InternalServerError.code),
        Message(
            "Something went wrong here. The server's log has the details under %(number)s.", number=number
        ),
    )
