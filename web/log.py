"""What the server writes down: every request, by its route, and every error. Never an address as it was
asked, a query, a cookie, a key or a name of a file.
"""

import json
import logging
import secrets
import time
from datetime import UTC, datetime
from enum import StrEnum

from flask import Flask, Response, g, has_request_context, request

from web.site import site

REQUESTS = "shotseek.requests"
STANDARD = logging.makeLogRecord({}).__dict__.keys() | {"message", "asctime"}


class LogFormat(StrEnum):
    """How it is written."""

    TEXT = "text"
    """for people: only what goes wrong"""
    JSON = "json"
    """for programs: one object a line, requests as well"""


class JsonFormatter(logging.Formatter):
    """One record as one line of JSON, whatever is in it. What was given as ``extra`` stands beside."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: value for name, value in vars(record).items() if name not in STANDARD}
        if has_request_context():
            line.setdefault("request", request_id())
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def register(app: Flask) -> None:
    """Gives every request a number, which its answer carries, and writes down how it was answered."""
    app.before_request(_begin)
    app.after_request(_end)


def request_id() -> str:
    """The number of the current request."""
    if "request_id" not in g:
        g.request_id = secrets.token_hex(8)
    return str(g.request_id)


def _begin() -> None:
    g.began = time.perf_counter()
    request_id()


def _end(response: Response) -> Response:
    seconds = time.perf_counter() - g.get("began", time.perf_counter())
    route = "none" if request.url_rule is None else request.url_rule.rule
    method = request.method if request.method in METHODS else "other"
    site().metrics.answered(method, route, response.status_code, seconds)
    response.headers["X-Request-ID"] = request_id()
    who = g.get("visitor")
    logging.getLogger(REQUESTS).info(
        "%s %s %d",
        method,
        route,
        response.status_code,
        extra={
            "method": method,
            "route": route,
            "status": response.status_code,
            "ms": round(1_000 * seconds, 1),
            "account": who.name if who else "",
            "address": request.remote_addr,
        },
    )
    return response


METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""others have one name in the counts, so that nobody can make them grow"""
