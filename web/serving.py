"""The server under the application: waitress, told what it may read, wait for and believe."""

import socket
from typing import Any

from apiflask import APIFlask
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import BaseWSGIServer, create_server
from waitress.utilities import RequestEntityTooLarge

from indexer.catalog import Role
from web.access import TABLE, visitor
from web.site import MAX_STREAMS
from web.uploads import MAX_UPLOAD

THREADS = 8
"""requests answered at once; they share one library and one encoder. Open streams of events come on top."""
LOOKAHEAD = 1
"""requests read ahead, so that the server notices when whoever listens to events has gone"""
CONNECTIONS = 200
SILENCE_S = 60
"""after which a connection that says nothing is closed"""
NEXT_TO_NOTHING = 16 << 10
"""bytes: who sends fewer in that time, and has not ended the request, has said nothing"""
MAX_BODY = 8 << 20
"""bytes of a request that is no upload, or comes from somebody who may send none"""
UPLOADS = {"/upload": "pages.upload", "/api/v1/search": "api.post_search"}
PART = "/api/v1/uploads/"
FORWARDED = {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"}


def make_server(app: APIFlask, listening: socket.socket, *, proxy: str = "") -> BaseWSGIServer:
    """A server that `run` starts and `close` ends.

    Args:
        proxy: the address of a proxy that is believed when it says for whom it asks; empty for none, and what
            others say of that sort is thrown away
    """
    options: dict[str, Any] = {"trusted_proxy": proxy, "trusted_proxy_headers": FORWARDED} if proxy else {}
    server = create_server(
        app,
        sockets=[listening],
        threads=THREADS + MAX_STREAMS,
        ident=None,
        channel_request_lookahead=LOOKAHEAD,
        connection_limit=CONNECTIONS,
        channel_timeout=SILENCE_S,
        cleanup_interval=SILENCE_S / 4,
        max_request_header_size=32 << 10,
        max_request_body_size=MAX_UPLOAD,
        **options,
    )
    if not isinstance(server, BaseWSGIServer):
        raise AssertionError("one socket makes one server")
    server.channel_class = _channel(app)
    return server


def body_limit(app: APIFlask, path: str, headers: dict[str, str]) -> int:
    """How many bytes a request may bring, judged when only its head has come: nobody fills the disk with what
    would be refused afterwards.

    Args:
        headers: as waitress has them, ``CONTENT_LENGTH``
    """
    endpoint = "uploads.add_part" if path.startswith(PART) else UPLOADS.get(path)
    if endpoint is None:
        return MAX_BODY
    sent = {
        name: headers[key]
        for name, key in (("Cookie", "COOKIE"), ("Authorization", "AUTHORIZATION"))
        if key in headers
    }
    return (
        MAX_UPLOAD
        if any(_role(app, scheme, sent) >= TABLE[endpoint] for scheme in ("http", "https"))
        else MAX_BODY
    )


def _role(app: APIFlask, scheme: str, headers: dict[str, str]) -> Role:
    try:
        with app.test_request_context(
            base_url=f"{scheme}://localhost", headers=headers, environ_base={"REMOTE_ADDR": "127.0.0.1"}
        ):
            return visitor().role
    except Exception:  # the application says what is wrong with it, once the little that may come is there
        return Role.NOBODY


def _channel(app: APIFlask) -> type[HTTPChannel]:
    class Parser(HTTPRequestParser):
        """Refuses a body that is too large before reading it."""

        limit: int | None = None
        path = ""

        def received(self, data: bytes) -> int:
            consumed: int = super().received(data)
            if self.headers_finished and not self.error:
                size = max(self.content_length, self.body_bytes_received)
                if size > MAX_BODY and self.limit is None:
                    self.limit = body_limit(app, str(self.path), dict(self.headers))
                if self.limit is not None and size > self.limit:
                    self.error = RequestEntityTooLarge(f"more than {self.limit >> 20} MiB")
                    self.completed = True
            return consumed

    class Channel(HTTPChannel):
        """Is not kept open by a byte now and then."""

        parser_class = Parser
        said = 0
        said_at = 0.0

        def received(self, data: bytes) -> bool:
            begins = self.request is None
            taken: bool = super().received(data)
            self.said += len(data)
            if begins or self.request is None or self.said >= NEXT_TO_NOTHING:
                self.said, self.said_at = 0, self.last_activity
            else:
                self.last_activity = self.said_at
            return taken

    return Channel
