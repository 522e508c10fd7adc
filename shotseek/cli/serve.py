"""``shotseek serve``: the page and the JSON API, for this machine or, with accounts, for others."""

import logging
import os
import signal
import socket
import sys
import tempfile
import webbrowser
from contextlib import closing
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

import click

from plugins.errors import SettingsError
from shotseek.cli import options, output

if TYPE_CHECKING:
    from indexer.catalog import Catalog
    from shotseek.settings import Settings
    from web.access import Exposure
    from web.site import Site


@click.command(short_help="Serve the page.")
@options.library
@options.setting("host", "--host", "Address to serve on", metavar="HOST")
@options.setting("port", "--port", "Port to serve on; 0 takes a free one", metavar="PORT")
@options.setting("names", "--name", "Host name to answer to; may be repeated", multiple=True, metavar="NAME")
@options.setting("proxy", "--proxy", "Address of a reverse proxy in front", metavar="ADDRESS")
@options.setting("log_format", "--log", "What is written down: text or json", metavar="FORMAT")
@click.option("--token", is_flag=True, help="Print a link that lets one browser in, without an account.")
@click.option("--open", "open_page", is_flag=True, help="Open the page in the browser.")
@options.as_json
def serve(library: str | None, token: bool, open_page: bool, as_json: bool, **given: object) -> None:
    """Serves the page and the JSON API until stopped by Ctrl-C, indexes what is asked for there, and what is
    new in watched folders. The library is made where there is none.

    On this machine only, unless --host says otherwise. Then everybody has to log in: make accounts with
    `shotseek users add`, or let one browser in with --token.
    """
    from shotseek.settings import multiply_in_one_thread

    multiply_in_one_thread()
    from shotseek.videolibrary import open_library

    flags = {name: value or None for name, value in given.items()}
    with open_library(library, create=True, **flags) as opened, opened.service() as service:
        from indexer.filesystem import warning
        from web import create_app
        from web.serving import make_server
        from web.site import KEY

        if place := warning(opened.library.folder):
            output.note(place)
        settings = opened.settings
        exposure = _exposure(settings, opened.catalog, token=token)
        app = create_app(opened.engine, service, exposure=exposure)
        site: Site = app.extensions[KEY]
        listening = _listen(settings.host, settings.port)
        _write_log(settings.log_format)
        _receive_in(site.uploads.folder)
        url = _url(listening)
        link = f"{url}login?token={exposure.invitation.token}" if exposure.invitation else ""
        if as_json:
            output.emit({"url": url} | ({"link": link} if link else {}))
        else:
            output.say(f"Shotseek is at {url} (Ctrl-C stops it)")
            if link:
                output.say(f"Once, for one browser: {link}")
        if exposure.everywhere and not settings.proxy:
            output.note(
                "nothing is encrypted on the way; in a network you do not trust use a proxy: docs/server.md"
            )
        if open_page:
            webbrowser.open(link or url)
        _stop_by_signals(site)
        with closing(site):
            make_server(app, listening, proxy=settings.proxy).run()
    output.note("stopped")


def _exposure(settings: "Settings", catalog: "Catalog", *, token: bool) -> "Exposure":
    """
    Raises:
        SettingsError: others could reach the server and nobody would have to log in
    """
    from web.access import Exposure
    from web.accounts import Invitation

    everywhere = bool(not ip_address(settings.host).is_loopback or settings.names or settings.proxy or token)
    if everywhere and not token and not catalog.has_accounts():
        raise SettingsError(
            "other machines could reach this and nobody would have to log in; first run"
            " `shotseek users add NAME --role admin`, or serve with --token"
        )
    names = tuple(name.casefold() for name in settings.names)
    return Exposure(names, everywhere, Invitation() if token else None)


def _write_log(form: str) -> None:
    from web.log import REQUESTS, JsonFormatter, LogFormat

    handler = logging.StreamHandler(sys.stderr)
    if form == LogFormat.JSON:
        handler.setFormatter(JsonFormatter())
        logging.getLogger(REQUESTS).setLevel(logging.INFO)
    logging.getLogger().addHandler(handler)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a short queue is no news


def _receive_in(folder: Path) -> None:
    """What comes in lies on the library's disk until it is whole, never in memory that looks like a disk."""
    folder.mkdir(parents=True, exist_ok=True)
    tempfile.tempdir = str(folder)


def _stop_by_signals(site: "Site") -> None:
    """Open streams end at once, so that nothing is waited for."""

    def stop(*_: object) -> None:
        site.end()
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
