"""From a page value to HTML. Every template is given one frozen dataclass as ``page`` and nothing else."""

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from flask import Flask, Response, make_response, render_template, url_for
from jinja2 import StrictUndefined

from web import texts
from web.access import can_manage, may, shown_visitor
from web.cards import file_size
from web.icons import drawings, icon

STATIC = Path(__file__).with_name("static")


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """error.html: a request that cannot be answered."""

    title: str
    status: int
    message: str


def prepare(app: Flask, name: str, translations: Path = texts.HERE) -> None:
    """What all templates share: the site's name, who looks and what they may, the visitor's language, sizes
    of files for reading, and addresses of files that browsers may keep for ever."""
    texts.prepare(app, translations)
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        site_name=name,
        asset=asset,
        icon=icon,
        drawings=drawings,
        size=file_size,
        visitor=shown_visitor,
        may=may,
        can_manage=can_manage,
    )


def render(template: str, page: object) -> Response:
    """A page as a response that is never cached: the library changes under it."""
    response = make_response(render_template(template, page=page))
    response.headers["Cache-Control"] = "no-store"
    return response


def asset(filename: str) -> str:
    """The address of a static file, which changes with its content."""
    return url_for("static", filename=filename, v=_digest(filename))


@cache
def _digest(filename: str) -> str:
    return sha256((STATIC / filename).read_bytes()).hexdigest()[:12]
