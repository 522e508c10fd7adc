"""``shotseek serve``: the page and the JSON API on this machine."""

import logging
import os
import signal
import socket
import webbrowser
from typing import TYPE_CHECKING

import click

from plugins.errors import SettingsError
from shotseek.cli import options, output

if TYPE_CHECKING:
    from indexer.service import IndexService

LOOKAHEAD = 1
"""requests read ahead, so that the server notices when whoever listens to events has gone"""
THREADS = 8
"""requests answered at once; they share one library and one encoder. Open streams of events come on top."""


@click.command(short_help="Serve the page on this machine.")
@options.library
@options.setting("host", "--host", "Address to serve on", metavar="HOST")
@options.setting("port", "--port", "Port to serve on; 0 takes a free one", metavar="PORT")
@click.option("--open", "open_page", is_flag=True, help="Open the page in the browser.")
@options.as_json
def serve(library: str | None, host: str | None, port: str | None, open_page: bool, as_json: bool) -> None:
    """Serves the page and the JSON API until stopped by Ctrl-C, indexes what is asked for there, and what is
    new in watched folders. The library is made where there is none.

    On this machine only: this version has no passwords yet.
    """
    from shotseek.videolibrary import open_library

    with open_library(library, create=True, host=host, port=port) as opened, opened.service() as service:
        from waitress import serve as serve_forever

        from web import create_app
        from web.site import MAX_STREAMS

        app = create_app(opened.engine, service)
        listening = _listen(opened.settings.host, opened.settings.port)
        url = _url(listening)
        if as_json:
            output.emit({"url": url})
        else:
            output.say(f"Shotseek is at {url} (Ctrl-C stops it)")
        if open_page:
            webbrowser.open(url)
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a short queue is no news
        _stop_by_signals(service)
        threads = THREADS + MAX_STREAMS
        serve_forever(
            app, sockets=[listening], threads=threads, ident=None, channel_request_lookahead=LOOKAHEAD
        )
    output.note("stopped")


def _stop_by_signals(service: "IndexService") -> None:
    """Open streams end at once, so that nothing is waited for."""

    def stop(*_: object) -> None:
        service.end()
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        why = os.strerror(error.errno or 0)
        raise SettingsError(f"cannot serve on {host}, port {port}: {why}; try another --port") from error


def _url(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
