"""A little server that speaks the part of the Hugging Face hub's protocol that fetching a file needs."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from plugins.download import git_digest

COMMIT = "a" * 40


@dataclass
class Hub:
    """What the server holds, and what it was asked."""

    url: str
    files: dict[str, bytes] = field(default_factory=dict)
    """by path: ``timm/test_resnet.r160_in1k/model.safetensors``"""
    lies: dict[str, bytes] = field(default_factory=dict)
    """what is sent instead, under the promise of the true file"""
    small: set[str] = field(default_factory=set)
    """those of which git's digest is told, as the hub does of all that is no weights"""
    digests: bool = True
    """whether a file's digest is told"""
    asked: list[str] = field(default_factory=list)


def _handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._answer(body=False)

        def do_GET(self) -> None:
            self._answer(body=True)

        def _answer(self, *, body: bool) -> None:
            hub.asked.append(f"{self.command} {self.path}")
            repository, _, rest = self.path.strip("/").partition("/resolve/")
            path = f"{repository}/{rest.partition('/')[2]}" if rest else repository
            if path not in hub.files:
                self.send_response(404)
                self.send_header("X-Error-Code", "EntryNotFound")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            content = hub.lies.get(path, hub.files[path])
            digest = hashlib.sha256(hub.files[path]).hexdigest() if hub.digests else "0" * 40
            if path in hub.small:
                digest = git_digest(hub.files[path])
            self.send_response(200)
            self.send_header("ETag", f'"{digest}"')
            self.send_header("X-Linked-Etag", f'"{digest}"')
            self.send_header("X-Linked-Size", str(len(content)))
            self.send_header("X-Repo-Commit", COMMIT)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if body:
                self.wfile.write(content)

        def log_message(self, *_: object) -> None: ...

    return Handler


@contextmanager
def serve() -> Iterator[Hub]:
    """A hub on a free port of this machine."""
    hub = Hub("")
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(hub)) as server:
        hub.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield hub
        finally:
            server.shutdown()
            thread.join()
