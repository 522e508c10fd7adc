"""The page and the JSON API of one library.

`create_app` makes a WSGI application; whoever calls it serves it. Nothing a page needs comes from elsewhere.
"""

from importlib.metadata import version
from ipaddress import ip_address
from pathlib import Path
from threading import BoundedSemaphore
from urllib.parse import urlsplit

from apiflask import APIFlask
from flask import Response, abort, request
from werkzeug.routing import IntegerConverter, Map

from indexer.service import IndexService
from search.engine import Engine
from web import api, errors, media, pages, playing, texts
from web.asked import MAX_ID
from web.exports import Exports
from web.render import prepare
from web.site import KEY, MAX_STREAMS, Site
from web.uploads import Uploads

__all__ = ["create_app"]

MAX_UPLOAD = 512 << 20
"""bytes of a picture or clip that is asked with"""

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; object-src 'none';"
        " base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def create_app(
    engine: Engine,
    service: IndexService | None = None,
    *,
    name: str = "Shotseek",
    translations: Path = texts.HERE,
) -> APIFlask:
    """The application that serves a library.

    Args:
        engine: answers the queries; its library is what is shown. The caller closes it.
        service: indexes what visitors ask for; without it the library is only shown. The caller closes it.
        name: what the site calls itself
        translations: a folder with `LOCALE/LC_MESSAGES/messages.mo` for every language besides English
    """
    app = APIFlask(
        __name__,
        title=f"{name} API",
        version=version("shotseek"),
        spec_path="/api/v1/openapi.json",
        docs_path=None,
        json_errors=False,
    )
    app.config.update(
        MAX_CONTENT_LENGTH=MAX_UPLOAD,
        SEND_FILE_MAX_AGE_DEFAULT=media.FOREVER,
        AUTO_SERVERS=False,
        AUTO_404_RESPONSE=False,
        HTTP_ERROR_SCHEMA=errors.ERROR_SCHEMA,
        VALIDATION_ERROR_SCHEMA=errors.ERROR_SCHEMA,
    )
    app.description = api.DESCRIPTION
    folder = engine.library.folder
    uploads, exports = Uploads(folder / "uploads"), Exports(folder / "exports", engine)
    app.extensions[KEY] = Site(name, engine, uploads, exports, service, BoundedSemaphore(MAX_STREAMS))
    app.url_map.converters["int"] = RowNumber
    prepare(app, name, translations)
    errors.register(app)
    app.before_request(_refuse_other_names)
    app.before_request(_refuse_other_sites)
    app.after_request(_secure)
    for blueprint in (*pages.blueprints, *api.blueprints, media.blueprint, playing.blueprint):
        app.register_blueprint(blueprint)
    return app


class RowNumber(IntegerConverter):
    """Numbers in addresses name rows; a larger one than any row can have names nothing."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=MAX_ID)


def _refuse_other_names() -> None:
    """Only names of this machine are answered to, so that no other site can point a name of its own here and
    read the library through a visitor's browser."""
    host = urlsplit(f"//{request.host}").hostname or ""
    try:
        local = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        local = False
    if not local:
        abort(400, "This server answers to localhost only.")


def _refuse_other_sites() -> None:
    """A page of another site may link here, but not send anything."""
    sent_from = request.headers.get("Sec-Fetch-Site", "none")
    if request.method not in ("GET", "HEAD", "OPTIONS") and sent_from not in ("same-origin", "none"):
        abort(403, "Another site may not send anything here.")


def _secure(response: Response) -> Response:
    response.headers.update(SECURITY_HEADERS)
    if request.endpoint == "static" and "v" not in request.args:
        # one module imports another by its bare name, which stays when its content changes
        response.cache_control.max_age = None
        response.cache_control.no_cache = True
    return response
