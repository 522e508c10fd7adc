"""The page and the JSON API of one library.

`create_app` makes a WSGI application; whoever calls it serves it. Nothing a page needs comes from elsewhere.
"""

from importlib.metadata import version

from apiflask import APIFlask
from flask import Response, abort, request

from search.engine import Engine
from web import api, errors, media, pages
from web.render import prepare
from web.site import KEY, Site
from web.uploads import Uploads

__all__ = ["create_app"]

MAX_UPLOAD = 512 << 20
"""bytes of a picture or clip that is asked with"""
LOOPBACK = ["localhost", "127.0.0.1", "[::1]"]
"""The only names this version answers to, so that no other site can point a name of its own at this machine and
read the library through a visitor's browser."""

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


def create_app(engine: Engine, *, name: str = "Shotseek") -> APIFlask:
    """The application that serves a library.

    Args:
        engine: answers the queries; its library is what is shown. The caller closes it.
        name: what the site calls itself
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
        TRUSTED_HOSTS=LOOPBACK,
        AUTO_404_RESPONSE=False,
        HTTP_ERROR_SCHEMA=errors.ERROR_SCHEMA,
        VALIDATION_ERROR_SCHEMA=errors.ERROR_SCHEMA,
    )
    app.description = api.DESCRIPTION
    app.extensions[KEY] = Site(name, engine, Uploads(engine.library.folder / "uploads"))
    prepare(app, name)
    errors.register(app)
    app.before_request(_refuse_other_sites)
    app.after_request(_secure)
    app.register_blueprint(pages.blueprint)
    app.register_blueprint(api.blueprint)
    app.register_blueprint(media.blueprint)
    return app


def _refuse_other_sites() -> None:
    """A page of another site may link here, but not send anything."""
    sent_from = request.headers.get("Sec-Fetch-Site", "none")
    if request.method not in ("GET", "HEAD", "OPTIONS") and sent_from not in ("same-origin", "none"):
        abort(403, "Another site may not send anything here.")


def _secure(response: Response) -> Response:
    response.headers.update(SECURITY_HEADERS)
    return response
