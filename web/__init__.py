"""The page and the JSON API of one library.

`create_app` makes a WSGI application; whoever calls it serves it. Nothing a page needs comes from elsewhere.
"""

from importlib.metadata import version
from pathlib import Path
from threading import BoundedSemaphore

from apiflask import APIFlask
from flask import Response, request
from werkzeug.routing import IntegerConverter

from indexer.service import IndexService
from search.engine import Engine
from web import access, api, errors, log, media, metrics, pages, playing, texts
from web.access import Exposure
from web.compress import compress
from web.counts import Metrics
from web.exports import Exports
from web.limits import Limits
from web.links import Links
from web.render import prepare
from web.site import KEY, MAX_STREAMS, Site
from web.uploads import MAX_UPLOAD, Uploads

__all__ = ["create_app"]

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
    exposure: Exposure | None = None,
) -> APIFlask:
    """The application that serves a library. Its site is closed by the caller when nothing is asked any more.

    Args:
        engine: answers the queries; its library is what is shown. The caller closes it.
        service: indexes what visitors ask for; without it the library is only shown. The caller closes it.
        name: what the site calls itself
        translations: a folder with `LOCALE/LC_MESSAGES/messages.mo` for every language besides English
        exposure: who can reach it; this machine alone by default
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
        MAX_FORM_MEMORY_SIZE=64 << 10,
        MAX_FORM_PARTS=16,
        SEND_FILE_MAX_AGE_DEFAULT=media.FOREVER,
        AUTO_SERVERS=False,
        AUTO_404_RESPONSE=False,
        HTTP_ERROR_SCHEMA=errors.ERROR_SCHEMA,
        VALIDATION_ERROR_SCHEMA=errors.ERROR_SCHEMA,
    )
    app.description = api.DESCRIPTION
    app.spec_processor(errors.document)
    folder = engine.library.folder
    uploads, exports = Uploads(folder / "uploads"), Exports(folder / "exports", engine)
    app.extensions[KEY] = Site(
        name,
        engine,
        uploads,
        exports,
        service,
        BoundedSemaphore(MAX_STREAMS),
        exposure or Exposure(),
        Links(),
        Limits(),
        Metrics(),
    )
    engine.library.catalog.end_guests()
    app.url_map.converters["int"] = RowNumber
    prepare(app, name, translations)
    errors.register(app)
    log.register(app)
    app.before_request(access.refuse_other_names)
    app.before_request(access.refuse_other_sites)
    app.before_request(access.refuse_without_right)
    app.after_request(compress)
    app.after_request(_secure)
    own = (media.blueprint, playing.blueprint, metrics.blueprint)
    for blueprint in (*pages.blueprints, *api.blueprints, *own):
        app.register_blueprint(blueprint)
    return app


class RowNumber(IntegerConverter):
    """Numbers in addresses name rows; a larger one than any row can have names nothing. The pattern says
    so: a number refused later would be answered as if only the method were wrong."""

    regex = r"\d{1,18}"


def _secure(response: Response) -> Response:
    response.headers.update(SECURITY_HEADERS)
    access.keep_private(response)
    if request.endpoint == "static" and "v" not in request.args:
        # one module imports another by its bare name, which stays when its content changes
        response.cache_control.max_age = None
        response.cache_control.no_cache = True
    return response
