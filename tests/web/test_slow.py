"""Who sends or reads slowly, or not at all, keeps nobody else from being answered."""

import os
import socket
import threading
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from indexer.library import Library
from indexer.pipeline import Recipe, index
from search.engine import Engine
from shotseek.draw import write_video
from tests.web.conftest import FPS, RED, scene
from tests.web.test_access import app_of
from tests.web.test_limits import said, served
from web import serving
from web.site import MAX_STREAMS

HEALTH = "GET /api/v1/health HTTP/1.1\nHost: localhost"
BEGUN = (
    b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
    b"POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000\r\n\r\n",
)


def test_who_sends_a_byte_now_and_then_is_silent(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as there may be begin a head, or a body, and go on with it for ever. Seen failing: with
    waitress's own channel nobody else was answered."""
    monkeypatch.setattr(serving, "SILENCE_S", 1)
    ended = threading.Event()
    lines: list[socket.socket] = []

    def trickle() -> None:
        while not ended.wait(0.1):
            for line in lines:
                with suppress(OSError):  # the server has closed it
                    line.send(b"x")

    with ExitStack() as stack:
        port = stack.enter_context(served(app_of(engine)))
        for number in range(serving.CONNECTIONS):
            line = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            line.sendall(BEGUN[number % 2])
            lines.append(line)
        thread = threading.Thread(target=trickle)
        thread.start()
        stack.callback(thread.join)
        stack.callback(ended.set)
        assert said(port, HEALTH) == 200


@pytest.mark.parametrize("range_", ["Range: bytes=1000-\r\n", ""], ids=["range", "whole"])
def test_who_reads_nothing_holds_no_thread(tmp_path: Path, range_: str) -> None:
    """More players than there are threads stand still in a large film. Seen failing: with what werkzeug makes
    of a range nobody else was answered."""
    film = tmp_path / "films/large.mp4"
    film.parent.mkdir()
    write_video(film, scene(RED, 1), fps=FPS)
    with Library.open(tmp_path / "library", create=True) as library, Engine(library) as made:
        for _ in index(library, [film], Recipe(("palette",), detector="fixed:2")):
            pass
        os.truncate(film, 64 << 20)
        head = f"GET /media/1 HTTP/1.1\r\nHost: localhost\r\n{range_}\r\n"
        with ExitStack() as stack:
            port = stack.enter_context(served(app_of(made)))
            with urlopen(
                Request(f"http://127.0.0.1:{port}/media/1", headers={"Range": "bytes=9-99"})
            ) as answer:
                assert answer.read() == film.read_bytes()[9:100]
            for _ in range(2 * (serving.THREADS + MAX_STREAMS)):
                line = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
                line.sendall(head.encode())
            assert said(port, HEALTH) == 200
            assert line.recv(12) == (b"HTTP/1.1 206" if range_ else b"HTTP/1.1 200")
